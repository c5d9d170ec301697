//! The shipped rules: by promtool's own tests, and on what real daemons say.

use std::path::Path;
use std::process::Command;

use vrrp_lab::{Result, tools};

use crate::prometheus::{BOUND, Watched, shipped};

fn promtool(arguments: &[&str], directory: &Path) {
    let program = tools::on_path("promtool").expect("the package prometheus is installed");
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("promtool starts");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn each_alert_fires_when_it_should_and_only_then() {
    let directory = shipped("prometheus");
    promtool(&["check", "rules", "vrrpd.rules.yml"], &directory);
    promtool(&["check", "config", "prometheus.yml"], &directory);
    promtool(&["test", "rules", "vrrpd.rules.test.yml"], &directory);
    let text = |name: &str| std::fs::read_to_string(directory.join(name)).expect("shipped");
    let (rules, tests) = (text("vrrpd.rules.yml"), text("vrrpd.rules.test.yml"));
    let alerts: Vec<_> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    for alert in alerts {
        let fires = tests
            .split("alertname: ")
            .any(|case| case.starts_with(alert) && case.contains("exp_labels"));
        assert!(fires, "no test in which {alert} fires");
    }
}

#[test]
fn prometheus_sees_one_master_then_none_and_the_next_one() -> Result<()> {
    let watched = Watched::start()?;
    let masters = watched.wait_series("vrrpd_instance_state == 2", 1)?;
    assert_eq!(masters[0]["metric"]["instance"], "10.0.50.11:9650");
    assert_eq!(masters[0]["metric"]["exported_instance"], "control-plane");
    watched.wait_series("vrrpd_instance_state == 1", 2)?;
    watched.wait_series("vrrpd:masters:count == 1", 1)?;
    // Each of three hosts finds each of three backends well.
    watched.wait_series("vrrpd_backend_up == 1", 9)?;

    watched.daemons[0].terminate(BOUND)?;
    watched.wait_series("vrrpd_instance_state{instance=\"10.0.50.12:9650\"} == 2", 1)?;
    watched.wait_series("up == 0", 1)?;
    watched.wait_any("ALERTS{alertname=\"VrrpdDown\", alertstate=\"pending\"}")?;

    watched.daemons[1].terminate(BOUND)?;
    watched.daemons[2].terminate(BOUND)?;
    watched.wait_series("up == 0", 3)?;
    Ok(())
}
