//! Clients on the host that holds the address, and what backends see of a client.

use std::net::IpAddr;

use vrrp_balance::Scheduler;

use crate::scene::{Family, PORT, Result, Scene};

fn from_the_host_itself(family: Family) -> Result {
    let scene = Scene::new(family)?;
    let service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    scene.balancer.apply(&[service])?;
    let host = scene.lab.host("cp1")?;
    let mut hosts = Vec::new();
    for _ in 0..6 {
        let mut connection = scene.connect_from(host, None, PORT)?;
        connection.echo()?;
        hosts.push(connection.host);
    }
    hosts.sort();
    assert_eq!(hosts, ["cp1", "cp1", "cp2", "cp2", "cp3", "cp3"]);
    Ok(())
}

#[test]
fn a_client_on_the_host_itself_is_balanced_too() -> Result {
    from_the_host_itself(Family::V4)
}

#[test]
fn a_client_on_the_host_itself_is_balanced_too_over_ipv6() -> Result {
    from_the_host_itself(Family::V6)
}

fn seen(family: Family) -> Result {
    let scene = Scene::new(family)?;
    let service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    scene.balancer.apply(&[service])?;
    let first = scene.lab.host("cp1")?;
    let own: Vec<IpAddr> = first.addresses()?.iter().map(|held| held.address).collect();
    for client in 1..4 {
        let connection = scene.connect(client)?;
        if connection.host == "cp1" {
            assert_eq!(connection.seen_as, family.client(client));
        } else {
            assert!(own.contains(&connection.seen_as), "{}", connection.seen_as);
        }
    }
    Ok(())
}

#[test]
fn a_local_backend_sees_the_client_and_a_remote_one_sees_the_host() -> Result {
    seen(Family::V4)
}

#[test]
fn a_local_backend_sees_the_client_and_a_remote_one_sees_the_host_over_ipv6() -> Result {
    seen(Family::V6)
}

#[test]
fn another_port_of_the_address_is_the_hosts_own_business() -> Result {
    let scene = Scene::new(Family::V4)?;
    let mut service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    service.port = 443;
    service.backends.remove(0);
    scene.balancer.apply(&[service])?;
    assert_eq!(scene.served_by(1)?, "cp1");
    let client = scene.lab.client();
    assert_ne!(scene.connect_from(client, None, 443)?.host, "cp1");
    Ok(())
}
