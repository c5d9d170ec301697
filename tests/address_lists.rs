//! Lists of virtual addresses: one, twenty, and lists that are not the same on all hosts.

use std::net::IpAddr;
use std::time::Duration;

use vrrp_lab::{Daemon, KeepalivedInstance, Lab, Result};

const BOUND: Duration = Duration::from_secs(25);

/// `count` addresses from 10.0.50.200 or fd00:50::200 on.
fn addresses(v6: bool, count: u16) -> Vec<IpAddr> {
    (0..count)
        .map(|number| {
            if v6 {
                let last = 0x200 + number;
                IpAddr::from([0xfd00, 0x50, 0, 0, 0, 0, 0, last])
            } else {
                let last = 200 + u8::try_from(number).unwrap_or(u8::MAX);
                IpAddr::from([10, 0, 50, last])
            }
        })
        .collect()
}

fn config(priority: u8, addresses: &[IpAddr]) -> String {
    let addresses: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    format!(
        "instances: [{{name: one, addresses: {addresses:?}, interface: ens20f0, vrid: 51, \
         priority: {priority}, advert_interval: 100ms}}]"
    )
}

fn start(lab: &Lab, host: &str, priority: u8, addresses: &[IpAddr]) -> Result<Daemon> {
    lab.host(host)?.start_vrrpd(&config(priority, addresses))
}

/// Waits until `host`, and nobody else, holds each of `addresses`.
fn wait_all_on(lab: &Lab, addresses: &[IpAddr], host: &str) -> Result<()> {
    addresses
        .iter()
        .try_for_each(|address| lab.wait_only_holder(*address, host, BOUND))
}

/// The client reaches each address at `host`.
fn expect_answers(lab: &Lab, addresses: &[IpAddr], host: &str) -> Result<()> {
    addresses.iter().try_for_each(|address| {
        let prober = lab.probe(*address)?;
        prober
            .wait_answer(host, std::time::Instant::now(), BOUND)
            .map(drop)
    })
}

fn moves_as_one(v6: bool, count: u16) -> Result<()> {
    let lab = Lab::builder().hosts(2).ipv6().build()?;
    let list = addresses(v6, count);
    let first = start(&lab, "cp1", 200, &list)?;
    let second = start(&lab, "cp2", 100, &list)?;
    wait_all_on(&lab, &list, "cp1")?;
    expect_answers(&lab, &list, "cp1")?;
    let adverts = lab.capture().adverts_from("cp1");
    assert!(adverts.iter().all(|a| a.addresses == list), "{adverts:?}");
    assert_eq!(first.instance(None)?["addresses_present"], count);
    // Every address is announced, and by a crash all of them move.
    for address in &list {
        let announced = lab.capture().announcements_of(*address);
        assert!(announced.len() >= 5, "{address}: {announced:?}");
    }
    lab.host("cp1")?.crash()?;
    second.wait_state("master", BOUND)?;
    wait_all_on(&lab, &list, "cp2")?;
    expect_answers(&lab, &list, "cp2")?;
    assert!(second.terminate(BOUND)?.success());
    for address in &list {
        assert_eq!(lab.holders(*address)?, [] as [&str; 0]);
    }
    Ok(())
}

#[test]
fn one_address_moves() -> Result<()> {
    moves_as_one(false, 1)
}

#[test]
fn twenty_addresses_move_as_one() -> Result<()> {
    moves_as_one(false, 20)
}

#[test]
fn twenty_ipv6_addresses_move_as_one() -> Result<()> {
    moves_as_one(true, 20)
}

/// Two hosts with a list each: they elect and fail over, each serves its own list, and `told` is
/// whether the backup says that the lists differ.
fn elect_with(of_first: &[IpAddr], of_second: &[IpAddr], told: bool) -> Result<()> {
    let lab = Lab::builder().hosts(2).ipv6().build()?;
    let first = start(&lab, "cp1", 200, of_first)?;
    first.wait_state("master", BOUND)?;
    let second = start(&lab, "cp2", 100, of_second)?;
    second.wait_instance("a master heard", BOUND, |instance| {
        instance["master"]["priority"] == 200
    })?;
    wait_all_on(&lab, of_first, "cp1")?;
    let own = lab.host("cp1")?.address();
    let own_v6 = lab.host("cp1")?.link_local();
    let lines = [own.to_string(), own_v6.to_string()]
        .map(|from| format!("{from} advertises another list of addresses than ours"));
    let says = || {
        let text = second.process().text();
        lines.iter().any(|line| text.contains(line))
    };
    if told {
        lab.wait_until("the difference is told", BOUND, says)?;
    }
    lab.host("cp1")?.crash()?;
    second.wait_state("master", BOUND)?;
    wait_all_on(&lab, of_second, "cp2")?;
    assert_eq!(says(), told);
    let dropped = second.instance(None)?["counters"]["adverts_dropped"].clone();
    let dropped = dropped.as_object().cloned().unwrap_or_default();
    assert!(dropped.values().all(|count| *count == 0), "{dropped:?}");
    Ok(())
}

#[test]
fn lists_in_another_order_are_the_same_list() -> Result<()> {
    for v6 in [false, true] {
        let list = addresses(v6, 5);
        let reversed: Vec<IpAddr> = list.iter().rev().copied().collect();
        elect_with(&list, &reversed, false)?;
    }
    Ok(())
}

#[test]
fn a_list_with_one_more_address_is_accepted_and_told() -> Result<()> {
    for v6 in [false, true] {
        let list = addresses(v6, 3);
        elect_with(&list, &list[..2], true)?;
        elect_with(&list[..2], &list, true)?;
    }
    Ok(())
}

#[test]
fn lists_that_share_one_address_only_are_accepted_and_told() -> Result<()> {
    let list = addresses(false, 3);
    elect_with(&list[..2], &list[1..], true)
}

/// Keepalived 2.2.7 drops adverts with another list than its own; vrrpd drops none, so that it
/// stays backup, and nobody has an address twice.
#[test]
fn a_keepalived_with_a_longer_list_stays_master_beside_a_vrrpd_with_a_shorter_one() -> Result<()> {
    let lab = Lab::new(2)?;
    let list = addresses(false, 3);
    let host = lab.host("cp2")?;
    let instance = KeepalivedInstance {
        advert_interval: Duration::from_millis(100),
        addresses: list.clone(),
        ..KeepalivedInstance::new(list[0], 200)
    };
    let keepalived = host.start_keepalived(&instance.config(host.interface(), ""))?;
    keepalived.wait_state("MASTER", BOUND)?;
    let daemon = start(&lab, "cp1", 100, &list[..2])?;
    let line = "10.0.50.12 advertises another list of addresses than ours";
    daemon.process().wait_line(line, BOUND)?;
    assert_eq!(daemon.state().as_deref(), Some("backup"));
    wait_all_on(&lab, &list, "cp2")
}

#[test]
fn a_keepalived_with_the_same_list_in_another_order_follows() -> Result<()> {
    let lab = Lab::new(2)?;
    let list = addresses(false, 20);
    let host = lab.host("cp2")?;
    let instance = KeepalivedInstance {
        advert_interval: Duration::from_millis(100),
        addresses: list.iter().rev().copied().collect(),
        ..KeepalivedInstance::new(list[0], 100)
    };
    let keepalived = host.start_keepalived(&instance.config(host.interface(), ""))?;
    keepalived.wait_state("MASTER", BOUND)?;
    let daemon = start(&lab, "cp1", 200, &list)?;
    daemon.wait_state("master", BOUND)?;
    wait_all_on(&lab, &list, "cp1")?;
    assert!(daemon.terminate(BOUND)?.success());
    wait_all_on(&lab, &list, "cp2")
}
