//! An instance is renamed while it runs: on the wire nothing happens.

use std::time::Instant;

use vrrp_lab::{Daemon, Lab, Result};

use crate::beat::{
    INGRESS, INGRESS_VRID, adverts, ingress, keeps_its_beat_through, life, reload, slow,
};
use crate::cluster::{BOUND, Cluster, config, vip};

fn named(text: &str, name: &str) -> String {
    text.replace("name: control-plane", &format!("name: {name}"))
}

fn sent(daemon: &Daemon, name: &str) -> Result<u64> {
    let instance = daemon.instance(Some(name))?;
    Ok(instance["counters"]["adverts_sent"].as_u64().unwrap_or(0))
}

#[test]
fn a_renamed_instance_stays_master_and_keeps_its_beat() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&slow())?;
    daemon.wait_state("master", BOUND)?;
    let (before, adverts_before) = (
        life(&daemon, "control-plane")?,
        sent(&daemon, "control-plane")?,
    );
    let texts = ["vip", "vip2", "control-plane", "api"].map(|name| named(&slow(), name));
    keeps_its_beat_through(&lab, host, &texts)?;
    assert_eq!(life(&daemon, "api")?, before, "no change of state");
    assert!(sent(&daemon, "api")? >= adverts_before + 8, "it counts on");
    assert_eq!(lab.holder_log().changes_of(vip()).len(), 1);
    let metrics = daemon.metrics()?;
    assert!(metrics.contains("vrrpd_instance_state{instance=\"api\""));
    for old in ["control-plane", "vip", "vip2"] {
        let label = format!("instance=\"{old}\"");
        assert!(!metrics.contains(&label), "{label} in {metrics}");
    }
    daemon
        .process()
        .wait_line("vip: it was called control-plane before", BOUND)?;
    Ok(())
}

#[test]
fn the_others_do_not_notice_and_commands_go_by_the_new_name() -> Result<()> {
    let cluster = Cluster::start("")?;
    let since = Instant::now();
    reload(cluster.host("cp1"), &named(&config(250, ""), "api"))?;
    reload(cluster.host("cp2"), &named(&config(130, ""), "api"))?;
    cluster.stays("cp1", 20)?;
    assert_eq!(cluster.moves(since), []);
    let output = cluster.command("cp1", &["resign", "control-plane"])?;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("there are: api"), "{output:?}");
    cluster.command_succeeds("cp1", &["resign", "api"])?;
    cluster.settle("cp2")
}

#[test]
fn instances_that_exchange_their_names_stay_where_they_are() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let text = slow() + INGRESS;
    let daemon = host.start_vrrpd(&text)?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(ingress(), "cp1", BOUND)?;
    let before = (life(&daemon, "control-plane")?, life(&daemon, "ingress")?);
    let since = Instant::now();
    let exchanged = named(&text.replace("name: ingress", "name: third"), "ingress")
        .replace("name: third", "name: control-plane");
    keeps_its_beat_through(&lab, host, &[exchanged])?;
    assert_eq!(
        (life(&daemon, "ingress")?, life(&daemon, "control-plane")?),
        before
    );
    assert_eq!(daemon.instance(Some("control-plane"))?["vrid"], 52);
    let of_other = adverts(&lab, INGRESS_VRID, since);
    assert!(of_other.iter().all(|advert| advert.priority > 0));
    assert_eq!(lab.holder_log().changes_of(ingress()).len(), 1);
    Ok(())
}

#[test]
fn a_new_name_and_a_new_address_at_once_are_no_change_of_state_either() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&slow())?;
    daemon.wait_state("master", BOUND)?;
    let before = life(&daemon, "control-plane")?;
    let two = named(&slow(), "api").replace("[10.0.50.20]", "[10.0.50.20, 10.0.50.30]");
    keeps_its_beat_through(&lab, host, &[two])?;
    assert_eq!(life(&daemon, "api")?, before);
    assert!(host.holds(ingress())?);
    assert_eq!(lab.holder_log().changes_of(vip()).len(), 1);
    Ok(())
}

#[test]
fn a_group_knows_its_member_by_the_new_name() -> Result<()> {
    let text = |name: &str, priority: u8| {
        named(&config(priority, ""), name)
            + INGRESS
            + &format!(
                "    priority: {priority}\ngroups: [{{name: g, members: [{name}, ingress]}}]\n"
            )
    };
    let cluster = Cluster::start_in(Lab::new(2)?, |_, priority| text("control-plane", priority))?;
    cluster.lab.wait_only_holder(ingress(), "cp1", BOUND)?;
    let since = Instant::now();
    reload(cluster.host("cp1"), &text("api", 250))?;
    cluster.stays_with("cp1", 51, 10)?;
    assert_eq!(cluster.moves(since), []);
    cluster.command_succeeds("cp1", &["resign", "api"])?;
    cluster.settle("cp2")?;
    cluster.lab.wait_only_holder(ingress(), "cp2", BOUND)
}

#[test]
fn the_first_address_of_an_instance_that_goes_by_route_changes_without_a_change_of_state()
-> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let by_route = slow().replace("    interface: ens20f0\n", "");
    let two = by_route.replace("[10.0.50.20]", "[10.0.50.30, 10.0.50.20]");
    let daemon = host.start_vrrpd(&by_route)?;
    daemon.wait_state("master", BOUND)?;
    let before = life(&daemon, "control-plane")?;
    keeps_its_beat_through(&lab, host, &[two, by_route])?;
    assert_eq!(life(&daemon, "control-plane")?, before);
    assert_eq!(lab.holder_log().changes_of(vip()).len(), 1);
    assert_eq!(lab.holder_log().changes_of(ingress()).len(), 2);
    Ok(())
}

#[test]
fn reloads_that_overtake_a_change_of_vrid_end_with_one_instance() -> Result<()> {
    let cluster = Cluster::start("")?;
    let text = config(250, "").replace("100ms", "1s");
    reload(cluster.host("cp1"), &text)?;
    cluster.settle("cp1")?;
    // It waits for a successor while the next files are read.
    for vrid in [61, 62, 63, 63] {
        let text = text.replace("vrid: 51", &format!("vrid: {vrid}"));
        reload(cluster.host("cp1"), &text)?;
    }
    let daemon = cluster.daemon("cp1");
    daemon.wait_status("one instance with the last VRID", BOUND, |status| {
        let all = status["instances"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        matches!(all, [one] if one["vrid"] == 63 && one["state"] == "master")
    })?;
    let since = Instant::now();
    cluster.lab.wait_until("two adverts", BOUND, || {
        adverts(&cluster.lab, 63, since).len() >= 2
    })?;
    let vrids = cluster.capture().adverts_since(since);
    let from_cp1 = vrids.iter().filter(|advert| advert.host == "cp1");
    assert!(from_cp1.clone().all(|advert| advert.vrid == 63));
    Ok(())
}
