//! What the host lacks.

use std::path::PathBuf;

use caps::CapSet;
use vrrp_balance::{Concern, Missing, MissingKind, Scheduler, Service, concerns, requirements};

use crate::scene::{Family, Result, Scene, block_on, output, ruleset, run, sysctl};

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
        assert_eq!(found[0].kind, MissingKind::Forwarding);
        assert!(found[0].what.contains(setting) && found[0].remedy.contains(setting));
        assert_eq!(
            ruleset(scene.lab.host("cp1")?)?,
            "",
            "asking changes nothing"
        );
    }
    Ok(())
}

#[test]
fn an_absent_nft_is_missed() -> Result {
    let scene = Scene::new(Family::V4)?;
    let services = [scene.service(Scheduler::SourceHash, &[1, 1, 1])];
    let found = missing(&scene, &services, "/nonexistent/nft")?;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind, MissingKind::Nft);
    assert!(found[0].what.contains("/nonexistent/nft"));
    assert!(found[0].remedy.contains("nftables"));
    Ok(())
}

#[test]
fn an_nft_that_knows_half_of_it_is_told_with_what_it_lacks() -> Result {
    let scene = Scene::new(Family::V4)?;
    let host = scene.lab.host("cp1")?;
    // Refuses what has to do with numgen, and passes the rest on.
    host.write_file(
        "/run/old-nft",
        "#!/bin/sh\n[ \"$1\" = --version ] && exec nft --version\ninput=$(cat)\ncase $input in *numgen*) echo 'Error: syntax error, unexpected numgen' >&2; exit 1;; esac\nprintf '%s\\n' \"$input\" | nft \"$@\"\n",
    )?;
    run(host, &["chmod", "755", "/run/old-nft"])?;
    let services = [scene.service(Scheduler::RoundRobin, &[1, 1, 1])];
    let found = missing(&scene, &services, "/run/old-nft")?;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind, MissingKind::Kernel);
    assert!(found[0].what.contains("number generators"), "{found:?}");
    assert!(found[0].remedy.contains("CONFIG_NFT_NUMGEN"));
    Ok(())
}

#[test]
fn without_the_right_to_ask_only_that_is_missing() -> Result {
    let scene = Scene::new(Family::V4)?;
    let services = [scene.service(Scheduler::RoundRobin, &[1, 1, 1])];
    let host = scene.lab.host("cp1")?;
    let found = host.enter(move || {
        // A thread of its own: capabilities belong to threads.
        std::thread::spawn(move || {
            caps::clear(None, CapSet::Bounding).expect("no more rights for children");
            caps::clear(None, CapSet::Effective).expect("no rights");
            block_on(requirements(&services, &PathBuf::from("nft")))
        })
        .join()
        .expect("no panic")
    })?;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind, MissingKind::Rights);
    Ok(())
}

#[test]
fn firewalls_and_settings_that_do_harm_are_named() -> Result {
    let scene = Scene::new(Family::V4)?;
    let host = scene.lab.host("cp1")?;
    let look = || -> Result<Vec<Concern>> {
        Ok(host.enter(|| block_on(concerns(&PathBuf::from("nft"))))?)
    };
    scene
        .balancer
        .apply(&[scene.service(Scheduler::RoundRobin, &[1, 1, 1])])?;
    assert_eq!(look()?, []);
    run(
        host,
        &[
            "nft",
            "table ip filter { chain FORWARD { type filter hook forward priority filter; policy drop; }; chain INPUT { type filter hook input priority filter; policy drop; }; }",
        ],
    )?;
    sysctl(host, "net.netfilter.nf_conntrack_tcp_loose", "0")?;
    let found = look()?;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].what.contains("nf_conntrack_tcp_loose"));
    assert!(found[1].what.contains("FORWARD of table ip filter"));
    assert!(found[1].remedy.contains("ct status dnat accept"));
    assert!(output(host, &["nft", "list", "tables"])?.contains("inet vrrpd"));
    Ok(())
}
