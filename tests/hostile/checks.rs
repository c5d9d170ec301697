//! Every receive check (RFC 9568 section 7.1, and those of version 2 and of unicast), as master
//! and as backup.

use std::net::IpAddr;

use vrrp_lab::Result;

use crate::packets::Draft;
use crate::scene::{Scene, UNICAST, UNICAST_V6, V2, V4, V6, is_v6, sound};

/// A check, by what is wrong with the packet: how to break a sound advert, and the reason.
type Check = (&'static str, fn(Draft) -> Draft, &'static str);

/// The checks that both families and all instances have.
const COMMON: [Check; 11] = [
    ("a TTL of 254", |draft| draft.ttl(254), "ttl"),
    ("a TTL of 1", |draft| draft.ttl(1), "ttl"),
    (
        "version 1",
        |draft| draft.with(|message| message[0] = 0x11),
        "version",
    ),
    (
        "version 4",
        |draft| draft.with(|message| message[0] = 0x41),
        "version",
    ),
    (
        "type 2",
        |draft| draft.with(|message| message[0] = message[0] & 0xf0 | 2),
        "type",
    ),
    (
        "seven bytes only",
        |draft| draft.with(|message| message.truncate(7)),
        "too_short",
    ),
    (
        "half an address",
        |draft| draft.with(|message| message.truncate(10)),
        "length",
    ),
    (
        "an address more than it counts",
        |draft| draft.with(|message| message.extend([0; 16])),
        "length",
    ),
    (
        "an address less than it counts",
        |draft| draft.with(|message| message[3] += 1),
        "length",
    ),
    (
        "no address",
        |draft| draft.with(|message| message[3] = 0),
        "no_addresses",
    ),
    ("a wrong checksum", Draft::wrong_sum, "checksum"),
];

const VERSION_3: [Check; 3] = [
    (
        "an interval of zero",
        |draft| draft.with(|message| message[4..6].fill(0)),
        "interval_zero",
    ),
    (
        "an interval of zero beside reserved bits",
        |draft| draft.with(|message| message[4..6].copy_from_slice(&[0xf0, 0])),
        "interval_zero",
    ),
    (
        "a VRID that nobody has here",
        |draft| draft.with(|message| message[1] = 77),
        "unknown_vrid",
    ),
];

const VERSION_2: [Check; 7] = [
    (
        "an interval of zero",
        |draft| draft.with(|message| message[5] = 0),
        "interval_zero",
    ),
    (
        "another interval",
        |draft| draft.with(|message| message[5] = 2),
        "interval_mismatch",
    ),
    (
        "another password",
        |draft| draft.with(|message| *message.last_mut().expect("auth data") = b'!'),
        "auth_password",
    ),
    (
        "no password",
        |draft| draft.with(|message| message[4] = 0),
        "auth_type",
    ),
    (
        "authentication by a header of IPsec",
        |draft| draft.with(|message| message[4] = 2),
        "auth_type",
    ),
    (
        "no room for the password",
        |draft| draft.with(|message| message.truncate(12)),
        "length",
    ),
    (
        "version 3",
        |draft| {
            draft.with(|message| {
                message[0] = 0x31;
                message.truncate(12);
            })
        },
        "version_mismatch",
    ),
];

fn run(scene: &Scene, instance: &str, checks: &[Check]) -> Result<()> {
    for (what, wrong, reason) in checks {
        scene.expect_drop(instance, what, &wrong(sound(scene, instance)), reason)?;
    }
    Ok(())
}

/// The checks that need the addresses of hosts.
fn run_addresses(scene: &Scene, instance: &str) -> Result<()> {
    let draft = sound(scene, instance);
    let (source, group) = (draft.source, draft.destination);
    let own: IpAddr = match source {
        IpAddr::V4(_) => scene.host("cp1").address().into(),
        IpAddr::V6(_) => scene.host("cp1").link_local().into(),
    };
    let echo = draft.clone().between(own, group);
    scene.expect_drop(instance, "our own address as source", &echo, "own_source")?;
    let unicast = draft.between(source, own);
    scene.expect_drop(instance, "unicast to multicast", &unicast, "destination")
}

fn run_all(scene: &Scene) -> Result<()> {
    // The kernel drops packets with a source of its own before anybody sees them; unless told.
    for interface in ["all", "ens20f0"] {
        for (key, value) in [("accept_local", "1"), ("rp_filter", "0")] {
            let path = format!("/proc/sys/net/ipv4/conf/{interface}/{key}");
            scene.host("cp1").write_file(path, value)?;
        }
    }
    for instance in [V4, V6] {
        run(scene, instance, &COMMON)?;
        run(scene, instance, &VERSION_3)?;
        run_addresses(scene, instance)?;
    }
    run(scene, V2, &COMMON)?;
    run(scene, V2, &VERSION_2)?;
    run_addresses(scene, V2)?;
    for instance in [UNICAST, UNICAST_V6] {
        run(scene, instance, &COMMON)?;
        run_peers(scene, instance)?;
    }
    Ok(())
}

/// Unicast: only listed peers, and no multicast.
fn run_peers(scene: &Scene, instance: &str) -> Result<()> {
    let draft = sound(scene, instance);
    let stranger: IpAddr = match scene.host("cp3").address_v6() {
        Some(address) if is_v6(instance) => address.into(),
        _ => scene.host("cp3").address().into(),
    };
    let (peer, own) = (draft.source, draft.destination);
    let other = draft.clone().between(stranger, own);
    scene.expect_drop(instance, "a source that is no peer", &other, "not_a_peer")?;
    let group = if is_v6(instance) {
        vrrp_wire::constants::GROUP_V6.into()
    } else {
        vrrp_wire::constants::GROUP_V4.into()
    };
    let multicast = draft.between(peer, group);
    scene.expect_drop(instance, "multicast to unicast", &multicast, "destination")
}

#[test]
fn a_master_drops_each_kind_of_bad_packet_and_stays_master() -> Result<()> {
    run_all(&Scene::master()?)
}

#[test]
fn a_backup_drops_each_kind_of_bad_packet_and_stays_backup() -> Result<()> {
    let (scene, _master) = Scene::backup()?;
    run_all(&scene)
}

#[test]
fn a_version_2_packet_is_not_for_a_version_3_router() -> Result<()> {
    let scene = Scene::master()?;
    let version_2 = |instance: &str| {
        sound(&scene, instance).with(|message| {
            message[0] = 0x21;
            message[4..6].copy_from_slice(&[0, 1]);
            message.extend([0; 8]);
        })
    };
    scene.expect_drop(V4, "version 2", &version_2(V4), "version_mismatch")?;
    scene.expect_drop(V6, "version 2 over IPv6", &version_2(V6), "family")
}

#[test]
fn the_sound_advert_that_the_others_are_made_of_is_accepted() -> Result<()> {
    let scene = Scene::master()?;
    for name in [V4, V6, V2, UNICAST, UNICAST_V6] {
        let before = scene.state(name)?.1;
        scene.send(&sound(&scene, name))?;
        let what = format!("{name} gives way");
        scene.lab.wait_until(&what, crate::scene::BOUND, || {
            scene.state(name).is_ok_and(|state| state.1 > before)
        })?;
    }
    assert_eq!(scene.drops()?, std::collections::BTreeMap::new());
    Ok(())
}
