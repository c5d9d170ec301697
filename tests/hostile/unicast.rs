//! Unicast: the least TTL is a setting, the peers are a list, and the group is never spoken to.

use std::time::Instant;

use vrrp_lab::{Host, Lab, Result, VIP};

use crate::scene::{BOUND, INTERVAL, Scene, UNICAST, UNICAST_V6, config, sound};

/// [`config`] with another least TTL for unicast.
fn with_min_ttl(min_ttl: u8) -> String {
    config(100).replace("peers: ", &format!("min_ttl: {min_ttl}, peers: "))
}

fn start(config: &str) -> Result<Scene> {
    let lab = Lab::builder().hosts(3).ipv6().build()?;
    let daemon = lab.host("cp1")?.start_vrrpd(config)?;
    let scene = Scene { daemon, lab };
    for name in [UNICAST, UNICAST_V6, "v4", "v6"] {
        scene.wait_state(name, "master")?;
    }
    Ok(scene)
}

#[test]
fn a_routed_peer_is_heard_from_the_least_ttl_on() -> Result<()> {
    let scene = start(&with_min_ttl(253))?;
    for instance in [UNICAST, UNICAST_V6] {
        let draft = sound(&scene, instance);
        let too_far = draft.clone().ttl(252);
        scene.expect_drop(instance, "a TTL of 252", &too_far, "ttl")?;
        for ttl in [253, 254, 255] {
            let before = scene.state(instance)?.1;
            scene.send(&draft.clone().ttl(ttl))?;
            scene.lab.wait_until("it gives way", BOUND, || {
                scene.state(instance).is_ok_and(|state| state.1 > before)
            })?;
            scene.wait_state(instance, "master")?;
        }
    }
    Ok(())
}

#[test]
fn the_least_ttl_is_for_unicast_only() -> Result<()> {
    let scene = start(&with_min_ttl(1))?;
    for instance in ["v4", "v6"] {
        let forwarded = sound(&scene, instance).ttl(254);
        scene.expect_drop(instance, "a TTL of 254", &forwarded, "ttl")?;
    }
    // Nor does it open a unicast instance to multicast.
    let draft = sound(&scene, UNICAST).ttl(254);
    let group = draft.clone().between(draft.source, [224, 0, 0, 18].into());
    scene.expect_drop(UNICAST, "multicast", &group, "ttl")
}

#[test]
fn a_reload_changes_the_least_ttl_without_a_change_of_state() -> Result<()> {
    let scene = start(&config(100))?;
    let state = scene.state(UNICAST)?;
    let forwarded = sound(&scene, UNICAST).ttl(254);
    scene.expect_drop(UNICAST, "a TTL of 254", &forwarded, "ttl")?;
    let host = scene.host("cp1");
    host.write_file(vrrp_lab::CONFIG_FILE, with_min_ttl(254))?;
    assert_eq!(scene.daemon.post("reload")?.0, 200);
    assert_eq!(scene.state(UNICAST)?, state);
    scene.send(&forwarded)?;
    scene.lab.wait_until("it gives way", BOUND, || {
        scene.state(UNICAST).is_ok_and(|now| now.1 > state.1)
    })
}

/// Everything that makes a router speak: start, takeover, peers that are gone or never were, a
/// link that goes and comes, a handover, a stop.
#[test]
fn adverts_never_go_to_the_group_whatever_happens() -> Result<()> {
    let lab = Lab::new(2)?;
    let config = |host: &Host, other: &Host| {
        format!(
            "instances: [{{name: one, addresses: [{VIP}], interface: ens20f0, vrid: 51, \
             priority: {}, advert_interval: 100ms, peers: [{}, 10.0.50.99]}}]",
            host.address().octets()[3],
            other.address()
        )
    };
    let (one, two) = (lab.host("cp1")?, lab.host("cp2")?);
    let first = one.start_vrrpd(&config(one, two))?;
    first.wait_state("master", BOUND)?;
    let second = two.start_vrrpd(&config(two, one))?;
    second.wait_state("master", BOUND)?;
    first.wait_state("backup", BOUND)?;
    assert_eq!(second.post("resign")?.0, 200);
    first.wait_state("master", BOUND)?;
    one.link_down()?;
    first.wait_state("fault", BOUND)?;
    second.wait_state("master", BOUND)?;
    one.link_up()?;
    first.wait_state("backup", BOUND)?;
    two.crash()?;
    first.wait_state("master", BOUND)?;
    let alone = Instant::now();
    lab.wait_until("a while alone", BOUND, || alone.elapsed() > INTERVAL * 5)?;
    assert!(first.terminate(BOUND)?.success());
    let adverts = lab.capture().adverts();
    for host in ["cp1", "cp2"] {
        let own = lab.capture().adverts_from(host);
        assert!(own.len() >= 4, "{host} sent {} adverts", own.len());
    }
    let elsewhere: Vec<_> = adverts
        .iter()
        .filter(|advert| {
            let others = ["10.0.50.11", "10.0.50.12", "10.0.50.99"];
            !others.contains(&advert.destination.to_string().as_str())
        })
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    Ok(())
}
