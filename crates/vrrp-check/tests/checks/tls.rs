//! TLS: who is believed, what a refusal says, files that change under a running check.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use vrrp_check::{Change, ErrorKind, SpecWarning, TlsSpec, validate};

use crate::pki::{Authority, DAY};
use crate::server::{Raw, Server, answer, tls_config};
use crate::watch::{BOUND, NEVER, Watched, with_tls};

#[tokio::test]
async fn the_named_certificate_of_a_trusted_authority_is_healthy() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.kubernetes());
    Watched::start(with_tls(server.url(), authority.trusting()))
        .success()
        .await;
}

#[tokio::test]
async fn without_a_server_name_the_certificate_must_be_for_the_urls_address() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.kubernetes());
    let tls = TlsSpec {
        server_name: None,
        ..authority.trusting()
    };
    Watched::start(with_tls(server.url(), tls)).success().await;
}

#[tokio::test]
async fn http_1_1_is_spoken_where_the_server_offers_nothing_else() {
    let authority = Authority::new("the authority");
    let server = Server::new(Some(tls_config(&authority.kubernetes(), None, &[])));
    let mut check = Watched::start(with_tls(server.url(), authority.trusting()));
    check.success().await;
    check.success().await;
    assert_eq!(server.requests()[0].version, hyper::Version::HTTP_11);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_expired_certificate_says_since_when() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.issue(&["kubernetes"], -DAY / 2));
    let text = Watched::start(with_tls(server.url(), authority.trusting()))
        .fails_with(ErrorKind::TlsExpired)
        .await;
    let year = |text: &str| text.contains("expired on 20") && text.ends_with('Z');
    assert!(year(&text), "{text}");
}

#[tokio::test]
async fn a_certificate_that_expires_while_its_connection_is_kept_is_noticed() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.issue(&["kubernetes"], 3));
    let mut check = Watched::start(with_tls(server.url(), authority.trusting()));
    check.success().await;
    let error = check.falls().await;
    assert_eq!(error.kind(), ErrorKind::TlsExpired, "{error}");
}

#[tokio::test]
async fn a_certificate_for_other_names_lists_them() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.issue(&["etcd.local", "10.9.8.7", "fd00::1"], DAY));
    let mut check = Watched::start(with_tls(server.url(), authority.trusting()));
    let text = check.fails_with(ErrorKind::TlsNameMismatch).await;
    assert_eq!(
        text,
        "the server's certificate is not for kubernetes; it is for etcd.local, 10.9.8.7, fd00::1"
    );
}

#[tokio::test]
async fn an_unknown_issuer_is_named_with_the_file_that_lacks_it() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let server = Server::tls(&theirs.kubernetes());
    let text = Watched::start(with_tls(server.url(), ours.trusting()))
        .fails_with(ErrorKind::TlsUnknownIssuer)
        .await;
    assert!(
        text.contains("theirs") && text.contains(&ours.ca().display().to_string()),
        "{text}"
    );
}

#[tokio::test]
async fn an_authority_made_anew_under_the_same_name_is_an_unknown_issuer() {
    let (old, new) = (Authority::new("kubernetes"), Authority::new("kubernetes"));
    let server = Server::tls(&new.kubernetes());
    Watched::start(with_tls(server.url(), old.trusting()))
        .fails_with(ErrorKind::TlsUnknownIssuer)
        .await;
}

#[tokio::test]
async fn the_systems_store_does_not_know_a_private_authority() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.kubernetes());
    let tls = TlsSpec {
        ca: None,
        ..authority.trusting()
    };
    let error = Watched::start(with_tls(server.url(), tls)).failure().await;
    // A machine without any store says that instead.
    assert!(
        matches!(
            error.kind(),
            ErrorKind::TlsUnknownIssuer | ErrorKind::TlsFiles
        ),
        "{error}"
    );
    assert!(
        error.to_string().contains("the system's certificate store"),
        "{error}"
    );
}

#[tokio::test]
async fn verify_false_believes_anybody_and_is_warned_about() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.issue(&["somebody.else"], -DAY / 2));
    let spec = with_tls(
        server.url(),
        TlsSpec {
            verify: false,
            ..TlsSpec::default()
        },
    );
    let warnings = validate(&spec).expect("a valid spec");
    assert!(
        warnings
            .iter()
            .any(|w| matches!(w, SpecWarning::NotVerified { .. })),
        "{warnings:?}"
    );
    let mut check = Watched::start(spec);
    check.success().await;
    check.success().await;
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_it_is_demanded() {
    let authority = Authority::new("the authority");
    let config = tls_config(
        &authority.kubernetes(),
        Some(&authority),
        &[b"h2", b"http/1.1"],
    );
    let server = Server::new(Some(config));
    let client = authority.issue(&["vrrpd"], DAY);
    let tls = TlsSpec {
        cert: Some(client.cert),
        key: Some(client.key),
        ..authority.trusting()
    };
    Watched::start(with_tls(server.url(), tls)).success().await;
}

#[tokio::test]
async fn a_demanded_client_certificate_that_is_missing_is_hinted_at() {
    let authority = Authority::new("the authority");
    for alpn in [&[b"h2".as_slice()], &[b"http/1.1".as_slice()]] {
        let server = Server::new(Some(tls_config(
            &authority.kubernetes(),
            Some(&authority),
            alpn,
        )));
        let mut check = Watched::start(with_tls(server.url(), authority.trusting()));
        let text = check.fails_with(ErrorKind::TlsOther).await;
        assert!(
            text.contains("CertificateRequired") && text.contains("client certificate"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_rotated_certificate_is_no_failure() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.kubernetes());
    let mut spec = with_tls(server.url(), authority.trusting());
    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    check.success().await;
    server.shows(&authority.kubernetes());
    server.hang_up().await;
    check.success().await;
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_rotated_authority_is_believed_as_soon_as_its_file_is_there() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let server = Server::tls(&old.kubernetes());
    let mut spec = with_tls(server.url(), old.trusting());
    spec.fall = 1000;
    let mut check = Watched::start(spec);
    check.success().await;
    server.shows(&new.kubernetes());
    server.hang_up().await;
    let error = loop {
        if let Err(error) = check.next().await.outcome {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::TlsUnknownIssuer);
    std::fs::write(old.ca(), new.pem()).expect("write");
    while check.next().await.outcome.is_err() {}
}

#[tokio::test]
async fn a_half_written_authority_file_does_not_make_a_healthy_server_sick() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.kubernetes());
    let mut spec = with_tls(server.url(), authority.trusting());
    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    check.success().await;
    std::fs::write(authority.ca(), "-----BEGIN CERTIFICATE-----\nMIIB").expect("write");
    server.hang_up().await;
    check.success().await;
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_missing_authority_file_fails_the_probe_until_it_appears() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.kubernetes());
    std::fs::remove_file(authority.ca()).expect("removed");
    let mut check = Watched::start(with_tls(server.url(), authority.trusting()));
    let text = check.fails_with(ErrorKind::TlsFiles).await;
    assert!(
        text.contains(&authority.ca().display().to_string()),
        "{text}"
    );
    std::fs::write(authority.ca(), authority.pem()).expect("write");
    check.until(Change::Up).await;
}

#[tokio::test]
async fn a_new_connection_resumes_the_tls_session() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.kubernetes());
    let mut spec = with_tls(server.url(), authority.trusting());
    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    check.success().await;
    server.hang_up().await;
    check.success().await;
    assert_eq!((server.connections(), server.resumed()), (2, 1));
}

#[tokio::test]
async fn a_server_mute_during_the_handshake_is_a_time_out_of_tls() {
    let server = Raw::new(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    });
    let mut spec = with_tls(
        format!("https://{}/", server.address),
        TlsSpec {
            verify: false,
            ..TlsSpec::default()
        },
    );
    spec.timeout = Duration::from_millis(200);
    let text = Watched::start(spec).fails_with(ErrorKind::TlsTimeout).await;
    assert!(text.contains("TLS handshake within 200ms"), "{text}");
}

#[tokio::test]
async fn plain_http_on_the_tls_port_is_a_protocol_failure() {
    let server = Raw::new(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        std::future::pending::<()>().await;
    });
    let tls = TlsSpec {
        verify: false,
        ..TlsSpec::default()
    };
    let mut check = Watched::start(with_tls(format!("https://{}/", server.address), tls));
    let text = check.fails_with(ErrorKind::Protocol).await;
    assert!(text.contains("does not speak TLS"), "{text}");
}

#[tokio::test]
async fn a_dead_tls_server_is_noticed_without_waiting_for_the_interval() {
    let authority = Authority::new("the authority");
    let mut server = Server::new(Some(tls_config(
        &authority.kubernetes(),
        None,
        &[b"http/1.1"],
    )));
    server.answers(|| Some(answer(200, "ok")));
    let mut spec = with_tls(server.url(), authority.trusting());
    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    check.success().await;
    server.kill().await;
    assert_eq!(check.until(Change::Down).await.len(), 2);
    assert!(check.handle.status().since_instant.elapsed() < BOUND);
}

#[tokio::test]
async fn a_resumed_session_does_not_hide_that_the_certificate_has_expired() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.issue(&["kubernetes"], 3));
    let mut check = Watched::start(with_tls(server.url(), authority.trusting()));
    check.success().await;
    let deadline = tokio::time::Instant::now() + BOUND;
    loop {
        assert!(tokio::time::Instant::now() < deadline, "never noticed");
        server.hang_up().await;
        match check.next().await.outcome.map_err(|error| error.kind()) {
            Err(ErrorKind::TlsExpired) => break,
            // Hung up on in the middle of a handshake.
            Ok(()) | Err(ErrorKind::Closed | ErrorKind::Reset) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(server.resumed() > 0);
}
