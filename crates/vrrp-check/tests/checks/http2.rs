//! HTTP/2 by ALPN: multiplexed on one connection, and its ways to say goodbye.

use vrrp_check::{CheckState, ErrorKind};

use crate::pki::Authority;
use crate::server::{Server, answer};
use crate::watch::{NEVER, Watched, with_tls};

#[tokio::test]
async fn http2_is_spoken_where_the_server_offers_it_and_the_connection_is_reused() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.kubernetes());
    let mut check = Watched::start(with_tls(server.url(), authority.trusting()));
    for _ in 0..10 {
        check.success().await;
    }
    let requests = server.requests();
    assert!(
        requests
            .iter()
            .all(|seen| seen.version == hyper::Version::HTTP_2),
        "{requests:?}"
    );
    assert_eq!(requests[0].uri, server.url());
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_sick_answer_and_a_dead_server_are_told_over_http2_too() {
    let authority = Authority::new("the authority");
    let mut server = Server::tls(&authority.kubernetes());
    server.answers(|| Some(answer(500, "[-]etcd failed: reason withheld\n")));
    let mut check = Watched::start(with_tls(server.url(), authority.trusting()));
    let text = check.fails_with(ErrorKind::Status).await;
    assert_eq!(text, "status 500: [-]etcd failed: reason withheld");
    server.kill().await;
    loop {
        let error = check.failure().await;
        if error.kind() != ErrorKind::Status {
            assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
            break;
        }
    }
}

#[tokio::test]
async fn goaway_from_a_living_server_is_no_failure() {
    let authority = Authority::new("the authority");
    let server = Server::tls(&authority.kubernetes());
    let mut spec = with_tls(server.url(), authority.trusting());
    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    check.success().await;
    server.say_goodbye();
    check.success().await;
    assert_eq!(server.connections(), 2);
    assert_eq!(check.state(), CheckState::Up);
}

#[tokio::test]
async fn a_dead_http2_server_is_noticed_without_waiting_for_the_interval() {
    let authority = Authority::new("the authority");
    let mut server = Server::tls(&authority.kubernetes());
    let mut spec = with_tls(server.url(), authority.trusting());
    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    check.success().await;
    server.kill().await;
    check.fails_with(ErrorKind::Refused).await;
    check.fails_with(ErrorKind::Refused).await;
    assert_eq!(check.state(), CheckState::Down);
}
