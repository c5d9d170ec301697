//! Who may connect.

use std::io::ErrorKind;
use std::net::IpAddr;

use vrrp_balance::{Network, Scheduler};

use crate::scene::{Family, PORT, Result, Scene};

fn refuses_others(family: Family) -> Result {
    let scene = Scene::new(family)?;
    let mut service = scene.service(Scheduler::RoundRobin, &[1, 1, 1]);
    // Clients 0 to 255, or half of that in IPv6.
    service.allow = vec![
        Network {
            address: family.client(3),
            prefix: if family == Family::V4 { 24 } else { 121 },
        },
        Network {
            address: IpAddr::from([192, 0, 2, 1]),
            prefix: 32,
        },
    ];
    scene.balancer.apply(&[service.clone()])?;
    for client in [1, 2, 3] {
        scene.connect(client)?.echo()?;
    }
    for client in [256, 257, 1000] {
        let error = scene.connect(client).err().expect("refused");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{client}");
    }
    // Nothing but the service is closed to them.
    let outsider = family.client(256);
    let target = (scene.lab.host("cp1")?, scene.backend("cp1"));
    let direct = scene.lab.client().enter(move || {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(target.1),
            socket2::Type::STREAM,
            None,
        )?;
        socket.bind(&std::net::SocketAddr::new(outsider, 0).into())?;
        socket.connect(&target.1.into())
    })?;
    direct?;
    // A client on the host itself is no exception.
    let host = scene.lab.host("cp1")?;
    let error = scene.connect_from(host, None, PORT).err().expect("refused");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    // Whoever is in when the door closes stays.
    let mut inside = scene.connect(1)?;
    service.allow.remove(0);
    scene.balancer.apply(&[service])?;
    inside.echo()?;
    assert!(scene.connect(1).is_err());
    Ok(())
}

#[test]
fn only_allowed_networks_may_connect_and_others_are_refused_at_once() -> Result {
    refuses_others(Family::V4)
}

#[test]
fn only_allowed_networks_may_connect_and_others_are_refused_at_once_over_ipv6() -> Result {
    refuses_others(Family::V6)
}
