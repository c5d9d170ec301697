//! Preemption: on, off, and after a delay.

use std::time::{Duration, Instant};

use vrrp_lab::{Lab, Result};

use crate::cluster::{BOUND, Cluster, config};

#[test]
fn with_preemption_a_better_host_takes_over_from_a_living_master() -> Result<()> {
    let mut cluster = Cluster::start("    preempt: true\n")?;
    cluster.crash("cp1")?;
    cluster.settle("cp2")?;
    cluster.boot("cp1")?;
    cluster.settle("cp1")?;
    let reason = cluster.instance("cp1")?["reason"].to_string();
    assert!(reason.contains("preempted master 10.0.50.12"), "{reason}");
    Ok(())
}

#[test]
fn without_preemption_a_better_host_stays_backup_until_the_master_is_gone() -> Result<()> {
    let mut cluster = Cluster::start("    preempt: false\n")?;
    cluster.crash("cp1")?;
    cluster.settle("cp2")?;
    cluster.boot("cp1")?;
    cluster.settle("cp2")?;
    cluster.stays("cp2", 20)?;
    cluster.crash("cp2")?;
    cluster.settle("cp1")
}

#[test]
fn a_preempt_delay_is_waited_for_from_the_first_inferior_advert() -> Result<()> {
    const DELAY: Duration = Duration::from_secs(3);
    let mut cluster = Cluster::start("    preempt_delay: 3s\n")?;
    cluster.crash("cp1")?;
    cluster.settle("cp2")?;
    let since = Instant::now();
    cluster.boot("cp1")?;
    cluster
        .daemon("cp1")
        .wait_instance("the master it waits with", BOUND, |instance| {
            instance["state"] == "backup" && instance["master"]["address"] == "10.0.50.12"
        })?;
    let first = cluster
        .capture()
        .wait_for_advert("cp1 speaks", since, BOUND, |advert| advert.host == "cp1")?;
    assert!(first.at.duration_since(since) >= DELAY);
    cluster.settle("cp1")
}

#[test]
fn a_preempt_delay_does_not_delay_the_takeover_from_a_dead_master() -> Result<()> {
    let lab = Lab::new(2)?;
    let two = lab.host("cp2")?.start_vrrpd(&config(130, ""))?;
    two.wait_state("master", BOUND)?;
    let one = lab
        .host("cp1")?
        .start_vrrpd(&config(250, "    preempt_delay: 10m\n"))?;
    one.wait_instance("a master", BOUND, |i| {
        i["master"]["address"] == "10.0.50.12"
    })?;
    lab.host("cp2")?.crash()?;
    one.wait_state("master", BOUND)
}
