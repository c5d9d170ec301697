//! Two hosts are started at once: how soon every address is on the right one, and how soon a
//! program says its first word.

use std::time::{Duration, Instant};

use serde_json::json;
use vrrp_lab::{Packet, Result};

use super::fleet::{Fleet, SETTLES_WITHIN, quiet_lab};
use super::lateness::now;
use super::moves::{Others, double, wait_on};
use super::plan::Plan;
use super::report::{Metric, Report, Sample};
use super::spread::Unit;
use crate::subject::Software;
use crate::table::millis;

const INSTANCES: [usize; 1] = [250];

const HELD: Metric = Metric {
    key: "all_on_right_host_ms",
    name: "all on the right host",
    unit: Unit::Milliseconds,
};
const BEYOND: Metric = Metric {
    key: "beyond_master_down_interval_ms",
    name: "beyond Master_Down_Interval",
    unit: Unit::Milliseconds,
};
const DOUBLE_BEFORE: Metric = Metric {
    key: "two_holders_before_ms",
    name: "two holders before",
    unit: Unit::Milliseconds,
};
const DOUBLE_AFTER: Metric = Metric {
    key: "two_holders_after_ms",
    name: "two holders after",
    unit: Unit::Milliseconds,
};
const FIRST_ADVERT: Metric = Metric {
    key: "first_advert_ms",
    name: "first advert",
    unit: Unit::Milliseconds,
};

/// Measures and prints.
pub(super) fn run(plan: &Plan) -> Result<()> {
    let mut report = Report::new(
        "start",
        &[&HELD, &BEYOND, &DOUBLE_BEFORE, &DOUBLE_AFTER, &FIRST_ADVERT],
    );
    for (count, interval, owner) in cases(plan) {
        let fleet = |software| Fleet {
            owner,
            ..Fleet::new(software, count, interval)
        };
        let labels = [
            ("instances", count.to_string()),
            ("interval", humantime::format_duration(interval).to_string()),
            ("priority", fleet(Software::Vrrpd).priority(0).to_string()),
        ];
        plan.measure(&mut report, &labels, fleet, |fleet| {
            if owner {
                first_word(fleet)
            } else {
                both_hosts(fleet, plan.window)
            }
        })?;
    }
    report.print(
        plan.json,
        json!({"runs": plan.runs, "window_ms": millis(plan.window)}),
    );
    Ok(())
}

/// How many instances, at which interval, whether as the owner of the addresses.
fn cases(plan: &Plan) -> Vec<(usize, Duration, bool)> {
    let mut cases = Vec::new();
    for count in plan.instances(&INSTANCES) {
        let intervals = plan.intervals().into_iter();
        cases.extend(intervals.map(|interval| (count, interval, false)));
    }
    cases.push((1, plan.interval(super::INTERVALS[0]), true));
    cases
}

fn both_hosts(fleet: &Fleet, window: Duration) -> Result<Sample> {
    let lab = quiet_lab(2)?;
    let [first, second] = [lab.host("cp1")?, lab.host("cp2")?];
    let [better, worse] = [fleet.prepare(first, 0)?, fleet.prepare(second, 1)?];
    let began = Instant::now();
    // The worse one has the advantage of the moment between the two.
    let _worse = worse.start()?;
    let better = better.start()?;
    let right = wait_on(&lab, fleet, first, Others::HaveNone, &better)?;
    std::thread::sleep(window);
    let took = right.saturating_duration_since(began);
    let [before, after] = double(&lab, fleet, right);
    let mut sample = Sample::default();
    sample.set(&HELD, millis(took));
    sample.set(
        &BEYOND,
        millis(took) - millis(fleet.master_down_interval(0)),
    );
    sample.set(&DOUBLE_BEFORE, millis(before));
    sample.set(&DOUBLE_AFTER, millis(after));
    fleet.note_misplaced(&mut sample, [first, second], "at the end")?;
    Ok(sample)
}

/// An owner of its addresses waits for nobody.
fn first_word(fleet: &Fleet) -> Result<Sample> {
    let lab = quiet_lab(2)?;
    let host = lab.host("cp1")?;
    let capture = lab.capture_of(host)?;
    let prepared = fleet.prepare(host, 0)?;
    let (began, since) = (now(), Instant::now());
    let _running = prepared.start()?;
    let frame = capture.wait_for("the first advert", since, SETTLES_WITHIN, |frame| {
        matches!(frame.packet, Packet::Advert(_))
    })?;
    let mut sample = Sample::default();
    sample.set(&FIRST_ADVERT, millis(frame.stamp().saturating_sub(began)));
    Ok(sample)
}
