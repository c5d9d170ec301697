//! Who is master: priority, address, and never two at a time.

use std::time::{Duration, Instant};

use vrrp_lab::{Daemon, Lab, Result, VIP};
use vrrp_wire::{ChecksumForm, Version};

use crate::cluster::{BOUND, Cluster, INTERVAL, config, vip};

#[test]
fn the_highest_priority_is_master_whoever_starts_first() -> Result<()> {
    let lab = Lab::new(3)?;
    let lowest = lab.host("cp3")?.start_vrrpd(&config(10, ""))?;
    lowest.wait_state("master", BOUND)?;
    let middle = lab.host("cp2")?.start_vrrpd(&config(130, ""))?;
    middle.wait_state("master", BOUND)?;
    lowest.wait_state("backup", BOUND)?;
    let highest = lab.host("cp1")?.start_vrrpd(&config(250, ""))?;
    highest.wait_state("master", BOUND)?;
    middle.wait_state("backup", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)
}

#[test]
fn hosts_that_start_at_the_same_time_agree_on_the_highest_priority() -> Result<()> {
    let lab = Lab::new(3)?;
    let mut daemons = Vec::new();
    for (host, priority) in lab.hosts().iter().zip([10, 130, 250]) {
        daemons.push(host.start_vrrpd(&config(priority, ""))?);
    }
    daemons[2].wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp3", BOUND)?;
    for daemon in &daemons[..2] {
        daemon.wait_instance("its master", BOUND, |instance| {
            instance["state"] == "backup" && instance["master"]["address"] == "10.0.50.13"
        })?;
    }
    Ok(())
}

#[test]
fn every_backup_knows_the_master_its_priority_and_when_it_was_heard() -> Result<()> {
    let cluster = Cluster::start("")?;
    for backup in ["cp2", "cp3"] {
        let instance = cluster.instance(backup)?;
        assert_eq!(instance["master"]["address"], "10.0.50.11");
        assert_eq!(instance["master"]["priority"], 250);
        let heard = instance["master"]["last_heard_ms"].as_u64();
        assert!(heard.is_some_and(|ms| ms < 5_000), "{instance}");
        assert_eq!(instance["addresses_present"], 0);
    }
    assert_eq!(cluster.instance("cp1")?["addresses_present"], 1);
    Ok(())
}

#[test]
fn adverts_are_as_rfc_9568_wants_them() -> Result<()> {
    let cluster = Cluster::start("")?;
    let advert = cluster.capture().wait_for_advert(
        "an advert of the master",
        Instant::now(),
        BOUND,
        |advert| advert.host == "cp1",
    )?;
    assert_eq!(advert.source.to_string(), "10.0.50.11");
    assert_eq!(advert.destination.to_string(), "224.0.0.18");
    assert_eq!((advert.ttl, advert.tos), (255, 0xc0));
    assert_eq!(advert.version, Version::V3);
    assert_eq!((advert.vrid, advert.priority), (51, 250));
    assert_eq!(advert.interval, INTERVAL);
    assert_eq!(advert.addresses, [vip()]);
    assert_eq!(advert.checksum, Some(ChecksumForm::Rfc9568));
    assert_eq!(advert.source_mac, cluster.host("cp1").mac());
    Ok(())
}

#[test]
fn after_settling_the_vip_is_never_on_two_hosts_and_one_host_speaks() -> Result<()> {
    Cluster::start("")?.stays("cp1", 40)
}

#[test]
fn of_two_masters_with_equal_priority_the_greater_address_stays() -> Result<()> {
    let lab = Lab::new(2)?;
    lab.partition(&[&["cp1"]])?;
    let one = lab.host("cp1")?.start_vrrpd(&config(100, ""))?;
    let two = lab.host("cp2")?.start_vrrpd(&config(100, ""))?;
    one.wait_state("master", BOUND)?;
    two.wait_state("master", BOUND)?;
    lab.heal()?;
    one.wait_state("backup", BOUND)?;
    lab.wait_only_holder(VIP, "cp2", BOUND)?;
    assert_eq!(two.state().as_deref(), Some("master"));
    // Nobody should have to guess why this host lost.
    shows_equal_priority(&lab, &one, "10.0.50.12")
}

fn shows_equal_priority(lab: &Lab, daemon: &Daemon, other: &str) -> Result<()> {
    lab.wait_until("a warning that names the other host", BOUND, || {
        daemon.status().is_ok_and(|status| {
            let warnings = status["warnings"].to_string();
            warnings.contains(other) && warnings.contains("priority")
        })
    })
}

#[test]
fn equal_priorities_are_shown_as_a_warning() -> Result<()> {
    let lab = Lab::new(2)?;
    let one = lab.host("cp1")?.start_vrrpd(&config(100, ""))?;
    one.wait_state("master", BOUND)?;
    let two = lab.host("cp2")?.start_vrrpd(&config(100, ""))?;
    shows_equal_priority(&lab, &two, "10.0.50.11")?;
    assert_eq!(two.state().as_deref(), Some("backup"));
    Ok(())
}

#[test]
fn the_owner_of_the_address_is_master_at_once_and_keeps_its_address_when_it_leaves() -> Result<()> {
    let lab = Lab::new(2)?;
    let owner = lab.host("cp2")?;
    owner.add_address(vip(), 32)?;
    let other = lab.host("cp1")?.start_vrrpd(&config(250, ""))?;
    other.wait_state("master", BOUND)?;
    let daemon = owner.start_vrrpd(&config(255, ""))?;
    daemon.wait_state("master", BOUND)?;
    other.wait_state("backup", BOUND)?;
    lab.wait_only_holder(VIP, "cp2", BOUND)?;
    assert!(daemon.terminate(BOUND)?.success());
    other.wait_state("master", BOUND)?;
    assert!(owner.holds(vip())?, "the administrator's own address");
    Ok(())
}

#[test]
fn two_instances_of_one_daemon_have_their_own_masters() -> Result<()> {
    let lab = Lab::new(2)?;
    let both = |one: u8, other: u8| {
        config(one, "")
            + &format!(
                "  - name: ingress\n    addresses: [10.0.50.30]\n    interface: ens20f0\n    \
                 vrid: 52\n    advert_interval: 100ms\n    priority: {other}\n"
            )
    };
    let _one = lab.host("cp1")?.start_vrrpd(&both(250, 10))?;
    let _two = lab.host("cp2")?.start_vrrpd(&both(10, 250))?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    lab.wait_only_holder([10, 0, 50, 30], "cp2", BOUND)
}

#[test]
fn a_backup_learns_the_interval_of_its_master() -> Result<()> {
    let lab = Lab::new(2)?;
    let slow = config(250, "").replace("100ms", "700ms");
    let master = lab.host("cp1")?.start_vrrpd(&slow)?;
    master.wait_state("master", BOUND)?;
    let backup = lab.host("cp2")?.start_vrrpd(&config(130, ""))?;
    backup.wait_instance("the learned interval", BOUND, |instance| {
        instance["state"] == "backup" && instance["advert_interval_ms"] == 700
    })?;
    let since = Instant::now();
    lab.wait_until("four adverts of the slow master", BOUND, || {
        lab.capture().adverts_since(since).len() >= 4
    })?;
    assert!(since.elapsed() > Duration::from_millis(1_400));
    let adverts = lab.capture().adverts_since(since);
    assert!(adverts.iter().all(|a| a.host == "cp1"), "{adverts:?}");
    Ok(())
}
