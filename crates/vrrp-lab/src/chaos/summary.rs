//! The figures of a run, as tables and as JSON.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use comfy_table::Table;
use serde_json::{Value, json};
use vrrp_lab::Gap;

use super::bounds::Bounds;
use super::fault::{Fault, Step};
use super::files::Files;
use super::judge::{Judgement, Violation};
use super::run::Seen;
use super::schedule::Schedule;
use crate::span::Span;
use crate::subject::Software;
use crate::table::{millis, table as new_table, time};

/// What came of one program.
#[derive(Debug)]
pub(super) struct Summary {
    software: Software,
    pub(super) judged: bool,
    started: Instant,
    sent: u64,
    unsent: u64,
    answered: u64,
    availability: f64,
    longest_outage: Duration,
    doubled: Duration,
    longest_doubled: Duration,
    stale: Vec<String>,
    panics: usize,
    unasked_ends: usize,
    mismatches: usize,
    settled_after: Option<Duration>,
    stalls: usize,
    longest_stall: Duration,
    by_fault: Vec<(Fault, usize, Option<Duration>)>,
    pub(super) violations: Vec<Violation>,
    pub(super) files: Option<Files>,
}

impl Summary {
    pub(super) fn new(seen: &Seen, judgement: Judgement, judged: bool) -> Self {
        let gaps = seen.report.gaps.iter().map(Gap::owed);
        let doubled = judgement.doubled.iter().map(Span::length);
        Self {
            software: seen.software,
            judged,
            started: seen.started,
            sent: seen.report.sent,
            unsent: seen.report.unsent,
            answered: seen.report.answered,
            availability: seen.report.availability(),
            longest_outage: gaps.max().unwrap_or_default(),
            doubled: doubled.clone().sum(),
            longest_doubled: doubled.max().unwrap_or_default(),
            stale: seen.stale.clone(),
            panics: seen.notes.panics().len(),
            unasked_ends: seen.notes.ends.len(),
            mismatches: seen.mismatches.len(),
            settled_after: seen.settled_after,
            stalls: seen.stalls.len(),
            longest_stall: seen
                .stalls
                .iter()
                .map(Span::length)
                .max()
                .unwrap_or_default(),
            by_fault: judgement.by_fault,
            violations: judgement.violations,
            files: None,
        }
    }

    fn seconds(&self, at: Instant) -> f64 {
        at.saturating_duration_since(self.started).as_secs_f64()
    }

    /// Names and figures, as lines of the table.
    fn figures(&self) -> [(&'static str, String); 11] {
        let settled = self.settled_after.map_or_else(|| "never".to_owned(), time);
        [
            (
                "probes answered",
                format!("{:.4} %", self.availability * 100.0),
            ),
            ("longest time without an answer", time(self.longest_outage)),
            (
                "two holders, but for partitions, one-way cuts, stops",
                time(self.doubled),
            ),
            ("the longest of these", time(self.longest_doubled)),
            ("stale addresses at the end", self.stale.len().to_string()),
            ("panics", self.panics.to_string()),
            ("ends that nobody asked for", self.unasked_ends.to_string()),
            (
                "program and kernel disagree in calm times",
                self.mismatches.to_string(),
            ),
            ("settled after the last fault", settled),
            (
                "stalls of this machine, the longest",
                format!("{}, {}", self.stalls, time(self.longest_stall)),
            ),
            (
                "invariants that did not hold",
                if self.judged {
                    self.violations.len().to_string()
                } else {
                    format!("({}: not judged)", self.violations.len())
                },
            ),
        ]
    }

    fn json(&self) -> Value {
        let violations = self.violations.iter();
        let violations: Vec<Value> = violations
            .map(|v| json!({"at_ms": (self.seconds(v.at) * 1e3).round(), "what": v.text}))
            .collect();
        let by_fault = self.by_fault.iter();
        let by_fault: Vec<Value> = by_fault
            .map(|(fault, count, longest)| {
                json!({
                    "fault": fault.name(),
                    "count": count,
                    "longest_outage_ms": longest.map(millis),
                })
            })
            .collect();
        json!({
            "software": self.software.name(),
            "judged": self.judged,
            "probes_sent": self.sent,
            "probes_unsent": self.unsent,
            "probes_answered": self.answered,
            "availability": self.availability,
            "longest_outage_ms": millis(self.longest_outage),
            "two_holders_ms": millis(self.doubled),
            "longest_two_holders_ms": millis(self.longest_doubled),
            "stale_addresses": self.stale,
            "panics": self.panics,
            "unasked_ends": self.unasked_ends,
            "mismatches": self.mismatches,
            "settled_after_ms": self.settled_after.map(millis),
            "machine_stalls": self.stalls,
            "longest_machine_stall_ms": millis(self.longest_stall),
            "by_fault": by_fault,
            "violations": violations,
            "capture": self.files.as_ref().map(|files| files.capture.display().to_string()),
            "log": self.files.as_ref().map(|files| files.log.display().to_string()),
        })
    }
}

/// The figures side by side.
pub(super) fn table(summaries: &[Summary]) -> Table {
    let mut table = new_table([""]);
    let names = summaries.iter().map(|summary| summary.software.name());
    table.set_header(std::iter::once("").chain(names));
    let columns: Vec<_> = summaries.iter().map(Summary::figures).collect();
    let Some(first) = columns.first() else {
        return table;
    };
    for (place, (name, _)) in first.iter().enumerate() {
        let figures = columns.iter().map(|column| column[place].1.clone());
        table.add_row(std::iter::once((*name).to_owned()).chain(figures));
    }
    table
}

/// The longest time without an answer by kind of fault, side by side.
pub(super) fn by_fault(summaries: &[Summary]) -> Table {
    let mut table = new_table([""]);
    let names = summaries.iter().map(|summary| summary.software.name());
    let head = ["longest without an answer after", "times"];
    table.set_header(head.into_iter().chain(names));
    let Some(first) = summaries.first() else {
        return table;
    };
    for (fault, count, _) in &first.by_fault {
        let figures = summaries.iter().map(|summary| {
            let row = summary.by_fault.iter().find(|row| row.0 == *fault);
            row.and_then(|row| row.2)
                .map_or_else(|| "none".to_owned(), time)
        });
        let head = [fault.name().to_owned(), count.to_string()];
        table.add_row(head.into_iter().chain(figures));
    }
    table
}

/// Everything as one document.
pub(super) fn document(schedule: &Schedule, bounds: &Bounds, summaries: &[Summary]) -> Value {
    let held = summaries
        .iter()
        .all(|summary| !summary.judged || summary.violations.is_empty());
    json!({
        "seed": schedule.seed,
        "schedule_hash": format!("{:016x}", schedule.hash()),
        "advert_interval_ms": millis(bounds.interval),
        "schedule": schedule.steps.iter().map(step).collect::<Vec<_>>(),
        "held": held,
        "results": summaries.iter().map(Summary::json).collect::<Vec<_>>(),
    })
}

fn step(step: &Step) -> Value {
    let hosts = step.hosts.iter().copied().map(super::fault::host_name);
    json!({
        "at_ms": millis(step.at),
        "lasts_ms": millis(step.lasts),
        "hosts": hosts.collect::<Vec<_>>(),
        "fault": step.fault.name(),
    })
}

/// For people: what was broken when, what did not hold, and where to look.
pub(super) fn story(schedule: &Schedule, violated: &[&Summary]) -> String {
    let mut text = format!(
        "seed {}, schedule {:016x}\n{schedule}",
        schedule.seed,
        schedule.hash()
    );
    for summary in violated {
        text += "did not hold:\n";
        for violation in &summary.violations {
            let at = summary.seconds(violation.at);
            let _ = writeln!(text, "    at {at:8.3} s: {}", violation.text);
        }
        if let Some(files) = &summary.files {
            let _ = writeln!(
                text,
                "capture: {}\nlog: {}",
                files.capture.display(),
                files.log.display()
            );
        }
    }
    text
}
