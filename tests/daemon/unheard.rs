//! The warning of a router that has never heard another one.

use std::time::Duration;

use serde_json::Value;
use vrrp_lab::{Daemon, Lab, Result};

use crate::cluster::{BOUND, Cluster, config};

/// Until the warning, at an interval of 100 ms, with room for a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

fn warning(status: &Value) -> Option<String> {
    let warnings = status["warnings"].as_array()?;
    let mut texts = warnings.iter().filter_map(Value::as_str);
    texts
        .find(|text| text.contains("was ever heard on VRID 51"))
        .map(str::to_owned)
}

fn wait_warning(daemon: &Daemon) -> Result<String> {
    let status = daemon.wait_status("a warning", PATIENCE, |status| warning(status).is_some())?;
    Ok(warning(&status).unwrap_or_default())
}

#[test]
fn peers_that_were_never_heard_are_named_once_until_one_is() -> Result<()> {
    let lab = Lab::new(2)?;
    let hosts = lab.hosts();
    let addresses: Vec<String> = hosts
        .iter()
        .map(|host| host.address().to_string())
        .collect();
    let peers = |own: usize| {
        let others = addresses.iter().enumerate().filter(|(at, _)| *at != own);
        let others: Vec<&str> = others.map(|(_, address)| address.as_str()).collect();
        format!("    peers: [{}]\n", others.join(", "))
    };
    let alone = hosts[0].start_vrrpd(&config(100, &peers(0)))?;
    alone.wait_state("master", BOUND)?;
    let early = alone.status()?;
    assert_eq!(warning(&early), None);
    let told = wait_warning(&alone)?;
    let words = format!("none of the peers {} was ever heard", addresses[1]);
    assert!(told.contains(&words), "{told}");
    let events = hosts[0].vrrpd_command(&["events", "--history"], BOUND)?;
    assert_eq!(
        events.stdout.matches("was ever heard").count(),
        1,
        "{events:?}"
    );
    let _other = hosts[1].start_vrrpd(&config(250, &peers(1)))?;
    alone.wait_status("no warning", BOUND, |status| warning(status).is_none())?;
    alone
        .process()
        .wait_line("another router was heard for the first time", BOUND)?;
    let lines = alone.process().lines();
    let logged = lines
        .iter()
        .filter(|line| line.text.contains("was ever heard on VRID"));
    assert_eq!(logged.count(), 1);
    Ok(())
}

#[test]
fn where_adverts_are_blocked_both_masters_say_that_they_hear_nobody() -> Result<()> {
    let cluster = {
        let lab = Lab::new(2)?;
        for host in lab.hosts() {
            host.cut_from()?;
        }
        Cluster::start_unsettled(lab, |_, priority| config(priority, ""))?
    };
    for host in ["cp1", "cp2"] {
        cluster.daemon(host).wait_state("master", BOUND)?;
        let told = wait_warning(cluster.daemon(host))?;
        assert!(
            told.contains("no other router was ever heard on VRID 51"),
            "{told}"
        );
        assert!(told.contains("`vrrpd doctor`"), "{told}");
    }
    Ok(())
}
