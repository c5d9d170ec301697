//! The virtual address moves in the middle of traffic.

use std::io::ErrorKind;

use crate::scene::{BOUND, CHECK, Scene};
use crate::traffic::Result;

#[test]
fn after_a_hand_over_the_next_host_balances_and_silent_clients_are_told() -> Result {
    let scene = Scene::start("    scheduler: round_robin\n")?;
    let mut connections = scene.one_to_each()?;
    scene.command("cp1", &["drain"])?;
    scene
        .lab
        .wait_only_holder(scene.family.vip(), "cp2", BOUND)?;
    for (_, connection) in connections.values_mut() {
        let error = connection.listen().expect_err("nobody translates it");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    scene.wait_balancer("cp2", "active")?;
    scene.wait_balancer("cp1", "standby")?;
    scene.one_to_each()?;
    let said = scene.daemon("cp1").process().text();
    assert!(said.contains("their clients are told"), "{said}");
    Ok(())
}

#[test]
fn after_a_crash_the_next_host_balances_and_resets_what_it_does_not_know() -> Result {
    let lines = format!("    scheduler: round_robin\n    persistence: 1h\n{CHECK}");
    let mut scene = Scene::start(&lines)?;
    for host in ["cp1", "cp2", "cp3"] {
        scene.wait_backend("cp2", host, "up")?;
    }
    let mut connections = scene.one_to_each()?;
    scene.crash("cp1")?;
    scene
        .lab
        .wait_only_holder(scene.family.vip(), "cp2", BOUND)?;
    let hosts: Vec<String> = connections.keys().cloned().collect();
    for host in hosts {
        let (_, connection) = connections.get_mut(&host).expect("one to each");
        let error = connection.echo().expect_err("nobody knows it");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{host}");
    }
    scene.wait_balancer("cp2", "active")?;
    scene.wait_backend("cp2", "cp1", "down")?;
    for client in 400..412 {
        let mut connection = scene.connect(client)?;
        connection.echo()?;
        assert_ne!(connection.host, "cp1");
    }
    Ok(())
}

#[test]
fn a_stopped_daemon_tells_its_clients() -> Result {
    let mut scene = Scene::start("")?;
    let mut connections = scene.one_to_each()?;
    scene.end_daemon("cp1")?;
    for (_, connection) in connections.values_mut() {
        let error = connection.listen().expect_err("nobody translates it");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    scene.forget_neighbours()?;
    scene.one_to_each()?;
    Ok(())
}
