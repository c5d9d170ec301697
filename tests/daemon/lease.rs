//! A daemon that is killed or hangs loses the VIP without help, and what a dead one left is
//! adopted or swept.

use std::time::{Duration, Instant};

use vrrp_lab::{Daemon, Lab, Result, VIP};

use crate::cluster::{BOUND, Cluster, INTERVAL, config, vip};

/// Master_Down_Interval of [`config`] at any priority, rounded up to whole seconds, and one more.
const GONE_WITHIN: Duration = Duration::from_secs(2);

/// `stop` does something to the master's process: the VIP leaves its host by itself.
fn the_vip_leaves_by_itself(stop: impl Fn(&Daemon)) -> Result<(Cluster, Daemon)> {
    let mut cluster = Cluster::start("    preempt: false\n")?;
    let daemon = cluster.take("cp1");
    let since = Instant::now();
    stop(&daemon);
    cluster.daemon("cp2").wait_state("master", BOUND)?;
    cluster.lab.wait_only_holder(VIP, "cp2", BOUND)?;
    let moves = cluster.moves(since);
    let gone = moves
        .iter()
        .find(|change| change.host == "cp1" && !change.held)
        .expect("the kernel removed the VIP");
    let took = gone.at.duration_since(since);
    assert!(took <= GONE_WITHIN, "{took:?}");
    cluster.settle("cp2")?;
    Ok((cluster, daemon))
}

#[test]
fn a_killed_daemon_loses_the_vip() -> Result<()> {
    let (cluster, _) = the_vip_leaves_by_itself(|daemon| daemon.process().kill())?;
    cluster.stays("cp2", 20)
}

#[test]
fn a_hung_daemon_loses_the_vip_and_listens_before_it_speaks() -> Result<()> {
    let (cluster, daemon) = the_vip_leaves_by_itself(|daemon| daemon.process().stop())?;
    let woken = Instant::now();
    daemon.process().cont();
    let instance = daemon.wait_instance("backup of cp2", BOUND, |instance| {
        instance["state"] == "backup" && instance["master"]["address"] == "10.0.50.12"
    })?;
    cluster.stays("cp2", 20)?;
    let said = cluster.capture().adverts_since(woken);
    assert!(said.iter().all(|advert| advert.host == "cp2"), "{said:?}");
    let all = cluster.capture().announcements_of(vip());
    let late = all.iter().find(|a| a.host == "cp1" && a.at >= woken);
    assert_eq!(late, None);
    assert!(!cluster.host("cp1").holds(vip())?);
    assert_eq!(instance["addresses_present"], 0);
    Ok(())
}

#[test]
fn a_daemon_that_hung_is_master_again_where_it_is_the_better_one() -> Result<()> {
    let mut cluster = Cluster::start("")?;
    let daemon = cluster.take("cp1");
    daemon.process().stop();
    cluster.settle("cp2")?;
    let woken = Instant::now();
    daemon.process().cont();
    daemon.wait_state("master", BOUND)?;
    let first = cluster
        .capture()
        .wait_for_advert("cp1 speaks", woken, BOUND, |advert| advert.host == "cp1")?;
    assert!(
        first.at.duration_since(woken) >= INTERVAL * 3,
        "it listened"
    );
    cluster.lab.wait_only_holder(VIP, "cp1", BOUND)
}

#[test]
fn a_hung_backup_wakes_without_disturbing_anybody() -> Result<()> {
    let cluster = Cluster::start("")?;
    let backup = cluster.daemon("cp2").process();
    backup.stop();
    let since = Instant::now();
    cluster
        .lab
        .wait_until("two seconds of adverts", BOUND, || {
            cluster.capture().adverts_since(since).len() >= 20
        })?;
    backup.cont();
    cluster.stays("cp1", 20)?;
    cluster.settle("cp1")
}

#[test]
fn a_healthy_master_renews_its_lease() -> Result<()> {
    let lab = Lab::new(1)?;
    let daemon = lab.host("cp1")?.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("master", BOUND)?;
    daemon.wait_instance("several lifetimes", BOUND, |instance| {
        instance["counters"]["lease_renewals"].as_u64() >= Some(16)
    })?;
    let moves = lab.holder_log().changes_of(vip());
    assert_eq!(moves.len(), 1, "{moves:?}");
    let held = lab.host("cp1")?.addresses()?;
    let held = held.iter().find(|held| held.address == VIP).expect("held");
    assert_eq!(held.valid_lifetime.map(|seconds| seconds <= 1), Some(true));
    Ok(())
}

#[test]
fn without_a_lease_the_address_has_no_lifetime() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(100, "    lease: off\n"))?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    let held = host.addresses()?;
    let held = held.iter().find(|held| held.address == VIP).expect("held");
    assert_eq!(held.valid_lifetime, None);
    Ok(())
}

/// Kills the daemon of a single host which has a long lease: the VIP is left over.
fn left_over(lab: &Lab) -> Result<()> {
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(100, "    lease: 600\n"))?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    daemon.process().kill();
    daemon.process().wait_exit(BOUND)?;
    assert!(host.holds(vip())?);
    Ok(())
}

#[test]
fn a_left_over_address_is_adopted_where_nobody_else_is_master() -> Result<()> {
    let lab = Lab::new(1)?;
    left_over(&lab)?;
    let daemon = lab.host("cp1")?.vrrpd().start()?;
    daemon.wait_state("master", BOUND)?;
    daemon.wait_instance("it counts as present", BOUND, |i| {
        i["addresses_present"] == 1
    })?;
    let moves = lab.holder_log().changes_of(vip());
    assert_eq!(moves.len(), 1, "never away: {moves:?}");
    assert!(daemon.terminate(BOUND)?.success());
    assert_eq!(lab.holders(VIP)?, [""; 0]);
    Ok(())
}

#[test]
fn a_left_over_address_is_swept_where_somebody_else_is_master() -> Result<()> {
    let lab = Lab::new(2)?;
    left_over(&lab)?;
    let other = lab.host("cp2")?.start_vrrpd(&config(200, ""))?;
    other.wait_state("master", BOUND)?;
    assert_eq!(lab.holders(VIP)?, ["cp1", "cp2"]);
    let daemon = lab.host("cp1")?.vrrpd().start()?;
    daemon.wait_state("backup", BOUND)?;
    lab.wait_only_holder(VIP, "cp2", BOUND)
}

#[test]
fn a_left_over_address_that_is_no_longer_configured_is_swept() -> Result<()> {
    let lab = Lab::new(1)?;
    left_over(&lab)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(100, "").replace("10.0.50.20", "10.0.50.30"))?;
    lab.wait_until("the old address is gone", BOUND, || {
        lab.holders(VIP).is_ok_and(|holders| holders.is_empty())
    })?;
    daemon.wait_state("master", BOUND)?;
    assert!(host.holds(host.address().into())?);
    Ok(())
}

#[test]
fn an_administrators_address_is_neither_adopted_nor_swept() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.add_address([10, 0, 50, 77].into(), 32)?;
    host.add_address(vip(), 32)?;
    let daemon = host.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("master", BOUND)?;
    daemon
        .process()
        .wait_line("was on ens20f0 before vrrpd came", BOUND)?;
    assert!(daemon.terminate(BOUND)?.success());
    assert!(host.holds([10, 0, 50, 77].into())?);
    assert!(host.holds(vip())?);
    let held = host.addresses()?;
    let held = held.iter().find(|held| held.address == VIP).expect("held");
    assert_eq!(held.valid_lifetime, None, "it was given no lifetime");
    Ok(())
}

#[test]
fn a_quick_restart_after_a_kill_leaves_one_holder() -> Result<()> {
    let mut cluster = Cluster::start("")?;
    for _ in 0..3 {
        let daemon = cluster.take("cp1");
        daemon.process().kill();
        daemon.process().wait_exit(BOUND)?;
        drop(daemon);
        cluster.start_daemon("cp1")?;
        cluster.settle("cp1")?;
    }
    cluster.stays("cp1", 20)
}
