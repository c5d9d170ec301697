//! A master that is slow, but not yet so slow that others take over, says so.

use std::time::{Duration, Instant};

use vrrp_lab::{Command, Lab, Result, tools};

use crate::cluster::{BOUND, Cluster, config};

const INTERVAL: Duration = Duration::from_secs(1);
/// Less than three intervals, after which a backup takes over.
const STALL: Duration = Duration::from_millis(1800);

/// How many adverts left later than half an interval, as the metrics tell.
fn late(metrics: &str) -> u64 {
    let value = |name: &str| -> u64 {
        let line = metrics
            .lines()
            .find(|line| line.starts_with(&format!("vrrpd_advert_lateness_seconds_{name}")));
        let value = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
        value.unwrap_or_else(|| panic!("{name} in {metrics}"))
    };
    let of_line = |line: &&str| line.contains("le=\"0.5\"");
    let within: Option<u64> = metrics
        .lines()
        .filter(|line| line.starts_with("vrrpd_advert_lateness_seconds_bucket"))
        .find(of_line)
        .and_then(|line| line.rsplit(' ').next()?.parse().ok());
    value("count") - within.expect("a bucket of half a second")
}

#[test]
fn a_late_advert_is_warned_of_before_anybody_takes_over() -> Result<()> {
    let cluster = Cluster::start_in(Lab::new(2)?, |_, priority| {
        config(priority, "").replace("100ms", "1s")
    })?;
    let master = cluster.daemon("cp1");
    let follow = Command::new(tools::vrrpd()?).args(["events", "--json"]);
    let events = cluster.host("cp1").spawn(&follow)?;
    assert_eq!(late(&master.metrics()?), 0);
    let since = Instant::now();
    let before = cluster
        .capture()
        .wait_for_advert("an advert", since, BOUND, |_| true)?;
    master.process().stop();
    std::thread::sleep(STALL.saturating_sub(before.at.elapsed()));
    master.process().cont();
    let line = events.wait_line("\"kind\":\"lateness\"", BOUND)?;
    assert!(line.text.contains("control-plane"), "{}", line.text);
    let logged = master.process().wait_line("an advert was sent", BOUND)?;
    assert!(logged.text.contains("WARN"), "{}", logged.text);
    assert_eq!(late(&master.metrics()?), 1);
    let after =
        cluster
            .capture()
            .wait_for_advert("it goes on", before.at + INTERVAL, BOUND, |_| true)?;
    assert_eq!(after.host, "cp1");
    cluster.stays("cp1", 2)?;
    assert_eq!(cluster.moves(since), []);
    Ok(())
}
