//! The VIP is under watch: what somebody removes is back at once.

use std::time::{Duration, Instant};

use vrrp_lab::{Result, VIP};

use crate::cluster::{BOUND, Cluster, vip};

#[test]
fn an_address_deleted_by_hand_is_back_and_announced_without_a_change_of_state() -> Result<()> {
    let burst = 30;
    let more = format!("    announce: {{burst: {burst}, refresh: off}}\n");
    let cluster = Cluster::start(&more)?;
    let transitions = cluster.instance("cp1")?["counters"]["transitions"].clone();
    for round in 0..5 {
        let since = Instant::now();
        assert!(cluster.host("cp1").delete_address(vip())?, "round {round}");
        cluster.lab.wait_only_holder(VIP, "cp1", BOUND)?;
        cluster.lab.wait_until("a burst", BOUND, || {
            let mut all = cluster.capture().announcements_of(vip());
            all.retain(|announcement| announcement.at >= since);
            all.len() >= burst
        })?;
        let moves = cluster.lab.holder_log().changes_of(vip());
        let last = moves.last().expect("a change");
        assert!(last.held && last.at >= since, "{moves:?}");
        assert!(last.at.duration_since(since) < Duration::from_secs(2));
    }
    let adverts = cluster.capture().adverts();
    assert!(
        adverts.iter().all(|advert| advert.priority == 250),
        "{adverts:?}"
    );
    let instance = cluster.instance("cp1")?;
    assert_eq!(instance["state"], "master");
    assert_eq!(instance["counters"]["transitions"], transitions);
    cluster
        .daemon("cp1")
        .wait_instance("present again", BOUND, |i| i["addresses_present"] == 1)?;
    cluster.stays("cp1", 10)
}

#[test]
fn an_address_that_an_administrator_adds_elsewhere_is_left_alone() -> Result<()> {
    let cluster = Cluster::start("")?;
    let other = [10, 0, 50, 88].into();
    cluster.host("cp1").add_address(other, 24)?;
    cluster.stays("cp1", 10)?;
    cluster.command_succeeds("cp1", &["resign"])?;
    cluster.settle("cp2")?;
    assert!(cluster.host("cp1").holds(other)?);
    Ok(())
}

#[test]
fn an_address_that_a_backup_is_given_by_hand_does_not_stay_master() -> Result<()> {
    let cluster = Cluster::start("")?;
    cluster.host("cp2").add_address(vip(), 32)?;
    assert_eq!(cluster.daemon("cp2").state().as_deref(), Some("backup"));
    cluster
        .daemon("cp2")
        .wait_instance("it is seen", BOUND, |instance| {
            instance["addresses_present"] == 1 && instance["state"] == "backup"
        })?;
    assert_eq!(cluster.daemon("cp1").state().as_deref(), Some("master"));
    Ok(())
}

#[test]
fn a_flood_of_address_changes_is_survived() -> Result<()> {
    let cluster = Cluster::start("")?;
    let script = "for i in $(seq 1 400); do echo address add 10.9.$((i / 250)).$((i % 250 + 1))/32 \
                  dev ens20f0; done | ip -batch - && ip address flush dev ens20f0 to 10.9.0.0/16";
    let flood = vrrp_lab::Command::new("sh").args(["-c", script]);
    let output = cluster.host("cp1").output(&flood, BOUND)?;
    assert!(output.status.success(), "{output:?}");
    cluster.settle("cp1")?;
    cluster.stays("cp1", 10)?;
    cluster.host("cp1").delete_address(vip())?;
    cluster.lab.wait_only_holder(VIP, "cp1", BOUND)
}
