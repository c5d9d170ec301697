//! What status, metrics and events show.

use vrrp_lab::Command;

use crate::scene::{BOUND, CHECK, Scene, backend};
use crate::traffic::Result;

#[test]
fn status_metrics_and_events_tell_of_each_backend() -> Result {
    let mut scene = Scene::start(&format!("    scheduler: round_robin\n{CHECK}"))?;
    for host in ["cp1", "cp2", "cp3"] {
        scene.wait_backend("cp1", host, "up")?;
    }
    let connections = scene.one_to_each()?;
    let balancer = scene.wait("cp1", "three open connections", |balancer| {
        let mut all = balancer["backends"].as_array().into_iter().flatten();
        all.all(|backend| backend["active_connections"].as_u64() >= Some(1))
    })?;
    assert_eq!(balancer["name"], "apiserver");
    let first = &balancer["backends"][0];
    assert_eq!(first["address"], "10.0.50.11:6443");
    assert_eq!(first["weight"], 1);
    assert_eq!(first["drained"], false);
    assert!(first["since"].is_string() && first["last_error"].is_null());
    let metrics = scene.daemon("cp1").metrics()?;
    let labels = "{load_balancer=\"apiserver\",backend=\"10.0.50.11:6443\"}";
    for name in ["up", "weight", "active_connections", "connections_total"] {
        let line = format!("vrrpd_backend_{name}{labels} 1");
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    for name in ["drained", "bytes_total"] {
        let line = format!("vrrpd_backend_{name}{labels} ");
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    drop(connections);
    scene.crash("cp3")?;
    scene.wait_backend("cp1", "cp3", "down")?;
    let address = backend(scene.host("cp3"), scene.family);
    let events = scene
        .host("cp1")
        .spawn(&Command::new(vrrp_lab::tools::vrrpd()?).args(["events", "--since", "0"]))?;
    events.wait_line(
        &format!("backend {address} of apiserver: up -> down"),
        BOUND,
    )?;
    let table = scene.command("cp1", &["status"])?;
    for part in [
        "LOAD BALANCER",
        "active",
        "BACKEND",
        "10.0.50.20:6443",
        "down",
    ] {
        assert!(table.contains(part), "{part} in {table}");
    }
    Ok(())
}

#[test]
fn nothing_of_load_balancers_is_there_without_one() -> Result {
    let lab = vrrp_lab::Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(
        "instances: [{name: one, addresses: [10.0.50.20], interface: ens20f0, vrid: 51}]",
    )?;
    daemon.wait_state("master", BOUND)?;
    let metrics = daemon.metrics()?;
    assert!(!metrics.contains("backend") && !metrics.contains("load_balancer"));
    let output = host.vrrpd_command(&["backend", "drain", "a", "10.0.50.11"], BOUND)?;
    assert!(
        output.stderr.contains("there is no load balancer"),
        "{output:?}"
    );
    Ok(())
}
