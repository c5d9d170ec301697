//! What it costs while nothing happens: processor and memory of master and backup.

use std::time::Duration;

use serde_json::json;
use vrrp_lab::{ApiServer, Result};

use super::fleet::{Fleet, quiet_lab};
use super::plan::Plan;
use super::report::{Metric, Report, Sample};
use super::spread::Unit;
use super::usage::{Meter, memory};
use crate::table::millis;

const INSTANCES: [usize; 3] = [1, 100, 250];
/// Keepalived announces its addresses a second time five seconds after a takeover.
const SETTLES: Duration = Duration::from_secs(7);

pub(super) const MASTER_CPU: Metric = Metric {
    key: "master_cpu_percent",
    name: "master, of a core",
    unit: Unit::Percent,
};
pub(super) const BACKUP_CPU: Metric = Metric {
    key: "backup_cpu_percent",
    name: "backup, of a core",
    unit: Unit::Percent,
};
pub(super) const MASTER_PSS: Metric = Metric {
    key: "master_pss_mib",
    name: "master, PSS",
    unit: Unit::Mebibytes,
};
pub(super) const BACKUP_PSS: Metric = Metric {
    key: "backup_pss_mib",
    name: "backup, PSS",
    unit: Unit::Mebibytes,
};

/// Measures and prints.
pub(super) fn run(plan: &Plan) -> Result<()> {
    let mut report = Report::new(
        "cost",
        &[&MASTER_CPU, &BACKUP_CPU, &MASTER_PSS, &BACKUP_PSS],
    );
    for (count, interval, checked) in cases(plan) {
        let rows: Vec<(usize, Fleet)> = plan
            .software
            .iter()
            .map(|&software| {
                let mut fleet = Fleet::new(software, count, interval);
                fleet.checked = checked;
                let row = report.row(vec![
                    ("instances", count.to_string()),
                    ("interval", humantime::format_duration(interval).to_string()),
                    ("check", if checked { "https" } else { "none" }.to_owned()),
                    ("program", software.name().to_owned()),
                ]);
                (row, fleet)
            })
            .collect();
        for _ in 0..plan.runs {
            for (row, fleet) in &rows {
                report.add(*row, sample(fleet, plan.window))?;
            }
        }
    }
    report.print(
        plan.json,
        json!({"runs": plan.runs, "window_ms": millis(plan.window)}),
    );
    Ok(())
}

/// How many instances, at which interval, whether with a check.
fn cases(plan: &Plan) -> Vec<(usize, Duration, bool)> {
    let mut cases = Vec::new();
    for count in plan.instances(&INSTANCES) {
        for interval in plan.intervals() {
            cases.push((count, interval, false));
        }
        if count == 1 {
            cases.push((1, plan.interval(super::INTERVALS[0]), true));
        }
    }
    cases
}

fn sample(fleet: &Fleet, window: Duration) -> Result<Sample> {
    let lab = quiet_lab()?;
    let [first, second] = [lab.host("cp1")?, lab.host("cp2")?];
    let _servers = if fleet.checked {
        vec![ApiServer::start(first)?, ApiServer::start(second)?]
    } else {
        Vec::new()
    };
    let master = fleet.start(first, 0)?;
    fleet.wait_held(&lab, first)?;
    let backup = fleet.start(second, 1)?;
    // A backup that hears nothing shows it by then.
    let shows = fleet.master_down_interval(1);
    std::thread::sleep(SETTLES.min(window).max(shows));
    let meters = [Meter::start(&master)?, Meter::start(&backup)?];
    std::thread::sleep(window);
    let mut sample = Sample::default();
    sample.set(&MASTER_CPU, meters[0].percent()?);
    sample.set(&BACKUP_CPU, meters[1].percent()?);
    sample.set(&MASTER_PSS, memory(&master)?);
    sample.set(&BACKUP_PSS, memory(&backup)?);
    let held = [fleet.held(first)?, fleet.held(second)?];
    if held != [fleet.instances, 0] {
        sample.note(format!("addresses at the end: {held:?}"));
    }
    Ok(sample)
}
