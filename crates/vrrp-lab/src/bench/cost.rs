//! What it costs while nothing happens: processor and memory of master and backup.

use std::time::Duration;

use serde_json::json;
use vrrp_lab::{ApiServer, Result};

use super::fleet::{Fleet, SETTLES, quiet_lab};
use super::moves::{Others, wait_on};
use super::plan::Plan;
use super::report::{Metric, Report, Sample};
use super::spread::Unit;
use super::usage::{Meter, memory};
use crate::subject::Running;
use crate::table::millis;

const INSTANCES: [usize; 3] = [1, 100, 250];

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
        let labels = [
            ("instances", count.to_string()),
            ("interval", humantime::format_duration(interval).to_string()),
            ("check", if checked { "https" } else { "none" }.to_owned()),
        ];
        let fleet = |software| Fleet {
            checked,
            ..Fleet::new(software, count, interval)
        };
        plan.measure(&mut report, &labels, fleet, |fleet| {
            sample(fleet, plan.window)
        })?;
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
    let lab = quiet_lab(2)?;
    let [first, second] = [lab.host("cp1")?, lab.host("cp2")?];
    let _servers = if fleet.checked {
        vec![ApiServer::start(first)?, ApiServer::start(second)?]
    } else {
        Vec::new()
    };
    let master = fleet.start(first, 0)?;
    wait_on(&lab, fleet, first, Others::HaveNone, &master)?;
    let backup = fleet.start(second, 1)?;
    let mut sample = Sample::default();
    look_on(&mut sample, fleet, [&master, &backup], SETTLES, window)?;
    fleet.note_misplaced(&mut sample, [first, second], "at the end")?;
    Ok(sample)
}

/// What master and backup cost in `window`, after they had `settles` of time for what the backup's
/// start brings with it; less where a short window tells that nobody wants to wait for it.
pub(super) fn look_on(
    sample: &mut Sample,
    fleet: &Fleet,
    [master, backup]: [&Running; 2],
    settles: Duration,
    window: Duration,
) -> Result<()> {
    // A backup that hears nothing shows it by then.
    let shows = fleet.master_down_interval(1);
    std::thread::sleep(settles.min(window * 5).max(shows));
    let meters = [Meter::start(master)?, Meter::start(backup)?];
    std::thread::sleep(window);
    sample.set(&MASTER_CPU, meters[0].percent()?);
    sample.set(&BACKUP_CPU, meters[1].percent()?);
    sample.set(&MASTER_PSS, memory(master)?);
    sample.set(&BACKUP_PSS, memory(backup)?);
    Ok(())
}
