//! Receive checks (RFC 9568 §7.1): each failure drops, and touches no timer.

use core::net::IpAddr;

use vrrp_core::{Input, State, Verdict, VirtualRouter};
use vrrp_wire::{ChecksumForm, DropReason, Version};

use crate::common::{Bench, GREATER, Heard, LOWER, OWN, VIP, config, ms, with};

fn assert_dropped_in_both_states(
    config: &vrrp_core::RouterConfig,
    source: IpAddr,
    heard: &Heard,
    reason: DropReason,
) {
    let mut backup = Bench::backup(config.clone());
    backup.wait(ms(500));
    backup.assert_dropped(source, heard, reason);
    let mut master = Bench::master(config.clone());
    master.wait(ms(500));
    master.take();
    master.assert_dropped(source, heard, reason);
    assert_eq!(master.router.counters().adverts_dropped, 1);
    assert_eq!(master.router.counters().adverts_received, 0);
    assert_eq!(
        master.router.peers().count(),
        0,
        "a dropped packet makes no peer"
    );
    assert_eq!(
        master.router.heard_form(),
        None,
        "a dropped packet teaches no checksum"
    );
}

#[test]
fn another_identifier_is_dropped() {
    let heard = Heard {
        vrid: 52,
        ..Heard::priority(200)
    };
    assert_dropped_in_both_states(&config(), LOWER, &heard, DropReason::UnknownVrid);
}

#[test]
fn another_version_is_dropped() {
    let heard = Heard {
        version: Version::V2,
        ..Heard::priority(200)
    };
    assert_dropped_in_both_states(&config(), LOWER, &heard, DropReason::VersionMismatch);
}

#[test]
fn our_own_source_address_is_dropped() {
    assert_dropped_in_both_states(&config(), OWN, &Heard::priority(200), DropReason::OwnSource);
    let unicast = with(|config| config.peers = Some(vec![LOWER, OWN]));
    assert_dropped_in_both_states(&unicast, OWN, &Heard::priority(200), DropReason::OwnSource);
}

#[test]
fn a_source_of_the_other_family_is_dropped() {
    let source = "fe80::1".parse().expect("an address");
    assert_dropped_in_both_states(&config(), source, &Heard::priority(200), DropReason::Family);
}

#[test]
fn a_unicast_router_hears_its_peers_only() {
    let unicast = with(|config| config.peers = Some(vec![LOWER]));
    assert_dropped_in_both_states(
        &unicast,
        GREATER,
        &Heard::priority(200),
        DropReason::NotAPeer,
    );
    let mut bench = Bench::master(unicast);
    bench.hear(LOWER, 200);
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn a_unicast_router_without_peers_hears_nobody() {
    let lonely = with(|config| config.peers = Some(Vec::new()));
    assert_dropped_in_both_states(&lonely, LOWER, &Heard::priority(200), DropReason::NotAPeer);
}

/// One invalid packet per interval silences a Keepalived for good; here it changes nothing.
#[test]
fn dropped_packets_neither_silence_a_master_nor_hold_a_backup() {
    let bad = Heard {
        version: Version::V2,
        ..Heard::priority(255)
    };
    let mut master = Bench::master(config());
    let mut backup = Bench::backup(config());
    for _ in 0..400 {
        for bench in [&mut master, &mut backup] {
            assert_eq!(
                bench.hear_advert(LOWER, &bad),
                Verdict::Dropped(DropReason::VersionMismatch)
            );
            bench.wait(ms(10));
        }
    }
    assert_eq!(master.take_sent(), [100; 4]);
    assert_eq!(backup.state(), State::Master);
}

#[test]
fn another_list_of_addresses_is_accepted() {
    let mut bench = Bench::master(config());
    let heard = Heard {
        addresses: vec![LOWER, VIP],
        ..Heard::priority(200)
    };
    assert_eq!(bench.hear_advert(LOWER, &heard), Verdict::Accepted);
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn priority_255_from_a_stranger_is_a_higher_priority_like_any_other() {
    let mut bench = Bench::master(config());
    bench.hear(LOWER, 255);
    assert_eq!(bench.state(), State::Backup);
}

/// From emitted bytes: IPv6, version 3.
#[test]
fn an_ipv6_router_elects_by_link_local_addresses() {
    let vip: IpAddr = "2001:db8::20".parse().expect("an address");
    let mut bench = Bench::master(vrrp_core::RouterConfig::new(51, vec![vip]));
    let mut peer: VirtualRouter = bench.router.clone();
    let source: IpAddr = "fe80::51".parse().expect("an address");
    peer.handle(bench.now(), Input::Up { source });
    let out = vrrp_core::AdvertOut {
        priority: 100,
        interval: peer.config().advert_interval,
        form: ChecksumForm::Rfc9568,
        lateness: None,
    };
    let advert = peer.advert(&out);
    let group = "ff02::12".parse().expect("an address");
    let mut buffer = vec![0; advert.buffer_len()];
    let length = advert
        .emit(&mut buffer, source, group, out.form)
        .expect("it can be sent");
    let (read, form) =
        vrrp_wire::Advert::parse(&buffer[..length], source, group).expect("it can be read");
    assert_eq!(form, None);
    let verdict = bench.input(Input::Advert {
        source,
        advert: &read,
        form,
    });
    assert_eq!(verdict, Verdict::Accepted);
    assert_eq!(
        bench.state(),
        State::Backup,
        "fe80::51 is greater than fe80::50"
    );
}
