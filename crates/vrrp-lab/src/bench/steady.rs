//! Whether the programs keep time while every core is busy: all of them at once, so that the load
//! is the same for each, and each pair of hosts on a switch of its own.

use std::time::Duration;

use serde_json::json;
use vrrp_lab::{Lab, Result};

use super::fleet::{Fleet, SETTLES, lab_without_client};
use super::hogs::Hogs;
use super::lateness::{Lateness, heard, now, silences};
use super::pair::{CHANGES, Pair, TELLS};
use super::plan::Plan;
use super::report::{Metric, Report, Sample};
use super::spread::Unit;
use super::usage::in_real_time;
use crate::span::Span;
use crate::stalls::Stalls;
use crate::subject::Software;
use crate::table::millis;

const INSTANCES: usize = 1;
const INTERVAL: Duration = Duration::from_millis(10);
const DURATION: Duration = Duration::from_secs(600);

const ADVERTS: Metric = Metric {
    key: "adverts",
    name: "adverts",
    unit: Unit::Count,
};
const LATE_50: Metric = Metric {
    key: "late_p50_ms",
    name: "late, p50",
    unit: Unit::Milliseconds,
};
const LATE_99: Metric = Metric {
    key: "late_p99_ms",
    name: "p99",
    unit: Unit::Milliseconds,
};
const LATE_999: Metric = Metric {
    key: "late_p999_ms",
    name: "p99.9",
    unit: Unit::Milliseconds,
};
/// Silence of two intervals and more, whoever broke it.
const SILENCES: Metric = Metric {
    key: "silences",
    name: "silences",
    unit: Unit::Count,
};
/// Of those, in how many a processor of this machine did not run what had to run.
const STALLED: Metric = Metric {
    key: "silences_in_stalls",
    name: "in stalls",
    unit: Unit::Count,
};
/// The longest time for which a processor did not run a thread of higher priority than any here.
const STALL: Metric = Metric {
    key: "longest_stall_ms",
    name: "longest stall",
    unit: Unit::Milliseconds,
};
const LATE_WORST: Metric = Metric {
    key: "late_worst_ms",
    name: "worst",
    unit: Unit::Milliseconds,
};

/// How a program is scheduled.
#[derive(Clone, Copy, Debug)]
struct Subject {
    software: Software,
    /// What its config says, for people.
    scheduling: &'static str,
    /// The same as lines of the config.
    globals: &'static str,
    /// Whether that is real time.
    real_time: bool,
}

const SUBJECTS: [Subject; 4] = [
    Subject {
        software: Software::Vrrpd,
        scheduling: "realtime: auto",
        globals: "realtime: auto\n",
        real_time: true,
    },
    Subject {
        software: Software::Vrrpd,
        scheduling: "realtime: off",
        globals: "realtime: off\n",
        real_time: false,
    },
    Subject {
        software: Software::Keepalived,
        scheduling: "vrrp_rt_priority 10",
        globals: "    vrrp_rt_priority 10\n",
        real_time: true,
    },
    Subject {
        software: Software::Keepalived,
        scheduling: "default",
        globals: "",
        real_time: false,
    },
];

/// A pair of hosts of one subject. The programs end before the lab.
#[derive(Debug)]
struct Scene {
    pair: Pair,
    lab: Lab,
    fleet: Fleet,
    before: u64,
    notes: Vec<String>,
}

/// Measures and prints.
pub(super) fn run(plan: &Plan) -> Result<()> {
    let mut report = Report::new(
        "steady",
        &[
            &CHANGES,
            &ADVERTS,
            &LATE_50,
            &LATE_99,
            &LATE_999,
            &LATE_WORST,
            &SILENCES,
            &STALLED,
            &STALL,
        ],
    );
    let count = plan.only_instances.unwrap_or(INSTANCES);
    let interval = plan.interval(INTERVAL);
    let duration = plan.duration.unwrap_or(DURATION);
    let subjects = SUBJECTS
        .iter()
        .filter(|subject| plan.software.contains(&subject.software));
    let rows: Vec<(usize, Subject, Fleet)> = subjects
        .map(|subject| {
            let mut fleet = Fleet::new(subject.software, count, interval);
            fleet.globals = subject.globals;
            let row = report.row(vec![
                ("instances", count.to_string()),
                ("interval", humantime::format_duration(interval).to_string()),
                ("program", subject.software.name().to_owned()),
                ("scheduling", subject.scheduling.to_owned()),
            ]);
            (row, *subject, fleet)
        })
        .collect();
    let mut busy = 0;
    for _ in 0..plan.runs {
        let scenes: Vec<(usize, Result<Scene>)> = rows
            .iter()
            .map(|(row, subject, fleet)| (*row, Scene::start(*subject, fleet)))
            .collect();
        std::thread::sleep(SETTLES.min(duration));
        let scenes: Vec<(usize, Result<Scene>)> = scenes
            .into_iter()
            .map(|(row, scene)| (row, scene.and_then(Scene::begin)))
            .collect();
        let stalls = Stalls::watch()?;
        let hogs = Hogs::start()?;
        busy = hogs.cores();
        let begin = now();
        std::thread::sleep(duration);
        let end = now();
        drop(hogs);
        std::thread::sleep(TELLS);
        for (row, scene) in scenes {
            let sample = scene.and_then(|scene| scene.sample(begin, end, &stalls.spans()));
            report.add(row, sample)?;
        }
    }
    report.print(
        plan.json,
        json!({"runs": plan.runs, "duration_ms": millis(duration), "busy_cores": busy}),
    );
    Ok(())
}

impl Scene {
    fn start(subject: Subject, fleet: &Fleet) -> Result<Self> {
        let lab = lab_without_client(2)?;
        let pair = Pair::start(fleet, &lab)?;
        let mut notes = Vec::new();
        for running in [&pair.master, &pair.backup] {
            if in_real_time(running)? != subject.real_time {
                let is = if subject.real_time { "not" } else { "yet" };
                notes.push(format!("{is} in real time"));
            }
        }
        Ok(Self {
            pair,
            lab,
            fleet: fleet.clone(),
            before: 0,
            notes,
        })
    }

    /// What happens from now on counts.
    fn begin(mut self) -> Result<Self> {
        self.before = self.pair.changes(&self.fleet, &self.lab)?;
        Ok(self)
    }

    /// What happened between two stamps, while the machine stood still for `stalls`.
    fn sample(self, begin: Duration, end: Duration, stalls: &[Span]) -> Result<Sample> {
        let adverts = heard(self.lab.capture(), begin, end);
        let lateness = Lateness::of(&adverts, self.fleet.interval, end);
        let mut sample = Sample::default();
        self.pair
            .tell_changes(&mut sample, &self.fleet, &self.lab, self.before);
        sample.set(&ADVERTS, adverts.len() as f64);
        for (metric, part) in [
            (&LATE_50, 0.5),
            (&LATE_99, 0.99),
            (&LATE_999, 0.999),
            (&LATE_WORST, 1.0),
        ] {
            if let Some(late) = lateness.quantile(part) {
                sample.set(metric, late);
            }
        }
        let silences = silences(&adverts, self.fleet.interval * 2);
        let stalled = |silence: &&Span| stalls.iter().any(|stall| stall.and(silence).is_some());
        sample.set(&SILENCES, silences.len() as f64);
        sample.set(&STALLED, silences.iter().filter(stalled).count() as f64);
        let longest = stalls.iter().map(Span::length).max().unwrap_or_default();
        sample.set(&STALL, longest.as_secs_f64() * 1e3);
        self.notes.into_iter().for_each(|note| sample.note(note));
        let hosts = [self.lab.host("cp1")?, self.lab.host("cp2")?];
        self.fleet
            .note_misplaced(&mut sample, hosts, "at the end")?;
        Ok(sample)
    }
}
