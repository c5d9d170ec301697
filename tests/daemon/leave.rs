//! Make before break, for every planned leave but a signal (`failover.rs`): the VIP stays where
//! it is until the successor has spoken, and the client hardly notices.

use std::time::{Duration, Instant};

use vrrp_lab::{CONFIG_FILE, Lab, Result, VIP};

use crate::cluster::{BOUND, Cluster, config, vip};

/// Slow, so that each step is well apart from the next.
const INTERVAL: &str = "1s";
/// Half of cp2's Skew_Time at that interval, for which the VIP would be nowhere if cp1 let go of
/// it as it says priority 0.
const GAP: Duration = Duration::from_millis(245);

fn text(priority: u8, more: &str) -> String {
    config(priority, more).replace("100ms", INTERVAL)
}

/// Another virtual router, for a file that drops the first.
const INGRESS: &str = "  - name: ingress\n    addresses: [10.0.50.30]\n    interface: ens20f0\n    \
     vrid: 52\n    priority: 5\n    advert_interval: 100ms\n";

/// The master leaves by `leave`.
fn it_hands_over_before_it_lets_go(
    more: &str,
    leave: impl FnOnce(&Cluster) -> Result<()>,
) -> Result<()> {
    let cluster = Cluster::start_in(Lab::new(3)?, |_, priority| text(priority, more))?;
    let lab = &cluster.lab;
    let prober = lab.probe(VIP)?;
    prober.wait_answer("cp1", Instant::now(), BOUND)?;
    let since = Instant::now();
    leave(&cluster)?;
    let of_it = |advert: &vrrp_lab::SeenAdvert| advert.vrid == 51;
    let leaving = lab
        .capture()
        .wait_for_advert("priority 0", since, BOUND, |a| of_it(a) && a.priority == 0)?;
    assert_eq!(leaving.host, "cp1");
    let next = lab
        .capture()
        .wait_for_advert("the successor", leaving.at, BOUND, |a| {
            of_it(a) && a.priority > 0
        })?;
    assert_eq!((next.host.as_str(), next.priority), ("cp2", 130));
    lab.wait_only_holder(VIP, "cp2", BOUND)?;
    prober.wait_answer("cp2", next.at, BOUND)?;
    let moves = cluster.moves(since);
    assert_eq!(moves.len(), 2, "to cp2 and from cp1: {moves:?}");
    let removed = moves.iter().find(|change| !change.held).expect("from cp1");
    assert_eq!((removed.host.as_str(), removed.address), ("cp1", vip()));
    assert!(removed.at >= next.at, "removed before anybody took over");
    let gap = prober.longest_gap_since(since);
    assert!(gap < GAP, "the client waited {gap:?}");
    Ok(())
}

/// cp1 reads `file` from now on.
fn reload(cluster: &Cluster, file: &str) -> Result<()> {
    cluster.host("cp1").write_file(CONFIG_FILE, file)?;
    cluster.command_succeeds("cp1", &["reload"]).map(drop)
}

#[test]
fn resign_hands_over_before_it_lets_go() -> Result<()> {
    it_hands_over_before_it_lets_go("", |cluster| {
        cluster.command_succeeds("cp1", &["resign"]).map(drop)
    })
}

#[test]
fn drain_hands_over_before_it_lets_go() -> Result<()> {
    it_hands_over_before_it_lets_go("", |cluster| {
        cluster.command_succeeds("cp1", &["drain"]).map(drop)
    })
}

#[test]
fn a_reload_that_drops_an_instance_hands_over_before_it_lets_go() -> Result<()> {
    it_hands_over_before_it_lets_go(INGRESS, |cluster| {
        reload(cluster, &format!("instances:\n{INGRESS}"))
    })
}

#[test]
fn a_reload_that_demotes_an_instance_hands_over_before_it_lets_go() -> Result<()> {
    it_hands_over_before_it_lets_go("", |cluster| reload(cluster, &text(20, "")))
}

#[test]
fn a_check_that_fails_hands_over_before_it_lets_go() -> Result<()> {
    let checked = "    track: [{check: maintenance}]\nchecks:\n  - name: maintenance\n    \
                   file: {path: /run/maintenance, present: false}\n    interval: 100ms\n";
    it_hands_over_before_it_lets_go(checked, |cluster| {
        cluster.host("cp1").write_file("/run/maintenance", "")
    })
}
