//! Who speaks VRRP on the segment.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use vrrp_lab::{CONFIG_FILE, IpPacket, Lab, Result};

use super::{BOUND, Diagnosis, config, run};

#[test]
fn another_version_and_an_equal_priority_are_told_apart() -> Result<()> {
    let lab = Lab::new(2)?;
    let other = lab.host("cp2")?;
    let text = config(100, "    version: 2\n").replace("100ms", "1s");
    let master = other.start_vrrpd(&text)?;
    master.wait_state("master", BOUND)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has("problem", "segment", "10.0.50.12 speaks version 2");
    diagnosis.has("warning", "segment", "has the priority 100 too");
    Ok(())
}

#[test]
fn another_interval_is_told() -> Result<()> {
    let lab = Lab::new(2)?;
    let master = lab.host("cp2")?.start_vrrpd(&config(100, ""))?;
    master.wait_state("master", BOUND)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(200, "").replace("100ms", "1s"))?;
    Diagnosis::of(host)?.has("warning", "segment", "advertises every 100 ms");
    Ok(())
}

#[test]
fn another_group_under_the_same_identifier_is_a_problem() -> Result<()> {
    let lab = Lab::new(2)?;
    let stranger = config(100, "").replace("10.0.50.20", "10.0.50.99");
    let master = lab.host("cp2")?.start_vrrpd(&stranger)?;
    master.wait_state("master", BOUND)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has(
        "problem",
        "segment",
        "10.0.50.12 uses VRID 51 for 10.0.50.99",
    );
    host.write_file(CONFIG_FILE, config(100, "").replace("vrid: 51", "vrid: 52"))?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has("ok", "segment", "10.0.50.12 is master of VRID 51 here too");
    Ok(())
}

#[test]
fn a_master_that_cannot_be_heard_is_told_by_the_backup_and_by_arp() -> Result<()> {
    let lab = Lab::new(2)?;
    let (first, second) = (lab.host("cp1")?, lab.host("cp2")?);
    run(second, "nft", &["add", "table", "netdev", "deaf"])?;
    let chain = "{ type filter hook ingress device ens20f0 priority 0; policy accept; }";
    run(
        second,
        "nft",
        &["add", "chain", "netdev", "deaf", "in", chain],
    )?;
    let rule = [
        "add", "rule", "netdev", "deaf", "in", "ip", "protocol", "112", "drop",
    ];
    run(second, "nft", &rule)?;
    let master = first.start_vrrpd(&config(200, ""))?;
    master.wait_state("master", BOUND)?;
    second.write_file(CONFIG_FILE, config(100, ""))?;
    let diagnosis = Diagnosis::of(second)?;
    diagnosis.has("warning", "segment", "no advert of VRID 51 came");
    diagnosis.has("problem", "addresses", "and no master of its VRID is heard");
    diagnosis.has("problem", "firewall", "netdev deaf in drops VRRP");
    Ok(())
}

#[test]
fn a_probe_of_the_master_is_noted_by_the_backups_that_it_reaches_and_moves_nothing() -> Result<()> {
    let lab = Lab::new(2)?;
    let (cp1, cp2) = (lab.host("cp1")?, lab.host("cp2")?);
    let master = cp1.start_vrrpd(&config(250, ""))?;
    master.wait_state("master", BOUND)?;
    let backup = cp2.start_vrrpd(&config(100, ""))?;
    let before = backup.wait_instance("a master", BOUND, |one| one["master"].is_object())?;
    assert_eq!(
        before["probes"].as_array().map(Vec::len),
        Some(0),
        "{before}"
    );
    let output = cp1.vrrpd_command(&["doctor", "--probe", "--json"], BOUND)?;
    assert!(
        output.stdout.contains("a probe was sent to 224.0.0.18"),
        "{output:?}"
    );
    let address = cp1.address().to_string();
    let heard = backup.wait_instance("a probe", BOUND, |one| {
        one["probes"][0]["address"] == address.as_str()
    })?;
    assert_eq!(heard["state"], "backup", "{heard}");
    assert_eq!(heard["master"]["address"], address.as_str(), "{heard}");
    assert_eq!(master.state().as_deref(), Some("master"));
    Diagnosis::of(cp2)?.has("ok", "segment", &format!("a probe of {address} arrived"));
    let events = cp2.vrrpd_command(&["events", "--history"], BOUND)?;
    let words = format!("one: a probe of `vrrpd doctor` on {address} arrived");
    assert!(events.stdout.contains(&words), "{events:?}");
    Ok(())
}

/// A message of version 3 for the address of these tests, from who is not there.
const STRANGER: [u8; 12] = [0x31, 51, 200, 1, 0, 10, 0, 0, 10, 0, 50, 20];

#[test]
fn an_advert_from_beyond_a_router_and_a_master_that_nobody_reaches_are_told() -> Result<()> {
    let lab = Lab::new(2)?;
    let (host, other) = (lab.host("cp1")?, lab.host("cp2")?);
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let source = IpAddr::from([10, 0, 50, 99]);
    let mut advert = IpPacket::vrrp(source, IpAddr::from([224, 0, 0, 18]), &STRANGER);
    advert.ttl = 64;
    let ended = AtomicBool::new(false);
    let diagnosis = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                other.inject(&advert).expect("sent");
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let diagnosis = Diagnosis::of(host);
        ended.store(true, Ordering::Relaxed);
        diagnosis
    })?;
    diagnosis.has(
        "problem",
        "segment",
        "an advert of 10.0.50.99 came with TTL 64",
    );
    diagnosis.has("warning", "addresses", "nobody answers for 10.0.50.20");
    Ok(())
}

#[test]
fn two_masters_at_the_same_time_are_seen_by_a_third_host() -> Result<()> {
    let lab = Lab::new(3)?;
    let (first, second, third) = (lab.host("cp1")?, lab.host("cp2")?, lab.host("cp3")?);
    for deaf in [first, second] {
        run(deaf, "nft", &["add", "table", "ip", "deaf"])?;
        let chain = "{ type filter hook input priority 0; policy accept; }";
        run(deaf, "nft", &["add", "chain", "ip", "deaf", "in", chain])?;
        let other = if deaf.name() == "cp1" { second } else { first };
        let source = other.address().to_string();
        let rule = ["add", "rule", "ip", "deaf", "in", "ip", "saddr", &source];
        run(
            deaf,
            "nft",
            &[&rule[..], &["ip", "protocol", "112", "drop"]].concat(),
        )?;
    }
    let one = first.start_vrrpd(&config(200, ""))?;
    let two = second.start_vrrpd(&config(150, ""))?;
    one.wait_state("master", BOUND)?;
    two.wait_state("master", BOUND)?;
    third.write_file(CONFIG_FILE, config(100, ""))?;
    let diagnosis = Diagnosis::of(third)?;
    let both = "10.0.50.11, 10.0.50.12 are masters at the same time";
    diagnosis.has("problem", "segment", both);
    diagnosis.has("problem", "addresses", "10.0.50.20 is in several places");
    Ok(())
}

#[test]
fn a_peer_that_was_never_heard_is_told() -> Result<()> {
    let lab = Lab::new(2)?;
    let first = lab.host("cp1")?;
    let unicast = "    peers: [10.0.50.11, 10.0.50.12]\n";
    let master = first.start_vrrpd(&config(200, unicast))?;
    master.wait_state("master", BOUND)?;
    Diagnosis::of(first)?.has("warning", "segment", "has never heard 10.0.50.12");
    Ok(())
}
