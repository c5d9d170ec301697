//! A check's failure where people and machines look: metrics, the table, the events.

use std::time::Duration;

use vrrp_lab::{Mode, Result};

use crate::cluster::BOUND;
use crate::plane::ControlPlane;

#[test]
fn a_failure_is_in_the_metrics_with_its_kind() -> Result<()> {
    let plane = ControlPlane::start()?;
    let daemon = plane.cluster.daemon("cp1");
    let has = |line: &str| {
        daemon
            .metrics()
            .is_ok_and(|text| text.lines().any(|l| l == line))
    };
    assert!(has("vrrpd_check_up{check=\"apiserver\"} 1"));
    assert!(has(
        "vrrpd_check_failures_total{check=\"apiserver\",kind=\"status\"} 0"
    ));
    assert!(!daemon.metrics()?.contains("vrrpd_check_last_error{"));
    plane.set("cp1", Mode::Sick)?;
    plane.wait_checks("cp1", "down")?;
    assert!(has("vrrpd_check_up{check=\"apiserver\"} 0"));
    assert!(has(
        "vrrpd_check_last_error{check=\"apiserver\",kind=\"status\"} 1"
    ));
    assert!(plane.failures("cp1", Some("status"))? >= 2);
    assert_eq!(plane.failures("cp1", Some("refused"))?, 0);
    assert!(plane.probes("cp1")? >= 3);
    plane.set("cp1", Mode::Healthy)?;
    plane.wait_checks("cp1", "up")?;
    assert!(has("vrrpd_check_up{check=\"apiserver\"} 1"));
    assert!(!daemon.metrics()?.contains("vrrpd_check_last_error{"));
    Ok(())
}

#[test]
fn a_failure_is_in_the_table_and_its_age_grows() -> Result<()> {
    let plane = ControlPlane::start()?;
    plane.set("cp1", Mode::Sick)?;
    plane.cluster.settle("cp2")?;
    let daemon = plane.cluster.daemon("cp1");
    daemon.wait_instance("an age of two seconds", BOUND, |instance| {
        instance["effective_priority_reason"] == "250, apiserver down since 2 s: 1"
    })?;
    let table = plane.cluster.command_succeeds("cp1", &["status"])?;
    assert!(
        table.contains("priority: 250, apiserver down since"),
        "{table}"
    );
    assert!(
        table.contains("status 500: [-]etcd failed: reason withheld"),
        "{table}"
    );
    Ok(())
}

#[test]
fn a_failure_and_its_end_are_events() -> Result<()> {
    let plane = ControlPlane::start()?;
    plane.set("cp1", Mode::Sick)?;
    plane.wait_checks("cp1", "down")?;
    plane.set("cp1", Mode::Healthy)?;
    plane.wait_checks("cp1", "up")?;
    let host = plane.cluster.host("cp1");
    let follow = vrrp_lab::Command::new(vrrp_lab::tools::vrrpd()?);
    let events = host.spawn(&follow.args(["events", "--json", "--since", "0"]))?;
    let down = r#""kind":"check","check":"apiserver","from":"up","to":"down","error":"status 500: [-]etcd"#;
    events.wait_line(down, Duration::from_secs(10))?;
    let up = r#""kind":"check","check":"apiserver","from":"down","to":"up""#;
    events.wait_line(up, Duration::from_secs(10))?;
    Ok(())
}
