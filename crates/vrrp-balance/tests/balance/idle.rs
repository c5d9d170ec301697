//! Silent connections end.

use std::io::ErrorKind;
use std::ops::Range;
use std::time::{Duration, Instant};

use vrrp_balance::{Scheduler, Service};

use crate::scene::{BOUND, Family, Result, Scene, output};

const IDLE: Duration = Duration::from_secs(2);

fn open_connections(scene: &Scene) -> u64 {
    let usage = scene.balancer.usage().expect("usage");
    usage.iter().map(|backend| backend.active).sum()
}

fn times_out(family: Family) -> Result {
    let scene = Scene::new(family)?;
    let service = Service {
        idle_timeout: Some(IDLE),
        ..scene.service(Scheduler::RoundRobin, &[1, 1, 1])
    };
    scene.balancer.apply(&[service])?;
    let mut silent = [scene.connect(1)?, scene.connect(2)?, scene.connect(3)?];
    let mut talking = scene.connect(4)?;
    let began = Instant::now();
    scene
        .lab
        .wait_until("the silent ones are forgotten", BOUND, || {
            talking.echo().expect("it is not idle");
            open_connections(&scene) == 1
        })?;
    assert!(began.elapsed() >= IDLE - Duration::from_millis(100));
    for connection in &mut silent {
        let error = connection.echo().expect_err("it has timed out");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    talking.echo()?;
    Ok(())
}

#[test]
fn an_idle_connection_is_reset_when_its_time_is_over() -> Result {
    times_out(Family::V4)
}

#[test]
fn an_idle_connection_is_reset_when_its_time_is_over_over_ipv6() -> Result {
    times_out(Family::V6)
}

#[test]
fn the_port_of_an_ended_connection_is_free_again_after_a_minute() -> Result {
    let scene = Scene::new(Family::V4)?;
    let mut service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    scene.balancer.apply(std::slice::from_ref(&service))?;
    wait_for_ends(&scene, 0..3)?;
    service.idle_timeout = Some(IDLE);
    scene.balancer.apply(&[service])?;
    wait_for_ends(&scene, 3..6)
}

/// Connects each client, and waits until a connection of each has ended and will be forgotten
/// within a minute. One that ends by a reset is forgotten at once, and made again: a busy server
/// acknowledges the client's end after it has sent its own, and resets what the client answers.
fn wait_for_ends(scene: &Scene, clients: Range<u16>) -> Result {
    let host = scene.lab.host("cp1")?;
    scene.lab.wait_until("all have ended", BOUND, || {
        let tracked = output(host, &["cat", "/proc/net/nf_conntrack"]).unwrap_or_default();
        let has_ended = |client: u16| {
            let source = format!(" src={} ", scene.family.client(client));
            let mut own = tracked
                .lines()
                .filter(|line| line.contains(&source) && line.contains("dport=6443"))
                .filter(|line| !line.contains(" CLOSE "))
                .peekable();
            if own.peek().is_none() {
                drop(scene.connect(client).expect("a connection"));
            }
            let ended: Vec<u32> = own
                .filter(|line| line.contains("TIME_WAIT"))
                .filter_map(|line| line.split_whitespace().nth(4)?.parse().ok())
                .collect();
            !ended.is_empty() && ended.iter().all(|seconds| *seconds <= 60)
        };
        // Every one, so that all are connected at once.
        clients.clone().filter(|client| has_ended(*client)).count() == clients.len()
    })?;
    Ok(())
}
