//! Backends fail and return.

use std::io::ErrorKind;

use vrrp_lab::Host;

use crate::scene::{BOUND, CHECK, Scene, backend};
use crate::traffic::{Result, run};

/// Drops what arrives for the server of a host, as where the host hangs; or no more.
fn hang(host: &Host, hangs: bool) -> Result {
    let rules = if hangs {
        "table inet hang { chain c { type filter hook prerouting priority -400; tcp dport 6443 drop; }; }"
    } else {
        "delete table inet hang"
    };
    run(host, &["nft", rules])
}

#[test]
fn a_dead_backend_breaks_its_own_connections_only_and_new_ones_go_elsewhere() -> Result {
    let mut scene = Scene::start(&format!("    scheduler: round_robin\n{CHECK}"))?;
    for host in ["cp1", "cp2", "cp3"] {
        scene.wait_backend("cp1", host, "up")?;
    }
    let mut connections = scene.one_to_each()?;
    scene.crash("cp3")?;
    let balancer = scene.wait_backend("cp1", "cp3", "down")?;
    assert_eq!(balancer["state"], "active", "{balancer}");
    let address = backend(scene.host("cp3"), scene.family).to_string();
    let down = crate::scene::of(&balancer, &address);
    assert!(down["last_error"].is_string(), "{down}");
    // It only listens, and hears at once.
    let (_, lost) = connections.get_mut("cp3").expect("one to each");
    let error = lost.listen().expect_err("its server is gone");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    for host in ["cp1", "cp2"] {
        let (_, connection) = connections.get_mut(host).expect("one to each");
        connection.echo()?;
    }
    for client in 0..12 {
        assert_ne!(scene.connect(client)?.host, "cp3");
    }
    let events = scene.command("cp1", &["status"])?;
    assert!(events.contains(&address), "{events}");
    Ok(())
}

#[test]
fn when_all_fail_all_are_tried_and_those_that_return_are_preferred() -> Result {
    let scene = Scene::start(&format!(
        "    scheduler: round_robin\n{}",
        CHECK.replace("2s", "300ms")
    ))?;
    for host in ["cp1", "cp2", "cp3"] {
        scene.wait_backend("cp1", host, "up")?;
    }
    let mut connections = scene.one_to_each()?;
    for host in ["cp3", "cp2", "cp1"] {
        hang(scene.host(host), true)?;
        scene.wait_backend("cp1", host, "down")?;
    }
    let balancer = scene.wait_balancer("cp1", "degraded")?;
    let reason = balancer["reason"].to_string();
    assert!(reason.contains("no backend is well"), "{reason}");
    let daemon = scene.daemon("cp1");
    daemon.process().wait_line("no backend is well", BOUND)?;
    let metrics = daemon.metrics()?;
    assert!(
        metrics.contains("vrrpd_load_balancer_degraded{load_balancer=\"apiserver\"} 1"),
        "{metrics}"
    );
    for host in ["cp1", "cp2"] {
        hang(scene.host(host), false)?;
        scene.wait_backend("cp1", host, "up")?;
    }
    scene.wait_balancer("cp1", "active")?;
    for client in 0..12 {
        assert_ne!(scene.connect(client)?.host, "cp3");
    }
    // Those of the last to fail were left alone, for its check might have been wrong.
    let (_, survivor) = connections.get_mut("cp1").expect("one to each");
    survivor.echo()?;
    hang(scene.host("cp3"), false)?;
    scene.wait_backend("cp1", "cp3", "up")?;
    scene.one_to_each()?;
    Ok(())
}
