//! Two masters, across a partition and when it is over.

use std::time::Instant;

use vrrp_lab::{Lab, Result, VIP};

use crate::cluster::{BOUND, Cluster, INTERVAL, config, vip};

/// Announcements in a burst: many more than come singly in the time of a test.
const BURST: usize = 30;

fn bursts_only() -> String {
    format!("    announce: {{burst: {BURST}, refresh: off}}\n")
}

/// Waits until `host` has announced the VIP so often since a moment.
fn wait_announcements(lab: &Lab, host: &str, since: Instant, count: usize) -> Result<()> {
    lab.wait_until(&format!("{count} announcements by {host}"), BOUND, || {
        let all = lab.capture().announcements_of(vip());
        let wanted = all.iter().filter(|a| a.host == host && a.at >= since);
        wanted.count() >= count
    })
}

#[test]
fn a_healed_partition_leaves_one_master_which_announces_again() -> Result<()> {
    let started = Instant::now();
    let cluster = Cluster::start(&bursts_only())?;
    let lab = &cluster.lab;
    lab.partition(&[&["cp1"]])?;
    cluster.daemon("cp2").wait_state("master", BOUND)?;
    assert_eq!(lab.holders(VIP)?, ["cp1", "cp2"], "one on each side");
    // The burst that follows the first one after five seconds is over as well.
    for host in ["cp1", "cp2"] {
        wait_announcements(lab, host, started, 2 * BURST)?;
    }
    let healed = Instant::now();
    lab.heal()?;
    cluster.settle("cp1")?;
    wait_announcements(lab, "cp1", healed, BURST)?;
    cluster.stays("cp1", 20)?;
    let prober = lab.probe(VIP)?;
    prober.wait_answer("cp1", Instant::now(), BOUND)?;
    let log = cluster.daemon("cp1").process().text();
    assert!(!log.contains("panicked"), "{log}");
    Ok(())
}

#[test]
fn a_conflict_is_counted_shown_and_told() -> Result<()> {
    let cluster = Cluster::start("")?;
    let lab = &cluster.lab;
    let follow = vrrp_lab::Command::new(vrrp_lab::tools::vrrpd()?)
        .args(["events", "--json", "--since", "0"]);
    let events = cluster.host("cp1").spawn(&follow)?;
    // cp1's adverts do not get out, the others' get in.
    cluster.host("cp1").cut_from()?;
    cluster.daemon("cp2").wait_state("master", BOUND)?;
    lab.wait_until("the conflict is counted", BOUND, || {
        cluster
            .instance("cp1")
            .is_ok_and(|i| i["counters"]["master_conflicts"].as_u64() > Some(0))
    })?;
    let line = events.wait_line("\"kind\":\"conflict\"", BOUND)?;
    assert!(line.text.contains("10.0.50.12"), "{}", line.text);
    let metrics = cluster.daemon("cp1").metrics()?;
    let counted = metrics
        .lines()
        .any(|l| l.starts_with("vrrpd_master_conflicts_total{") && !l.ends_with(" 0"));
    assert!(counted, "{metrics}");
    cluster.host("cp1").mend()?;
    cluster.settle("cp1")?;
    cluster.stays("cp1", 20)
}

#[test]
fn a_host_that_hears_nobody_gives_way_as_soon_as_it_hears() -> Result<()> {
    let cluster = Cluster::start("")?;
    // cp3 hears nobody any more, and is heard.
    cluster.host("cp3").cut_to()?;
    cluster.daemon("cp3").wait_state("master", BOUND)?;
    cluster.host("cp3").mend()?;
    cluster.settle("cp1")?;
    cluster.stays("cp1", 20)
}

#[test]
fn foreign_adverts_under_the_same_identifier_are_named() -> Result<()> {
    let lab = Lab::new(2)?;
    let ours = config(250, "");
    let theirs = ours
        .replace("10.0.50.20", "10.0.50.77")
        .replace("250", "10");
    let foreign = lab.host("cp2")?.start_vrrpd(&theirs)?;
    foreign.wait_state("master", BOUND)?;
    let daemon = lab.host("cp1")?.start_vrrpd(&ours)?;
    let named = "10.0.50.12 uses our virtual router identifier for other addresses";
    daemon.process().wait_line(named, BOUND)?;
    daemon.wait_state("master", BOUND)?;
    let lines = daemon.process().lines();
    let line = |words: &str| lines.iter().position(|line| line.text.contains(words));
    assert!(line(named) < line("is master now"), "it listened first");
    Ok(())
}

/// The hardware address that the client has for the VIP.
fn neighbour(lab: &Lab) -> Result<String> {
    let ask = vrrp_lab::Command::new("ip").args(["neighbour", "show", &VIP.to_string()]);
    let output = lab.client().output(&ask, BOUND)?;
    let mut words = output.stdout.split_whitespace();
    words.find(|word| *word == "lladdr");
    Ok(words.next().unwrap_or_default().to_owned())
}

fn mac(cluster: &Cluster, host: &str) -> String {
    let bytes = cluster.host(host).mac();
    bytes.map(|byte| format!("{byte:02x}")).join(":")
}

#[test]
fn a_client_on_the_losing_side_asks_the_winner_as_soon_as_the_partition_is_over() -> Result<()> {
    let started = Instant::now();
    let cluster = Cluster::start(&bursts_only())?;
    let lab = &cluster.lab;
    let mac = |host: &str| mac(&cluster, host);
    let prober = lab.probe(VIP)?;
    prober.wait_answer("cp1", Instant::now(), BOUND)?;
    assert_eq!(neighbour(lab)?, mac("cp1"));
    let parted = Instant::now();
    lab.partition(&[&["cp1"]])?;
    prober.wait_answer("cp2", parted, BOUND)?;
    assert_eq!(neighbour(lab)?, mac("cp2"));
    // Whatever burst comes from now on is because of the other master.
    for host in ["cp1", "cp2"] {
        wait_announcements(lab, host, started, 2 * BURST)?;
    }
    let healed = Instant::now();
    lab.heal()?;
    let answered = prober.wait_answer("cp1", healed, BOUND)?;
    assert_eq!(neighbour(lab)?, mac("cp1"));
    let took = answered.duration_since(healed);
    // The client itself would ask again only after tens of seconds.
    assert!(took < INTERVAL * 20, "{took:?}");
    wait_announcements(lab, "cp1", healed, BURST)?;
    cluster.settle("cp1")?;
    cluster.stays("cp1", 20)?;
    let mut later = prober.report().handovers;
    later.retain(|handover| handover.at >= healed);
    assert_eq!(later.len(), 1, "{later:?}");
    let both = lab.holder_log().overlaps_of(vip());
    let end = both.last().and_then(|overlap| overlap.end).expect("over");
    assert!(end.duration_since(healed) < INTERVAL * 20, "{both:?}");
    Ok(())
}

#[test]
fn a_second_master_whose_rival_died_unheard_is_found_by_clients_soon_after_it_is_mended()
-> Result<()> {
    let more = "    announce: {burst: 5, refresh: off}\n";
    let lab = Lab::new(2)?;
    let mut cluster = Cluster::start_in(lab, |_, priority| config(priority, more))?;
    let prober = cluster.lab.probe(VIP)?;
    prober.wait_answer("cp1", Instant::now(), BOUND)?;
    let cut = Instant::now();
    cluster.host("cp2").cut()?;
    // Both bursts, and what came between them, nobody heard.
    cluster
        .daemon("cp2")
        .wait_instance("two bursts into the void", BOUND, |instance| {
            instance["state"] == "master"
                && instance["counters"]["announcements_sent"].as_u64() >= Some(22)
        })?;
    assert_eq!(neighbour(&cluster.lab)?, mac(&cluster, "cp1"));
    cluster.crash("cp1")?;
    cluster.host("cp2").mend()?;
    let mended = Instant::now();
    let answered = prober.wait_answer("cp2", mended, BOUND)?;
    assert_eq!(neighbour(&cluster.lab)?, mac(&cluster, "cp2"));
    // A quarter of the time that it has been master; the rest is for a busy machine.
    let allowed = mended.duration_since(cut) / 4 + INTERVAL * 20;
    let took = answered.saturating_duration_since(mended);
    assert!(took < allowed, "{took:?} of {allowed:?}");
    Ok(())
}
