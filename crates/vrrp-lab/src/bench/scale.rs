//! Thousands of instances on many interfaces: what they cost, and how soon another host has them
//! all when theirs vanishes.

use std::time::Duration;

use serde_json::json;
use vrrp_lab::Result;

use super::cost::{BACKUP_CPU, BACKUP_PSS, MASTER_CPU, MASTER_PSS, look_on};
use super::fleet::{Fleet, PER_INTERFACE, quiet_lab};
use super::moves::{Others, wait_on};
use super::plan::Plan;
use super::report::{Metric, Report, Sample};
use super::spread::Unit;
use crate::table::millis;

const INTERFACES: u8 = 16;
/// As many as the interfaces have room for.
pub(super) const MOST: usize = PER_INTERFACE * INTERFACES as usize;
/// How long after the backup's start nothing is measured.
const SETTLES: Duration = Duration::from_secs(10);

const TAKEN: Metric = Metric {
    key: "all_taken_over_ms",
    name: "all taken over",
    unit: Unit::Milliseconds,
};
const BEYOND: Metric = Metric {
    key: "beyond_master_down_interval_ms",
    name: "beyond Master_Down_Interval",
    unit: Unit::Milliseconds,
};

/// Measures and prints.
pub(super) fn run(plan: &Plan) -> Result<()> {
    let mut report = Report::new(
        "scale",
        &[
            &MASTER_CPU,
            &BACKUP_CPU,
            &MASTER_PSS,
            &BACKUP_PSS,
            &TAKEN,
            &BEYOND,
        ],
    );
    let interval = plan.interval(super::INTERVALS[0]);
    for count in plan.instances(&[MOST]) {
        let interfaces = u8::try_from(count).unwrap_or(INTERFACES).min(INTERFACES);
        let labels = [
            ("instances", count.to_string()),
            ("interfaces", interfaces.to_string()),
            ("interval", humantime::format_duration(interval).to_string()),
        ];
        let fleet = |software| Fleet::new(software, count, interval);
        plan.measure(&mut report, &labels, fleet, |fleet| {
            sample(fleet.clone(), interfaces, plan.window)
        })?;
    }
    report.print(
        plan.json,
        json!({"runs": plan.runs, "window_ms": millis(plan.window)}),
    );
    Ok(())
}

fn sample(mut fleet: Fleet, interfaces: u8, window: Duration) -> Result<Sample> {
    let lab = quiet_lab(2)?;
    let [first, second] = [lab.host("cp1")?, lab.host("cp2")?];
    fleet.interfaces = first.add_segments(interfaces)?;
    second.add_segments(interfaces)?;
    let master = fleet.start(first, 0)?;
    wait_on(&lab, &fleet, first, Others::HaveNone, &master)?;
    let backup = fleet.start(second, 1)?;
    let mut sample = Sample::default();
    look_on(&mut sample, &fleet, [&master, &backup], SETTLES, window)?;
    let when = "before the host vanishes";
    fleet.note_misplaced(&mut sample, [first, second], when)?;
    let gone = first.cut_segments(interfaces)?;
    master.process().kill();
    let taken = wait_on(&lab, &fleet, second, Others::MayHave, &backup)?;
    let took = millis(taken.saturating_duration_since(gone));
    sample.set(&TAKEN, took);
    sample.set(&BEYOND, took - millis(fleet.master_down_interval(1)));
    Ok(sample)
}
