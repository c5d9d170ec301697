//! The tcp probe.

use tokio::io::AsyncWriteExt;
use vrrp_check::{Change, CheckSpec, CheckState, ErrorKind, ProbeError, ProbeSpec, TcpSpec};

use crate::server::Raw;
use crate::watch::{NEVER, Watched, spec};

fn tcp(address: String) -> CheckSpec {
    let mut spec = spec(ProbeSpec::Tcp(TcpSpec { address }));
    spec.interval = NEVER;
    spec
}

#[tokio::test]
async fn an_accepted_connection_is_healthy_and_its_end_is_an_event() {
    let server = Raw::new(|_stream| std::future::pending());
    let mut check = Watched::start(tcp(server.address.to_string()));
    assert_eq!(check.success().await.change, Some(Change::Up));
    drop(server);
    let down = check.until(Change::Down).await;
    assert_eq!(
        down.last()
            .expect("a report")
            .status
            .last_error
            .as_ref()
            .map(ProbeError::kind),
        Some(ErrorKind::Refused)
    );
}

#[tokio::test]
async fn a_peer_that_talks_first_is_healthy_and_still_watched() {
    let server = Raw::new(|mut stream| async move {
        let _ = stream.write_all(b"220 welcome\r\n").await;
        std::future::pending::<()>().await;
    });
    let mut check = Watched::start(tcp(server.address.to_string()));
    check.success().await;
    drop(server);
    check.until(Change::Down).await;
}

#[tokio::test]
async fn each_probe_is_a_new_connection() {
    let server = Raw::new(|_stream| std::future::pending());
    let mut check = Watched::start(tcp(server.address.to_string()));
    check.success().await;
    check.handle.probe_now();
    check.success().await;
    let deadline = tokio::time::Instant::now() + crate::watch::BOUND;
    while server.connections.load(std::sync::atomic::Ordering::SeqCst) < 2 {
        assert!(
            tokio::time::Instant::now() < deadline,
            "the second connection never arrived"
        );
        tokio::task::yield_now().await;
    }
    assert_eq!(check.state(), CheckState::Up);
}
