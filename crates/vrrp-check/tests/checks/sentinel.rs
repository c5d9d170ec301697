//! Between probes the open connection is watched. The interval is an hour here: all that happens is an event.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use vrrp_check::{Change, CheckState, ErrorKind, Report};

use crate::server::{Raw, Server, read_request};
use crate::watch::{NEVER, Watched, on};

#[tokio::test]
async fn a_killed_server_is_down_without_waiting_for_the_interval() {
    let mut server = Server::plain();
    let mut spec = on(server.address);
    (spec.interval, spec.fall) = (NEVER, 5);
    let mut check = Watched::start(spec);
    check.success().await;
    server.kill().await;
    let reports = check.until(Change::Down).await;
    assert_eq!(reports.len(), 5);
    assert!(reports.iter().all(|report| {
        report
            .outcome
            .as_ref()
            .is_err_and(|e| e.kind() == ErrorKind::Refused)
    }));
}

#[tokio::test]
async fn refusals_repeat_fast_only_until_the_check_is_down() {
    let mut server = Server::plain();
    server.kill().await;
    let mut spec = on(server.address);
    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    assert_eq!(
        check.until(Change::Down).await.len(),
        2,
        "also from the start, when nothing was known"
    );
    let more = tokio::time::timeout(Duration::from_millis(300), check.next()).await;
    assert!(more.is_err(), "probed again though down: {more:?}");
}

#[tokio::test]
async fn a_living_server_that_closes_idle_connections_is_probed_at_once_and_stays_up() {
    let server = Server::plain();
    let mut spec = on(server.address);
    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    check.success().await;
    server.hang_up().await;
    check.success().await;
    server.say_goodbye();
    check.success().await;
    assert_eq!(server.connections(), 3);
    assert_eq!(check.state(), CheckState::Up);
}

/// Kills the server after its first answer and brings it back, inside the check's own task, when it has been
/// refused `after` times.
async fn restart_with(fall: u32, after: u32) -> Vec<Report> {
    let mut server = Server::plain();
    let address = server.address;
    let back = Arc::new(Mutex::new(None));
    let returned = Arc::clone(&back);
    let mut spec = on(address);
    (spec.interval, spec.fall) = (NEVER, fall);
    let mut check = Watched::start_with(spec, move |report| {
        if report.status.failures == after {
            let listener = std::net::TcpListener::bind(address).expect("the same port");
            let healthy = Raw::on(listener, |mut stream| async move {
                read_request(&mut stream).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                    .await;
                std::future::pending::<()>().await;
            });
            *returned.lock().expect("lock") = Some(healthy);
        }
    });
    check.success().await;
    server.kill().await;
    let mut reports = Vec::new();
    while reports
        .last()
        .is_none_or(|report: &Report| report.outcome.is_err() && report.change.is_none())
    {
        reports.push(check.next().await);
    }
    reports
}

#[tokio::test]
async fn a_restart_is_ridden_through_with_fall_ten() {
    // Refused at 0, 50, 100 and 150 ms: back within 200 ms.
    let reports = restart_with(10, 4).await;
    assert_eq!(reports.len(), 5);
    assert!(
        reports.iter().all(|report| report.change.is_none()),
        "{reports:?}"
    );
    assert_eq!(reports[4].outcome, Ok(()));
    assert_eq!(reports[4].status.state, CheckState::Up);
}

#[tokio::test]
async fn the_same_restart_is_a_failure_with_fall_two() {
    let reports = restart_with(2, 4).await;
    assert_eq!(reports.len(), 2);
    assert_eq!(reports[1].change, Some(Change::Down));
}

async fn extra_probes(answer: &'static [u8]) -> usize {
    let server = Raw::new(move |mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
    });
    let mut spec = on(server.address);
    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    check.success().await;
    let mut extra = 0;
    while let Ok(report) = tokio::time::timeout(Duration::from_millis(500), check.next()).await {
        assert_eq!(report.outcome, Ok(()));
        extra += 1;
        assert!(extra < 10, "a busy loop");
    }
    extra
}

#[tokio::test]
async fn a_server_that_closes_after_each_answer_is_not_probed_in_a_circle() {
    assert_eq!(
        extra_probes(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await,
        3
    );
}

#[tokio::test]
async fn nor_is_one_that_announces_it() {
    assert_eq!(
        extra_probes(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok").await,
        3
    );
}

#[tokio::test]
async fn a_listener_that_accepts_and_closes_unanswered_is_down_after_fall() {
    let server = Raw::new(|mut stream| async move { read_request(&mut stream).await });
    let mut spec = on(server.address);
    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    check.fails_with(ErrorKind::Closed).await;
    check.fails_with(ErrorKind::Closed).await;
    assert_eq!(check.state(), CheckState::Down);
}

#[tokio::test]
async fn a_kept_connection_that_fell_silent_is_replaced() {
    let server = Server::plain();
    let mut spec = on(server.address);
    spec.timeout = Duration::from_millis(200);
    let mut check = Watched::start(spec);
    check.success().await;
    server.answers(|| None);
    check.until(Change::Down).await;
    let before = server.connections();
    server.answers(|| Some(crate::server::answer(200, "ok")));
    check.until(Change::Up).await;
    assert!(server.connections() > before);
}
