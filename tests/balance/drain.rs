//! Backends taken out of service by hand.

use crate::scene::{Scene, backend, of};
use crate::traffic::Result;

#[test]
fn a_drained_backend_keeps_what_it_has_also_after_a_restart() -> Result {
    let mut scene = Scene::start("    scheduler: round_robin\n")?;
    let address = backend(scene.host("cp3"), scene.family).to_string();
    let mut connections = scene.one_to_each()?;
    scene.command("cp1", &["backend", "drain", "apiserver", "10.0.50.13"])?;
    for restart in [false, true] {
        if restart {
            scene.kill_daemon("cp1")?;
            scene.start_daemon("cp1")?;
        }
        let balancer = scene.wait_balancer("cp1", "active")?;
        assert_eq!(of(&balancer, &address)["drained"], true, "{balancer}");
        for client in 0..12 {
            assert_ne!(scene.connect(client)?.host, "cp3");
        }
        for (_, connection) in connections.values_mut() {
            connection.echo()?;
        }
    }
    let table = scene.command("cp1", &["status"])?;
    assert!(table.contains("drained"), "{table}");
    scene.command("cp1", &["backend", "undrain", "apiserver", &address])?;
    scene.one_to_each()?;
    let events = scene.daemon("cp1").process().text();
    assert!(events.contains("is undrained now"), "{events}");
    Ok(())
}

#[test]
fn what_is_no_backend_cannot_be_drained() -> Result {
    let scene = Scene::start("")?;
    for (arguments, said) in [
        (
            ["nobody", "10.0.50.11"],
            "there is no load balancer \"nobody\"; there are: apiserver",
        ),
        (
            ["apiserver", "10.0.50.99"],
            "apiserver has no backend 10.0.50.99; there are: 10.0.50.11:6443, 10.0.50.12:6443, 10.0.50.13:6443",
        ),
    ] {
        let words = ["backend", "drain", arguments[0], arguments[1]];
        let output = scene
            .host("cp1")
            .vrrpd_command(&words, crate::scene::BOUND)?;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stderr.contains(said), "{output:?}");
    }
    Ok(())
}
