//! The virtual address comes and goes.

use std::io::ErrorKind;
use std::time::Instant;

use vrrp_balance::Scheduler;

use crate::scene::{BOUND, Family, Handle, Result, Scene, hold, run};

/// Another host takes the VIP, and the client knows.
pub(crate) fn move_vip(scene: &Scene, to: &str) -> Result {
    let vip = scene.family.vip();
    for host in scene.lab.hosts() {
        host.delete_address(vip)?;
    }
    hold(scene.lab.host(to)?, vip)?;
    run(scene.lab.client(), &["ip", "neigh", "flush", "all"])
}

#[test]
fn rules_do_nothing_until_the_host_holds_the_address_and_then_at_once() -> Result {
    let scene = Scene::new(Family::V4)?;
    let mut service = scene.service(Scheduler::RoundRobin, &[0, 0, 1]);
    service.backends.retain(|backend| backend.weight > 0);
    let second = Handle::new(scene.lab.host("cp2")?);
    second.apply(&[service])?;
    // cp1 holds it and balances nothing.
    assert_eq!(scene.served_by(1)?, "cp1");
    move_vip(&scene, "cp2")?;
    assert_eq!(scene.served_by(1)?, "cp3");
    move_vip(&scene, "cp1")?;
    assert_eq!(scene.served_by(1)?, "cp1");
    Ok(())
}

/// Whichever backend it is that the connection went to: one of each kind.
fn broken_at_the_new_host(family: Family) -> Result {
    let scene = Scene::new(family)?;
    let service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    let second = Handle::new(scene.lab.host("cp2")?);
    scene.balancer.apply(std::slice::from_ref(&service))?;
    second.apply(&[service])?;
    let mut connections = [scene.connect(1)?, scene.connect(2)?, scene.connect(3)?];
    move_vip(&scene, "cp2")?;
    let moved = Instant::now();
    for connection in &mut connections {
        let error = connection.echo().expect_err("nobody knows it there");
        assert_eq!(
            error.kind(),
            ErrorKind::ConnectionReset,
            "{}",
            connection.host
        );
    }
    assert!(moved.elapsed() < BOUND / 2);
    for client in 1..4 {
        scene.connect(client)?.echo()?;
    }
    Ok(())
}

#[test]
fn what_went_through_the_old_host_is_reset_by_the_new_one() -> Result {
    broken_at_the_new_host(Family::V4)
}

#[test]
fn what_went_through_the_old_host_is_reset_by_the_new_one_over_ipv6() -> Result {
    broken_at_the_new_host(Family::V6)
}

fn released(family: Family) -> Result {
    let scene = Scene::new(family)?;
    let service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    scene.balancer.apply(std::slice::from_ref(&service))?;
    Handle::new(scene.lab.host("cp2")?).apply(std::slice::from_ref(&service))?;
    let mut silent = [scene.connect(1)?, scene.connect(2)?, scene.connect(3)?];
    move_vip(&scene, "cp2")?;
    assert_eq!(scene.balancer.release(&service)?, 3);
    for connection in &mut silent {
        let error = connection.listen().expect_err("it has ended");
        assert_eq!(
            error.kind(),
            ErrorKind::ConnectionReset,
            "{}",
            connection.host
        );
    }
    Ok(())
}

#[test]
fn a_host_that_lost_the_address_tells_silent_clients() -> Result {
    released(Family::V4)
}

#[test]
fn a_host_that_lost_the_address_tells_silent_clients_over_ipv6() -> Result {
    released(Family::V6)
}
