//! What clients get: their share, their own backend, an answer or a refusal.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::scene::{BOUND, CHECK, Scene, backends};
use crate::traffic::{Family, PORT, Result, sysctl};

/// So many that a share that is off by five in a hundred is no accident.
const CONNECTIONS: u16 = 3000;

/// Whether shares are within five in a hundred of what the weights say.
fn is_fair(counts: [u32; 3], weights: [u32; 3]) -> bool {
    let connections: u32 = counts.iter().sum();
    let weight: u32 = weights.iter().sum();
    counts.iter().zip(weights).all(|(count, share)| {
        let fair = f64::from(connections) * f64::from(share) / f64::from(weight);
        (f64::from(*count) - fair).abs() <= fair * 0.05
    })
}

fn spread_by_weight(family: Family) -> Result {
    let lines = format!("    scheduler: round_robin\n{CHECK}");
    let scene = Scene::weighted(family, &[1, 2, 3], &lines)?;
    for host in ["cp1", "cp2", "cp3"] {
        scene.wait_backend("cp1", host, "up")?;
    }
    let counts = scene.spread(CONNECTIONS)?;
    assert!(is_fair(counts, [1, 2, 3]), "{counts:?}");
    let balancer = scene.wait("cp1", "all connections counted", |balancer| {
        let all = balancer["backends"].as_array().into_iter().flatten();
        let totals = all.filter_map(|backend| backend["connections_total"].as_u64());
        totals.sum::<u64>() == u64::from(CONNECTIONS)
    })?;
    for (backend, count) in balancer["backends"]
        .as_array()
        .expect("a list")
        .iter()
        .zip(counts)
    {
        assert_eq!(backend["connections_total"], count, "{balancer}");
        assert!(backend["bytes_total"].as_u64() > Some(100), "{balancer}");
    }
    Ok(())
}

#[test]
fn connections_are_spread_by_weight() -> Result {
    spread_by_weight(Family::V4)
}

#[test]
fn connections_are_spread_by_weight_over_ipv6() -> Result {
    spread_by_weight(Family::V6)
}

#[test]
fn a_client_keeps_its_backend_while_others_go_and_return() -> Result {
    let persistence = "    scheduler: round_robin\n    persistence: 1h\n";
    let scene = Scene::start(persistence)?;
    let hosts: Vec<String> = (0..30)
        .map(|client| Ok(scene.connect(client)?.host))
        .collect::<Result<_>>()?;
    let two = backends(&scene.lab, Family::V4, &[1, 1]);
    let three = backends(&scene.lab, Family::V4, &[1, 1, 1]);
    for lines in [two, three] {
        scene.reload("cp1", &format!("{lines}{persistence}"))?;
        let count = lines.matches("address").count();
        scene.wait("cp1", "the backends", |balancer| {
            balancer["backends"].as_array().map(Vec::len) == Some(count)
                && balancer["state"] == "active"
        })?;
        for (client, host) in (0..30).zip(&hosts).filter(|(_, host)| *host != "cp3") {
            assert_eq!(scene.connect(client)?.host, **host, "client {client}");
        }
    }
    Ok(())
}

#[test]
fn a_client_on_the_host_itself_is_balanced_too() -> Result {
    let scene = Scene::start("    scheduler: round_robin\n")?;
    let mut hosts = Vec::new();
    for _ in 0..3 {
        let mut connection = scene.connect_from(scene.host("cp1"), None)?;
        connection.echo()?;
        hosts.push(connection.host);
    }
    hosts.sort();
    assert_eq!(hosts, ["cp1", "cp2", "cp3"]);
    Ok(())
}

#[test]
fn whoever_is_not_allowed_is_refused() -> Result {
    let scene = Scene::start("    allow: [10.1.0.0/24]\n")?;
    scene.connect(7)?.echo()?;
    let target = SocketAddr::new(scene.family.vip(), PORT);
    let refused = scene
        .lab
        .client()
        .enter(move || TcpStream::connect_timeout(&target, BOUND))?;
    assert_eq!(
        refused.map_err(|error| error.kind()).err(),
        Some(ErrorKind::ConnectionRefused)
    );
    Ok(())
}

#[test]
fn an_idle_connection_is_forgotten() -> Result {
    let scene = Scene::start("    idle_timeout: 1s\n")?;
    let host = scene.host("cp1");
    // Else the kernel takes up what it has forgotten, and that is reset either way.
    sysctl(host, "net.netfilter.nf_conntrack_tcp_loose", "1")?;
    let mut connections = scene.one_to_each()?;
    let opened = Instant::now();
    scene.wait("cp1", "no open connections", |balancer| {
        let mut all = balancer["backends"].as_array().into_iter().flatten();
        // Figures up to a second old are shown: those of before they were opened do not count.
        opened.elapsed() > Duration::from_secs(3)
            && all.all(|backend| backend["active_connections"] == 0)
    })?;
    for (_, connection) in connections.values_mut() {
        let error = connection.echo().expect_err("it is forgotten");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    // One in use lives.
    let mut used = scene.connect(1)?;
    for _ in 0..6 {
        std::thread::sleep(Duration::from_millis(400));
        used.echo()?;
    }
    Ok(())
}
