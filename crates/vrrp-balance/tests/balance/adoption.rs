//! A daemon dies and the next one finds the table.

use std::time::Duration;

use vrrp_balance::{Scheduler, Service, Takes};

use crate::scene::{Family, Handle, Result, Scene, ruleset, run};

#[test]
fn the_next_daemon_keeps_connections_clients_and_counters() -> Result {
    let scene = Scene::new(Family::V4)?;
    let host = scene.lab.host("cp1")?;
    let mut service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    service.persistence = Some(Duration::from_secs(3600));
    service.idle_timeout = Some(Duration::from_secs(3600));
    scene.balancer.apply(&[service.clone()])?;
    let mut connections = [scene.connect(1)?, scene.connect(2)?, scene.connect(3)?];
    let homes: Vec<String> = connections.iter().map(|c| c.host.clone()).collect();
    let (before, rules) = (scene.balancer.usage()?, ruleset(host)?);

    let next = Handle::new(host);
    let applied = next.apply(&[service.clone()])?;
    assert!(applied.changed && applied.adopted && !applied.replaced);
    assert_eq!(ruleset(host)?, rules);
    let after = next.usage()?;
    assert_eq!(
        before
            .iter()
            .map(|b| b.connections_total)
            .collect::<Vec<_>>(),
        after
            .iter()
            .map(|b| b.connections_total)
            .collect::<Vec<_>>()
    );
    for connection in &mut connections {
        connection.echo()?;
    }
    for (client, home) in (1..4).zip(&homes) {
        assert_eq!(scene.served_by(client)?, *home);
    }

    // The one after that finds other services to be had.
    let third = Handle::new(host);
    service.backends[1].takes = Takes::Nothing;
    service.idle_timeout = None;
    service.backends.pop();
    let second = Service {
        port: 443,
        persistence: None,
        ..service.clone()
    };
    let applied = third.apply(&[second, service])?;
    assert!(applied.adopted && !applied.replaced);
    assert!(!ruleset(host)?.contains("10.0.50.13"));
    for connection in &mut connections {
        connection.echo()?;
    }
    Ok(())
}

#[test]
fn a_table_that_cannot_be_changed_is_made_anew() -> Result {
    let scene = Scene::new(Family::V4)?;
    let host = scene.lab.host("cp1")?;
    let service = [scene.service(Scheduler::RoundRobin, &[1, 1, 1])];
    // The same names for other things.
    run(
        host,
        &[
            "nft",
            "table inet vrrpd { set choose { type ipv4_addr; }; chain arriving { type filter hook input priority 0; }; }",
        ],
    )?;
    let applied = scene.balancer.apply(&service)?;
    assert!(applied.replaced && !applied.adopted);
    assert!(scene.balancer.present()?);
    assert_eq!(scene.spread(30)?, [10, 10, 10]);
    Ok(())
}

#[test]
fn nothing_to_balance_leaves_no_table() -> Result {
    let scene = Scene::new(Family::V4)?;
    let service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    scene.balancer.apply(&[service])?;
    assert!(Handle::new(scene.lab.host("cp1")?).apply(&[])?.changed);
    assert_eq!(ruleset(scene.lab.host("cp1")?)?, "");
    Ok(())
}

#[test]
fn what_nft_lists_can_be_read_again() -> Result {
    let scene = Scene::new(Family::V4)?;
    let host = scene.lab.host("cp1")?;
    let mut services = Vec::new();
    for (port, scheduler) in [
        (1, Scheduler::SourceHash),
        (2, Scheduler::RoundRobin),
        (3, Scheduler::Random),
    ] {
        services.push(Service {
            port,
            persistence: Some(Duration::from_secs(3600)),
            idle_timeout: Some(Duration::from_secs(60)),
            allow: vec![vrrp_balance::Network {
                address: [10, 0, 0, 0].into(),
                prefix: 8,
            }],
            ..scene.service(scheduler, &[1, 2, 1])
        });
    }
    scene.balancer.apply(&services)?;
    let listed = ruleset(host)?;
    host.write_file("/run/listed.nft", format!("flush ruleset\n{listed}"))?;
    run(host, &["nft", "-f", "/run/listed.nft"])?;
    assert_eq!(ruleset(host)?, listed);
    Ok(())
}
