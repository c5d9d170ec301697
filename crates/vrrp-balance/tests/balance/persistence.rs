//! Clients keep their backends.

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_balance::{Scheduler, Service, Takes};

use crate::scene::{BOUND, Family, Result, Scene};

const CLIENTS: u16 = 60;

/// Which host serves each client.
fn homes(scene: &Scene) -> Result<BTreeMap<u16, String>> {
    (0..CLIENTS)
        .map(|client| Ok((client, scene.served_by(client)?)))
        .collect()
}

fn persistent(scene: &Scene, scheduler: Scheduler) -> Service {
    let mut service = scene.service(scheduler, &[1, 1, 1]);
    service.persistence = Some(Duration::from_secs(3600));
    service
}

fn set(service: &mut Service, backend: usize, takes: Takes) -> [Service; 1] {
    service.backends[backend].takes = takes;
    [service.clone()]
}

fn at<'a>(homes: &'a BTreeMap<u16, String>, host: &'a str) -> impl Iterator<Item = u16> + 'a {
    homes
        .iter()
        .filter(move |(_, home)| *home == host)
        .map(|(client, _)| *client)
}

fn survives_others(family: Family) -> Result {
    let scene = Scene::new(family)?;
    let mut service = persistent(&scene, Scheduler::RoundRobin);
    scene.balancer.apply(&[service.clone()])?;
    let before = homes(&scene)?;
    assert!(
        ["cp1", "cp2", "cp3"]
            .iter()
            .all(|host| at(&before, host).count() == 20)
    );
    scene
        .balancer
        .apply(&set(&mut service, 1, Takes::Nothing))?;
    let without = homes(&scene)?;
    for (client, home) in &before {
        if home == "cp2" {
            assert_ne!(without[client], "cp2");
        } else {
            assert_eq!(without[client], *home);
        }
    }
    scene.balancer.apply(&set(&mut service, 1, Takes::New))?;
    assert_eq!(homes(&scene)?, without, "nobody moves for its return");
    let newcomers: Vec<String> = (CLIENTS..CLIENTS + 3)
        .map(|client| scene.served_by(client))
        .collect::<Result<_, _>>()?;
    assert!(newcomers.contains(&"cp2".to_owned()), "{newcomers:?}");
    // And by configuration: without it, then with it.
    let all = service.clone();
    service.backends.remove(1);
    scene.balancer.apply(&[service])?;
    assert_eq!(homes(&scene)?, without);
    scene.balancer.apply(&[all])?;
    assert_eq!(homes(&scene)?, without);
    Ok(())
}

#[test]
fn clients_stay_while_another_backend_goes_and_comes_back() -> Result {
    survives_others(Family::V4)
}

#[test]
fn clients_stay_while_another_backend_goes_and_comes_back_over_ipv6() -> Result {
    survives_others(Family::V6)
}

#[test]
fn without_persistence_source_hash_moves_only_the_clients_of_the_lost_backend_and_back() -> Result {
    let scene = Scene::new(Family::V4)?;
    let mut service = scene.service(Scheduler::SourceHash, &[1, 1, 1]);
    scene.balancer.apply(&[service.clone()])?;
    let before = homes(&scene)?;
    scene
        .balancer
        .apply(&set(&mut service, 2, Takes::Nothing))?;
    let without = homes(&scene)?;
    for (client, home) in &before {
        assert_eq!(without[client] == *home, home != "cp3", "client {client}");
    }
    scene.balancer.apply(&set(&mut service, 2, Takes::New))?;
    assert_eq!(homes(&scene)?, before);
    Ok(())
}

#[test]
fn a_drained_backend_keeps_its_connections_and_gets_no_new_ones() -> Result {
    let scene = Scene::new(Family::V4)?;
    let mut service = persistent(&scene, Scheduler::RoundRobin);
    scene.balancer.apply(&[service.clone()])?;
    let mut connections = [scene.connect(1)?, scene.connect(2)?, scene.connect(3)?];
    for (index, host) in ["cp1", "cp2"].into_iter().enumerate() {
        let mut drained = service.clone();
        scene
            .balancer
            .apply(&set(&mut drained, index, Takes::Established))?;
        assert_eq!(at(&homes(&scene)?, host).count(), 0);
        for connection in &mut connections {
            connection.echo()?;
        }
    }
    scene.balancer.apply(&set(&mut service, 0, Takes::New))?;
    for connection in &mut connections {
        connection.echo()?;
    }
    Ok(())
}

#[test]
fn a_client_is_forgotten_after_its_time() -> Result {
    let scene = Scene::new(Family::V4)?;
    let mut service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    service.persistence = Some(Duration::from_secs(1));
    scene.balancer.apply(&[service])?;
    let home = scene.served_by(1)?;
    assert_eq!(scene.served_by(1)?, home);
    // The three come in turn, so that the next one that is not held is another one.
    let vip = scene.family.vip();
    scene.lab.wait_until("the client is forgotten", BOUND, || {
        let listed = crate::scene::output(
            scene.lab.host("cp1").expect("cp1"),
            &["nft", "list", "table", "inet", vrrp_balance::TABLE],
        );
        listed.is_ok_and(|listed| listed.contains(&vip.to_string()) && !listed.contains("expires"))
    })?;
    assert_ne!(scene.served_by(1)?, home);
    Ok(())
}

#[test]
fn the_time_of_a_client_begins_anew_when_its_connection_ends() -> Result {
    for family in [Family::V4, Family::V6] {
        let scene = Scene::new(family)?;
        let service = Service {
            persistence: Some(Duration::from_secs(3)),
            ..scene.service(Scheduler::RoundRobin, &[1, 1, 1])
        };
        scene.balancer.apply(&[service])?;
        let host = scene.lab.host("cp1")?;
        // How much of its three seconds the client has left, in milliseconds.
        let left = || -> Option<u64> {
            let table = ["nft", "-j", "list", "table", "inet", vrrp_balance::TABLE];
            let listed = crate::scene::output(host, &table).ok()?;
            let (_, rest) = listed.split_once("\"expires\": ")?;
            rest.split(|c: char| !c.is_ascii_digit())
                .next()?
                .parse()
                .ok()
        };
        let connection = scene.connect(1)?;
        scene
            .lab
            .wait_until("some of its time is over", BOUND, || left() == Some(1))?;
        drop(connection);
        scene
            .lab
            .wait_until("its time begins anew", BOUND, || left() >= Some(2))?;
        // What was forgotten is not remembered by its end.
        let connection = scene.connect(2)?;
        scene
            .lab
            .wait_until("all are forgotten", BOUND, || left().is_none())?;
        drop(connection);
        scene
            .lab
            .wait_until("the connection has ended", BOUND, || {
                let usage = scene.balancer.usage().expect("usage");
                usage.iter().all(|backend| backend.active == 0)
            })?;
        assert_eq!(left(), None);
    }
    Ok(())
}
