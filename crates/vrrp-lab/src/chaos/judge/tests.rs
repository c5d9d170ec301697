//! The judge on made-up times: one host with a fault, and what was seen then.

use std::net::IpAddr;

use vrrp_lab::{Report, VIP};

use super::*;
use crate::chaos::fault::Step;
use crate::chaos::journal::Notes;
use crate::subject::Software;

const STEP: Duration = Duration::from_millis(1);
const BOUNDS: Bounds = Bounds {
    interval: Duration::from_millis(100),
};

/// Ten seconds in which cp1 holds the VIP and answers.
struct Story {
    start: Instant,
    seen: Seen,
}

impl Story {
    fn new() -> Self {
        let start = Instant::now();
        let target = IpAddr::from(VIP);
        let seen = Seen {
            software: Software::Vrrpd,
            started: start,
            finished: start + STEP * 10_000,
            windows: Vec::new(),
            changes: Vec::new(),
            report: Report {
                target,
                duration: STEP * 10_000,
                sent: 20_000,
                unsent: 0,
                answered: 20_000,
                late: 0,
                gaps: Vec::new(),
                handovers: Vec::new(),
            },
            stalls: Vec::new(),
            notes: Notes::default(),
            mismatches: Vec::new(),
            stale: Vec::new(),
            settled_after: Some(STEP),
            diagnostics: None,
        };
        Self { start, seen }.holds(0, "cp1", true)
    }

    fn fault(mut self, place: usize, fault: Fault, from: u32, to: u32) -> Self {
        let (begun, ended) = (self.start + STEP * from, self.start + STEP * to);
        self.seen.windows.push(Window {
            step: Step {
                at: STEP * from,
                lasts: STEP * (to - from),
                hosts: vec![place],
                fault,
            },
            begun,
            mending: ended,
            ended,
        });
        self
    }

    fn holds(mut self, at: u32, host: &str, held: bool) -> Self {
        self.seen.changes.push(HolderChange {
            at: self.start + STEP * at,
            host: host.to_owned(),
            address: VIP.into(),
            held,
        });
        self
    }

    fn gap(mut self, from: u32, length: u32, unsent: u64) -> Self {
        let start = self.start + STEP * from;
        self.seen.report.gaps.push(Gap {
            start,
            end: Some(start + STEP * length),
            length: STEP * length,
            from: None,
            to: None,
            lost: u64::from(length) * 2 - unsent,
            unsent,
        });
        self
    }

    fn violations(&self) -> Vec<String> {
        let judged = judge(&self.seen, &BOUNDS);
        judged.violations.into_iter().map(|v| v.text).collect()
    }

    /// Exactly one invariant is violated, and its text has `part`.
    fn violates(&self, part: &str) {
        let violations = self.violations();
        assert_eq!(violations.len(), 1, "{violations:?}");
        assert!(violations[0].contains(part), "{violations:?}");
    }

    fn holds_good(&self) {
        assert_eq!(self.violations(), [""; 0]);
    }
}

#[test]
fn nothing_happens_and_nothing_is_wrong() {
    Story::new().holds_good();
}

#[test]
fn a_second_holder_is_only_allowed_where_nobody_can_hear_it() {
    Story::new()
        .fault(0, Fault::Cut, 1_000, 3_000)
        .holds(1_300, "cp2", true)
        .holds(3_100, "cp2", false)
        .holds_good();
}

#[test]
fn a_second_holder_in_a_fault_that_cuts_nobody_off_is_wrong() {
    Story::new()
        .fault(0, Fault::ApiSick, 1_000, 3_000)
        .holds(1_300, "cp2", true)
        .holds(3_100, "cp2", false)
        .violates("cp1 and cp2 both held the VIP for 1.8s");
}

#[test]
fn after_a_partition_two_holders_have_one_interval_and_a_margin() {
    Story::new()
        .fault(0, Fault::Cut, 1_000, 3_000)
        .holds(1_300, "cp2", true)
        .holds(3_400, "cp2", false)
        .violates("both held the VIP for 400ms; 300ms are allowed");
}

#[test]
fn what_a_killed_daemon_leaves_is_gone_with_its_lease() {
    let story = |lost| {
        Story::new()
            .fault(0, Fault::Kill, 1_000, 5_000)
            .holds(1_300, "cp2", true)
            .holds(lost, "cp1", false)
            .holds(5_300, "cp1", true)
            .holds(5_301, "cp2", false)
    };
    story(2_100).holds_good();
    let violations = story(3_700).violations();
    assert!(violations[0].contains("cp1 and cp2 both"), "{violations:?}");
    assert!(violations[1].contains("cp1 still held"), "{violations:?}");
}

#[test]
fn a_failover_without_a_cause_is_wrong() {
    let violations = Story::new()
        .holds(5_000, "cp1", false)
        .holds(5_000, "cp2", true)
        .holds(5_300, "cp2", false)
        .holds(5_300, "cp1", true)
        .violations();
    let [second, first] = &violations[..] else {
        panic!("{violations:?}");
    };
    assert!(
        second.contains("cp2 held the VIP in a calm time"),
        "{second}"
    );
    assert!(first.contains("cp1 did not hold the VIP"), "{first}");
}

#[test]
fn an_outage_is_as_long_as_its_cause_allows() {
    let cut = || Story::new().fault(0, Fault::Cut, 1_000, 3_000);
    cut().gap(1_000, 400, 0).holds_good();
    let violations = cut().gap(1_000, 900, 0).violations();
    assert!(
        violations[0].contains("nobody answered for 900ms"),
        "{violations:?}"
    );
    // Probes that this machine did not send are nobody's fault.
    cut().gap(1_000, 900, 1_000).holds_good();
}

#[test]
fn an_outage_without_a_cause_is_wrong() {
    Story::new()
        .gap(5_000, 150, 0)
        .violates("allowed for: nothing");
}

#[test]
fn many_short_outages_count_as_a_long_one() {
    let flapping = (0..9).fold(
        Story::new().fault(0, Fault::Terminate, 1_000, 2_000),
        |story, number| story.gap(1_000 + number * 100, 60, 0),
    );
    flapping.violates("in all");
}

#[test]
fn panics_and_leftovers_are_wrong() {
    let mut story = Story::new();
    let line = "thread 'main' panicked at src/main.rs:1".to_owned();
    story.seen.notes.lines = vec![(story.start, "cp2".to_owned(), line)];
    story.violates("panicked");
    let mut story = Story::new();
    story.seen.stale = vec!["10.0.50.20/32 on cp2".to_owned()];
    story.violates("was left behind");
}

#[test]
fn what_a_stalled_machine_brings_about_is_nobodys_fault() {
    let mut story = Story::new()
        .gap(5_000, 300, 0)
        .holds(5_250, "cp1", false)
        .holds(5_250, "cp2", true)
        .holds(5_600, "cp2", false)
        .holds(5_600, "cp1", true);
    assert!(!story.violations().is_empty());
    let from = story.start + STEP * 5_000;
    story.seen.stalls = vec![Span::new(from, from + STEP * 250)];
    story.holds_good();
}

#[test]
fn clients_find_a_holder_that_nobody_heard_with_its_next_announcement() {
    // cp2 was cut off and is a holder since 1.3 s; from 3 s on it can be heard and is alone.
    let story = |mended, length| {
        let mut story = Story::new()
            .fault(1, Fault::Cut, 1_000, mended)
            .fault(0, Fault::Crash, 2_900, 6_000)
            .holds(1_300, "cp2", true)
            .holds(2_900, "cp1", false)
            .holds(6_400, "cp1", true)
            .holds(6_401, "cp2", false)
            .gap(2_900, length, 0);
        story.seen.report.gaps[0].to = Some("cp2".to_owned());
        story
    };
    // A takeover after the crash, the end of the cut, and 725 ms, an advert and a margin.
    story(3_000, 500 + 300 + 1_000).holds_good();
    let violations = story(3_000, 500 + 300 + 1_400).violations();
    assert!(violations[0].contains("nobody answered"), "{violations:?}");
}
