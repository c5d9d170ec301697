//! Connections and bytes are counted.

use vrrp_balance::{Scheduler, Takes};

use crate::scene::{BOUND, Family, PORT, Result, Scene};

fn counts(family: Family) -> Result {
    let scene = Scene::new(family)?;
    let mut service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    scene.balancer.apply(&[service.clone()])?;
    let mut connections = Vec::new();
    for client in 0..6 {
        connections.push(scene.connect(client)?);
    }
    let usage = scene.balancer.usage()?;
    for (backend, host) in usage.iter().zip(["cp1", "cp2", "cp3"]) {
        assert_eq!(
            (backend.service.as_str(), backend.backend),
            ("apiserver", scene.backend(host))
        );
        assert_eq!((backend.active, backend.connections_total), (2, 2));
    }
    let before: Vec<u64> = usage.iter().map(|backend| backend.bytes_total).collect();
    assert!(
        before.iter().all(|bytes| (100..1000).contains(bytes)),
        "{before:?}"
    );
    for connection in &mut connections {
        if connection.host == "cp2" {
            for _ in 0..100 {
                connection.echo()?;
            }
        }
    }
    let after: Vec<u64> = scene
        .balancer
        .usage()?
        .iter()
        .map(|b| b.bytes_total)
        .collect();
    // Two connections, 100 times 5 bytes and at least 40 of headers each way.
    assert!(after[1] - before[1] >= 2 * 100 * 2 * 45, "{after:?}");
    assert!(
        after[0] - before[0] < 1000 && after[2] - before[2] < 1000,
        "{after:?}"
    );

    // Counts survive a change, and also count what drains.
    service.backends[1].takes = Takes::Established;
    scene.balancer.apply(&[service])?;
    let drained = scene.balancer.usage()?;
    assert_eq!((drained[1].active, drained[1].connections_total), (2, 2));
    assert!(drained[1].bytes_total >= after[1]);
    drop(connections);
    scene.lab.wait_until("no connection is open", BOUND, || {
        let usage = scene.balancer.usage().expect("usage");
        usage.iter().all(|backend| backend.active == 0)
    })?;
    Ok(())
}

#[test]
fn connections_and_bytes_are_counted_per_backend() -> Result {
    counts(Family::V4)
}

#[test]
fn connections_and_bytes_are_counted_per_backend_over_ipv6() -> Result {
    counts(Family::V6)
}

#[test]
fn a_client_on_the_host_itself_is_counted_once() -> Result {
    let scene = Scene::new(Family::V4)?;
    let service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    scene.balancer.apply(&[service])?;
    let host = scene.lab.host("cp1")?;
    let mut connections = Vec::new();
    for _ in 0..3 {
        connections.push(scene.connect_from(host, None, PORT)?);
    }
    for connection in &mut connections {
        for _ in 0..100 {
            connection.echo()?;
        }
    }
    let usage = scene.balancer.usage()?;
    for backend in &usage {
        assert_eq!((backend.active, backend.connections_total), (1, 1));
        let expected = 100 * 2 * 57;
        assert!(
            (expected..expected * 2).contains(&backend.bytes_total),
            "{usage:?}"
        );
    }
    Ok(())
}
