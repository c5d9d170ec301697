//! What the host lacks.

use std::path::PathBuf;

use vrrp_balance::{Missing, Scheduler, Service, requirements};

use crate::scene::{Family, Result, Scene, block_on, sysctl};

fn missing(scene: &Scene, services: &[Service], nft: &str) -> Result<Vec<Missing>> {
    let (services, nft) = (services.to_vec(), PathBuf::from(nft));
    let host = scene.lab.host("cp1")?;
    Ok(host.enter(move || block_on(requirements(&services, &nft)))?)
}

#[test]
fn forwarding_is_missed_only_for_backends_on_other_hosts() -> Result {
    for (family, setting) in [
        (Family::V4, "net.ipv4.ip_forward"),
        (Family::V6, "net.ipv6.conf.all.forwarding"),
    ] {
        let scene = Scene::new(family)?;
        let service = scene.service(Scheduler::SourceHash, &[1, 1, 1]);
        let mut local = service.clone();
        local.backends.truncate(1);
        let services = [service];
        assert_eq!(missing(&scene, &services, "nft")?, []);
        sysctl(scene.lab.host("cp1")?, setting, "0")?;
        assert_eq!(missing(&scene, &[local], "nft")?, []);
        let found = missing(&scene, &services, "nft")?;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].what.contains(setting) && found[0].remedy.contains(setting));
    }
    Ok(())
}

#[test]
fn an_absent_nft_is_missed() -> Result {
    let scene = Scene::new(Family::V4)?;
    let services = [scene.service(Scheduler::SourceHash, &[1, 1, 1])];
    let found = missing(&scene, &services, "/nonexistent/nft")?;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].what.contains("/nonexistent/nft"));
    assert!(found[0].remedy.contains("nftables"));
    Ok(())
}
