//! The http probe over plain TCP: what counts as healthy, what a failure says.

use std::time::Duration;

use http_body_util::Full;
use hyper::Response;
use tokio::io::AsyncWriteExt;
use vrrp_check::{Change, CheckState, ErrorKind};

use crate::server::{Raw, Server, answer, read_request};
use crate::watch::{NEVER, Watched, edit_http, http, on};

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn one_success_makes_an_unknown_check_up_and_connections_are_reused() {
    let server = Server::plain();
    let mut check = Watched::start(on(server.address));
    assert_eq!(check.state(), CheckState::Unknown);
    assert_eq!(check.success().await.change, Some(Change::Up));
    for _ in 0..20 {
        check.success().await;
    }
    assert_eq!(server.connections(), 1);
    let status = check.handle.status();
    assert_eq!(status.state, CheckState::Up);
    assert!(
        status
            .last_duration
            .is_some_and(|took| took > Duration::ZERO)
    );
    assert_eq!(status.last_error, None);
}

#[tokio::test]
async fn the_request_is_a_plain_get_of_the_path_with_a_host_header() {
    let server = Server::plain();
    let mut check = Watched::start(http(format!("http://{}/readyz?verbose", server.address)));
    check.success().await;
    let seen = server.requests().remove(0);
    assert_eq!(seen.uri, "/readyz?verbose");
    assert_eq!(seen.headers["host"], server.address.to_string());
    assert!(
        seen.headers["user-agent"]
            .to_str()
            .expect("text")
            .starts_with("vrrpd/")
    );
}

#[tokio::test]
async fn a_sick_api_server_is_reported_with_the_part_that_failed_and_recovers_after_rise() {
    let server = Server::plain();
    let mut check = Watched::start(on(server.address));
    check.success().await;
    server.answers(|| {
        let body = "[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\n[+]poststarthook/x ok\nhealthz check failed\n";
        Some(answer(500, body))
    });
    let down = check.until(Change::Down).await;
    let error = down
        .last()
        .expect("a report")
        .outcome
        .clone()
        .expect_err("a failure");
    assert_eq!(error.kind(), ErrorKind::Status);
    assert_eq!(
        error.to_string(),
        "status 500: [-]etcd failed: reason withheld"
    );
    assert_eq!(check.handle.status().last_error, Some(error));
    server.answers(|| Some(answer(200, "ok")));
    let up = check.until(Change::Up).await;
    assert_eq!(up.iter().filter(|report| report.outcome.is_ok()).count(), 2);
    assert_eq!(
        server.connections(),
        1,
        "a sick answer is no reason to reconnect"
    );
}

#[tokio::test]
async fn a_missing_permission_is_explained() {
    let server = Server::plain();
    server.answers(|| {
        Some(answer(
            401,
            "{\n  \"kind\": \"Status\",\n  \"message\": \"Unauthorized\"\n}",
        ))
    });
    let mut check = Watched::start(on(server.address));
    let text = check.fails_with(ErrorKind::Status).await;
    assert!(
        text.contains("401") && text.contains("Unauthorized") && text.contains("token"),
        "{text}"
    );
}

#[tokio::test]
async fn only_listed_statuses_count_where_some_are_listed() {
    let server = Server::plain();
    server.answers(|| Some(answer(429, "later")));
    let mut spec = on(server.address);
    edit_http(&mut spec).status = vec![200, 429];
    let mut check = Watched::start(spec);
    check.success().await;
    server.answers(|| Some(answer(204, "")));
    check.until(Change::Down).await;
}

#[tokio::test]
async fn the_body_must_contain_the_text_where_one_is_given() {
    let server = Server::plain();
    let mut spec = on(server.address);
    edit_http(&mut spec).body = Some("ok".into());
    let mut check = Watched::start(spec);
    check.success().await;
    server.answers(|| Some(answer(200, "degraded\n")));
    let error = check.falls().await;
    assert_eq!(error.kind(), ErrorKind::BodyMismatch);
    assert_eq!(
        error.to_string(),
        "the body does not contain \"ok\"; it says \"degraded\""
    );
}

#[tokio::test]
async fn a_redirect_is_a_failure_that_names_the_place() {
    let server = Server::plain();
    server.answers(|| {
        let redirect = Response::builder()
            .status(302)
            .header("location", "https://elsewhere.example/login");
        Some(redirect.body(Full::default()).expect("an answer"))
    });
    let mut check = Watched::start(on(server.address));
    let text = check.fails_with(ErrorKind::Redirect).await;
    assert!(text.contains("https://elsewhere.example/login"), "{text}");
}

#[tokio::test]
async fn nobody_listening_is_refused() {
    let mut server = Server::plain();
    server.kill().await;
    let mut check = Watched::start(on(server.address));
    let text = check.fails_with(ErrorKind::Refused).await;
    assert!(text.contains(&server.address.to_string()), "{text}");
}

#[tokio::test]
async fn a_slow_answer_is_a_time_out_of_the_response() {
    let server = Server::plain();
    let mut spec = on(server.address);
    spec.timeout = SHORT;
    let mut check = Watched::start(spec);
    check.success().await;
    server.answers(|| None);
    let error = check.falls().await;
    assert_eq!(error.kind(), ErrorKind::ResponseTimeout);
    assert!(
        error.to_string().contains("no answer within 200ms"),
        "{error}"
    );
    server.answers(|| Some(answer(200, "ok")));
    check.until(Change::Up).await;
}

#[tokio::test]
async fn headers_and_then_silence_is_a_time_out_that_says_how_far_it_came() {
    let server = Raw::new(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            .await;
        std::future::pending::<()>().await;
    });
    let mut spec = on(server.address);
    spec.timeout = SHORT;
    let text = Watched::start(spec)
        .fails_with(ErrorKind::ResponseTimeout)
        .await;
    assert!(
        text.contains("status 200 and 4 bytes of an unfinished body"),
        "{text}"
    );
}

#[tokio::test]
async fn an_endless_body_is_cut_off_at_the_bound() {
    let server = Raw::new(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    });
    let text = Watched::start(on(server.address))
        .fails_with(ErrorKind::BodyTooLarge)
        .await;
    assert!(text.contains("65536"), "{text}");
}

#[tokio::test]
async fn an_endless_head_is_cut_off_too() {
    let server = Raw::new(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream
            .write_all(b"X-More: and more and more and more\r\n")
            .await
            .is_ok()
        {}
    });
    Watched::start(on(server.address))
        .fails_with(ErrorKind::Protocol)
        .await;
}

#[tokio::test]
async fn something_that_is_not_http_is_a_protocol_failure_at_the_intervals_pace() {
    let server = Raw::new(|mut stream| async move {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await;
        std::future::pending::<()>().await;
    });
    let mut spec = on(server.address);
    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    let text = check.fails_with(ErrorKind::Protocol).await;
    assert!(text.contains("does not speak HTTP"), "{text}");
    let more = tokio::time::timeout(SHORT, check.next()).await;
    assert!(more.is_err(), "probed again before the interval: {more:?}");
}

#[tokio::test]
async fn a_listener_that_never_accepts_is_a_time_out_of_the_connection() {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("bound");
    let listener = socket.listen(0).expect("listening");
    let address = listener.local_addr().expect("an address");
    let mut waiting = Vec::new();
    while let Ok(stream) =
        tokio::time::timeout(SHORT, tokio::net::TcpStream::connect(address)).await
    {
        waiting.push(stream.expect("the backlog takes it"));
        assert!(waiting.len() < 100, "the backlog never fills");
    }
    let mut spec = on(address);
    spec.timeout = SHORT;
    let text = Watched::start(spec)
        .fails_with(ErrorKind::ConnectTimeout)
        .await;
    assert!(text.contains("no TCP connection"), "{text}");
}

#[tokio::test]
async fn a_token_from_a_file_is_sent_and_followed_when_it_rotates() {
    let server = Server::plain();
    let token = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(token.path(), "one\n").expect("write");
    let mut spec = on(server.address);
    let value = format!("Bearer ${{file:{}}}", token.path().display());
    edit_http(&mut spec).headers = vec![("Authorization".into(), value)];
    let mut check = Watched::start(spec);
    check.success().await;
    std::fs::write(token.path(), "two\n").expect("write");
    check.success().await;
    check.success().await;
    let tokens: Vec<_> = server
        .requests()
        .iter()
        .map(|seen| seen.headers["authorization"].clone())
        .collect();
    assert_eq!(tokens.first().expect("a request"), "Bearer one");
    assert_eq!(tokens.last().expect("a request"), "Bearer two");
    std::fs::remove_file(token.path()).expect("removed");
    let error = check.falls().await;
    assert_eq!(error.kind(), ErrorKind::Secret);
    assert!(
        error
            .to_string()
            .contains(&token.path().display().to_string()),
        "{error}"
    );
}

#[tokio::test]
async fn a_host_name_is_resolved_and_an_unknown_one_is_a_failure_of_dns() {
    let server = Server::plain();
    let mut check = Watched::start(http(format!("http://localhost:{}/", server.address.port())));
    check.success().await;
    let mut check = Watched::start(http("http://surely-not-a-host.invalid/".into()));
    let text = check.fails_with(ErrorKind::Dns).await;
    assert!(text.contains("surely-not-a-host.invalid"), "{text}");
}

#[tokio::test]
async fn a_check_made_for_each_backend_asks_that_backend() {
    let server = Server::plain();
    let mut template = http("http://{backend}/healthz".into());
    edit_http(&mut template).headers = vec![("X-Backend".into(), "{backend}".into())];
    let backend = server.address.to_string();
    let mut check = Watched::start(template.for_backend("apiserver/one", &backend));
    assert_eq!(&*check.success().await.name, "apiserver/one");
    assert_eq!(server.requests()[0].headers["x-backend"], backend);
}

#[tokio::test]
async fn probe_now_does_not_wait_for_the_interval_and_stop_silences_the_check() {
    let server = Server::plain();
    let mut spec = on(server.address);
    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    check.success().await;
    check.handle.probe_now();
    check.success().await;
    check.handle.stop().await;
    assert_eq!(server.requests().len(), 2);
}
