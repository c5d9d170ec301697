//! A backend fails.

use std::io::ErrorKind;
use std::time::Duration;

use vrrp_balance::{Scheduler, Service, Takes};

use crate::scene::{Connection, Family, Result, Scene};

/// One connection to each host, in the order of the hosts.
fn one_each(scene: &Scene) -> Result<Vec<Connection>> {
    let mut connections = vec![scene.connect(1)?, scene.connect(2)?, scene.connect(3)?];
    connections.sort_by(|a, b| a.host.cmp(&b.host));
    let hosts: Vec<&str> = connections.iter().map(|c| c.host.as_str()).collect();
    assert_eq!(hosts, ["cp1", "cp2", "cp3"]);
    Ok(connections)
}

fn with(service: &Service, takes: [Takes; 3]) -> [Service; 1] {
    let mut service = service.clone();
    for (backend, takes) in service.backends.iter_mut().zip(takes) {
        backend.takes = takes;
    }
    [service]
}

/// `dead` fails: its clients, talking ones and silent ones, are reset, the others are not.
fn breaks_only_its_own(family: Family, dead: usize) -> Result {
    let scene = Scene::new(family)?;
    let service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    scene.balancer.apply(std::slice::from_ref(&service))?;
    let mut talking = one_each(&scene)?;
    let mut silent = one_each(&scene)?;
    let host = format!("cp{}", dead + 1);
    let mut takes = [Takes::New; 3];
    takes[dead] = Takes::Nothing;
    scene.balancer.apply(&with(&service, takes))?;
    assert_eq!(scene.balancer.reset(&service, scene.backend(&host))?, 2);
    for (index, connection) in silent.iter_mut().enumerate() {
        if index == dead {
            let error = connection.listen().expect_err("it has ended");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        } else {
            connection.echo()?;
        }
    }
    for (index, connection) in talking.iter_mut().enumerate() {
        if index == dead {
            let error = connection.echo().expect_err("it has ended");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        } else {
            connection.echo()?;
        }
    }
    let counts = scene.spread(20)?;
    assert_eq!(counts[dead], 0);
    assert_eq!(scene.balancer.reset(&service, scene.backend(&host))?, 0);
    Ok(())
}

#[test]
fn a_dead_remote_backend_costs_only_its_own_connections() -> Result {
    breaks_only_its_own(Family::V4, 1)
}

#[test]
fn a_dead_local_backend_costs_only_its_own_connections() -> Result {
    breaks_only_its_own(Family::V4, 0)
}

#[test]
fn a_dead_remote_backend_costs_only_its_own_connections_over_ipv6() -> Result {
    breaks_only_its_own(Family::V6, 2)
}

#[test]
fn a_dead_local_backend_costs_only_its_own_connections_over_ipv6() -> Result {
    breaks_only_its_own(Family::V6, 0)
}

#[test]
fn a_connection_that_is_being_opened_goes_elsewhere() -> Result {
    let scene = Scene::new(Family::V4)?;
    let service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    scene.lab.host("cp2")?.cut()?;
    let only = with(&service, [Takes::Nothing, Takes::New, Takes::Nothing]);
    scene.balancer.apply(&only)?;
    let connected = std::thread::scope(|scope| -> Result<String> {
        let opening = scope.spawn(|| scene.served_by(1));
        scene
            .lab
            .wait_until("the connection is tracked", Duration::from_secs(10), || {
                scene
                    .balancer
                    .usage()
                    .is_ok_and(|usage| usage.iter().any(|backend| backend.connections_total > 0))
            })?;
        let others = with(&service, [Takes::New, Takes::Nothing, Takes::New]);
        scene.balancer.apply(&others)?;
        scene.balancer.reset(&service, scene.backend("cp2"))?;
        Ok(opening.join().expect("no panic")?)
    })?;
    assert_ne!(connected, "cp2");
    Ok(())
}

#[test]
fn with_all_down_all_get_connections_but_drained_ones() -> Result {
    let scene = Scene::new(Family::V4)?;
    let service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    let cases = [
        ([Takes::Nothing; 3], [10, 10, 10]),
        (
            [Takes::Nothing, Takes::Established, Takes::Nothing],
            [15, 0, 15],
        ),
        ([Takes::Established; 3], [10, 10, 10]),
        ([Takes::Established, Takes::Nothing, Takes::New], [0, 0, 30]),
    ];
    for (takes, counts) in cases {
        scene.balancer.apply(&with(&service, takes))?;
        assert_eq!(scene.spread(30)?, counts, "{takes:?}");
    }
    Ok(())
}

#[test]
fn many_silent_clients_are_reset_together() -> Result {
    const CLIENTS: u16 = 600;
    let scene = Scene::new(Family::V4)?;
    let service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    scene.balancer.apply(std::slice::from_ref(&service))?;
    let mut silent: Vec<Connection> = (0..CLIENTS)
        .map(|client| scene.connect(client))
        .collect::<Result<_, _>>()?;
    scene
        .balancer
        .apply(&with(&service, [Takes::New, Takes::New, Takes::Nothing]))?;
    let reset = scene.balancer.reset(&service, scene.backend("cp3"))?;
    assert_eq!(reset, u64::from(CLIENTS) / 3);
    for connection in &mut silent {
        if connection.host == "cp3" {
            let error = connection.listen().expect_err("it has ended");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        } else {
            connection.echo()?;
        }
    }
    Ok(())
}
