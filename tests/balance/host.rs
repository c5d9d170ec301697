//! What the host lacks.

use crate::scene::{BOUND, Scene};
use crate::traffic::{Result, sysctl};

const FORWARD: &str = "net.ipv4.ip_forward";

#[test]
fn without_forwarding_the_instance_goes_on_and_balances_once_it_is_there() -> Result {
    let scene = Scene::start("    scheduler: round_robin\n")?;
    let host = scene.host("cp1");
    sysctl(host, FORWARD, "0")?;
    let balancer = scene.wait_balancer("cp1", "degraded")?;
    let reason = balancer["reason"].to_string();
    assert!(reason.contains("net.ipv4.ip_forward is off"), "{reason}");
    assert!(reason.contains("/etc/sysctl.d/90-vrrpd.conf"), "{reason}");
    let daemon = scene.daemon("cp1");
    daemon.process().wait_line("ip_forward is off", BOUND)?;
    let status = daemon.status()?;
    assert_eq!(status["instances"][0]["state"], "master");
    let warnings = status["warnings"].to_string();
    assert!(warnings.contains("apiserver: not balanced"), "{warnings}");
    // This host serves all by itself.
    for client in 0..4 {
        assert_eq!(scene.connect(client)?.host, "cp1");
    }
    sysctl(host, FORWARD, "1")?;
    scene.wait_balancer("cp1", "active")?;
    scene.one_to_each()?;
    Ok(())
}

#[test]
fn without_nft_it_is_named() -> Result {
    let lab = crate::scene::lab()?;
    let family = crate::traffic::Family::V4;
    let lines = crate::scene::backends(&lab, family, &[1, 1, 1]);
    let host = lab.host("cp1")?;
    host.write_file(
        vrrp_lab::CONFIG_FILE,
        crate::scene::config(family, 100, &lines),
    )?;
    let program = "/etc/vrrpd/without-nft";
    let script = format!(
        "#!/bin/sh\nPATH=/nonexistent exec {} \"$@\"\n",
        vrrp_lab::tools::vrrpd()?.display()
    );
    host.write_file(program, script)?;
    crate::traffic::run(host, &["chmod", "755", program])?;
    let daemon = host.vrrpd().program(program).start()?;
    daemon.wait_state("master", BOUND)?;
    let status = daemon.wait_status("degraded", BOUND, |status| {
        status["load_balancers"][0]["state"] == "degraded"
    })?;
    let reason = status["load_balancers"][0]["reason"].to_string();
    assert!(reason.contains("install the package nftables"), "{reason}");
    assert!(daemon.terminate(BOUND)?.success());
    Ok(())
}
