//! What the control server does not put up with: too much, too many, too slowly.

use super::*;

#[tokio::test]
async fn an_oversized_header_is_refused() {
    let server = Server::start(Limits::default());
    let text = format!(
        "GET /v1/status HTTP/1.1\r\nHost: {}\r\n\r\n",
        "x".repeat(64 * 1024)
    );
    let answer = send(&server.path(), text.as_bytes()).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    server.client().status().await.expect("others are served");
}

#[tokio::test]
async fn an_oversized_body_is_refused_whether_announced_or_not() {
    let mut server = Server::start(Limits::default());
    let announced = "POST /v1/drain HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n";
    let answer = send(&server.path(), announced.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    let mut chunked =
        b"POST /v1/drain HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..8 {
        chunked.extend_from_slice(b"400\r\n");
        chunked.extend_from_slice(&[b'x'; 0x400]);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let answer = send(&server.path(), &chunked).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(server.requests.try_recv().is_err(), "no drain came through");
}

#[tokio::test]
async fn connections_beyond_the_limit_hear_so_and_a_place_that_is_left_is_given_again() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let server = Server::start(limits);
    let first = connect(&server.path()).await;
    let _second = connect(&server.path()).await;
    let error = server
        .client()
        .status()
        .await
        .expect_err("all places are taken");
    assert!(
        error.to_string().contains("all 2 connections are in use"),
        "{error}"
    );
    drop(first);
    let served = async { while server.client().status().await.is_err() {} };
    timeout(LONG, served).await.expect("a place becomes free");
}

#[tokio::test]
async fn a_client_that_sends_too_slowly_is_cut_off() {
    let limits = Limits {
        connections: 1,
        header_deadline: Duration::from_millis(50),
        deadline: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Server::start(limits);
    let mut silent = connect(&server.path()).await;
    let mut rest = Vec::new();
    timeout(LONG, silent.read_to_end(&mut rest))
        .await
        .expect("cut off")
        .expect("in good order");
    assert!(!rest.starts_with(b"HTTP/1.1 200"));

    let mut body_missing = connect(&server.path()).await;
    let head = b"POST /v1/drain HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n123";
    body_missing.write_all(head).await.expect("it reads");
    let mut rest = Vec::new();
    // Closed with the body's beginning unread, which some kernels report as a reset.
    let _ = timeout(LONG, body_missing.read_to_end(&mut rest))
        .await
        .expect("cut off");
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
    let served = async { while server.client().status().await.is_err() {} };
    timeout(LONG, served).await.expect("the place becomes free");
}
