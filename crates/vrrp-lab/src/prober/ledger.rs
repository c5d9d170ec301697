//! The book of answers: who answered, since when, and every gap between two answers.

use std::time::{Duration, Instant};

/// A time without an answer: probes went unanswered, were answered late, or were not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// When the last answer before came; for a service that never answered before, when probing
    /// began.
    pub start: Instant,
    /// When the next answer came; `None` while there is none.
    pub end: Option<Instant>,
    /// From start to end, or to the moment the report was made.
    pub length: Duration,
    /// Who answered before.
    pub from: Option<String>,
    /// Who answers after.
    pub to: Option<String>,
    /// Probes sent in it without an answer. None if all were answered in the end, but late.
    pub lost: u64,
    /// Probes that were due in it but not sent, because this machine was busy. A gap with many
    /// of these says as much about the machine as about the service.
    pub unsent: u64,
}

impl Gap {
    /// What of it the service owes: not the probes that this machine did not send.
    #[must_use]
    pub fn owed(&self) -> Duration {
        let unsent = u32::try_from(self.unsent).unwrap_or(u32::MAX);
        self.length
            .saturating_sub(super::PROBE_INTERVAL.saturating_mul(unsent))
    }
}

/// From here on another host answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// When its first answer came.
    pub at: Instant,
    /// Who answered before.
    pub from: Option<String>,
    /// Who answers now.
    pub to: String,
}

/// Answers further apart than this make a gap even if no probe went unanswered.
const LATE: Duration = Duration::from_millis(5);

/// An answered probe.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// Place among all probes that were due; each has one, sent or not.
    pub(super) number: u64,
    /// Probes due but not sent before this one, since the beginning.
    pub(super) unsent: u64,
    pub(super) sent: Instant,
    /// When the answer arrived at this machine's kernel.
    pub(super) received: Instant,
    pub(super) host: String,
}

/// What answers have told so far.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    started: Instant,
    pub(super) last: Option<Answer>,
    pub(super) gaps: Vec<Gap>,
    pub(super) handovers: Vec<Handover>,
    pub(super) answered: u64,
    /// Answers that came after the answer to a later probe; they close no gap.
    pub(super) late: u64,
}

impl Ledger {
    pub(super) const fn new(started: Instant) -> Self {
        Self {
            started,
            last: None,
            gaps: Vec::new(),
            handovers: Vec::new(),
            answered: 0,
            late: 0,
        }
    }

    /// Enters an answer. Answers in time come in the order of the probes.
    pub(super) fn enter(&mut self, answer: Answer) {
        self.answered += 1;
        if self
            .last
            .as_ref()
            .is_some_and(|last| last.number >= answer.number)
        {
            self.late += 1;
            return;
        }
        if let Some(gap) = self.gap_before(&answer) {
            self.gaps.push(gap);
        }
        let from = self.last.as_ref().map(|last| last.host.clone());
        if from.as_ref() != Some(&answer.host) {
            let handover = Handover {
                at: answer.received,
                from,
                to: answer.host.clone(),
            };
            self.handovers.push(handover);
        }
        self.last = Some(answer);
    }

    /// Where a gap would begin now: its start, the number of the first probe in it, the probes
    /// not sent before it, and who answered before it.
    fn edge(&self) -> (Instant, u64, u64, Option<String>) {
        match &self.last {
            Some(last) => (
                last.received,
                last.number + 1,
                last.unsent,
                Some(last.host.clone()),
            ),
            None => (self.started, 0, 0, None),
        }
    }

    /// The gap that `answer` ends, if there is one.
    fn gap_before(&self, answer: &Answer) -> Option<Gap> {
        let (start, number, unsent, from) = self.edge();
        let length = answer.received.saturating_duration_since(start);
        let missing = answer.number.saturating_sub(number);
        let unsent = answer.unsent.saturating_sub(unsent);
        (missing > 0 || length > LATE).then(|| Gap {
            start,
            end: Some(answer.received),
            length,
            from,
            to: Some(answer.host.clone()),
            lost: missing.saturating_sub(unsent),
            unsent,
        })
    }

    /// The gap that is open at `now`, after `due` probes were due and `unsent` of them not sent,
    /// provided that the last answer is older than `patience`.
    pub(super) fn open_gap(
        &self,
        now: Instant,
        due: u64,
        unsent: u64,
        patience: Duration,
    ) -> Option<Gap> {
        let (start, number, unsent_before, from) = self.edge();
        let length = now.saturating_duration_since(start);
        let unsent = unsent.saturating_sub(unsent_before);
        (length > patience).then(|| Gap {
            start,
            end: None,
            length,
            from,
            to: None,
            lost: due.saturating_sub(number).saturating_sub(unsent),
            unsent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(1);

    fn answer(start: Instant, number: u32, unsent: u64, host: &str) -> Answer {
        Answer {
            number: number.into(),
            unsent,
            sent: start + STEP * number,
            received: start + STEP * number,
            host: host.to_owned(),
        }
    }

    #[test]
    fn probes_answered_one_after_the_other_leave_no_gap() {
        let start = Instant::now();
        let mut ledger = Ledger::new(start);
        for number in 0..10 {
            ledger.enter(answer(start, number, 0, "a"));
        }
        assert_eq!(ledger.gaps, []);
        assert_eq!(ledger.answered, 10);
    }

    #[test]
    fn a_gap_lasts_from_answer_to_answer_and_names_both_hosts() {
        let start = Instant::now();
        let mut ledger = Ledger::new(start);
        ledger.enter(answer(start, 0, 0, "a"));
        ledger.enter(answer(start, 11, 0, "b"));
        let gap = ledger.gaps.pop().expect("a gap");
        assert_eq!(gap.length, STEP * 11);
        assert_eq!((gap.lost, gap.unsent), (10, 0));
        assert_eq!(
            (gap.from.as_deref(), gap.to.as_deref()),
            (Some("a"), Some("b"))
        );
    }

    #[test]
    fn probes_that_are_all_answered_but_late_make_one_gap() {
        let start = Instant::now();
        let mut ledger = Ledger::new(start);
        ledger.enter(answer(start, 0, 0, "a"));
        // Held up on the way and let go all at once, one of them after the sender paused.
        for (number, unsent) in [(1, 0), (2, 0), (4, 1), (5, 1)] {
            let late = answer(start, number, unsent, "a");
            ledger.enter(Answer {
                received: start + STEP * 100,
                ..late
            });
        }
        let lengths: Vec<_> = ledger.gaps.iter().map(|gap| gap.length).collect();
        assert_eq!(lengths, [STEP * 100, Duration::ZERO]);
        assert_eq!((ledger.gaps[0].lost, ledger.gaps[0].unsent), (0, 0));
    }

    #[test]
    fn a_first_answer_that_comes_late_ends_a_gap_since_the_beginning() {
        let start = Instant::now();
        let mut ledger = Ledger::new(start);
        let first = answer(start, 0, 0, "a");
        ledger.enter(Answer {
            received: start + STEP * 100,
            ..first
        });
        assert_eq!(ledger.gaps.len(), 1);
        assert_eq!(
            (ledger.gaps[0].start, ledger.gaps[0].from.as_deref()),
            (start, None)
        );
    }

    #[test]
    fn probes_that_were_never_sent_show_as_such() {
        let start = Instant::now();
        let mut ledger = Ledger::new(start);
        ledger.enter(answer(start, 0, 0, "a"));
        ledger.enter(answer(start, 11, 8, "a"));
        let gap = ledger.gaps.pop().expect("a gap");
        assert_eq!((gap.lost, gap.unsent), (2, 8));
    }

    #[test]
    fn an_answer_overtaken_by_a_later_one_is_late_and_closes_no_gap() {
        let start = Instant::now();
        let mut ledger = Ledger::new(start);
        for number in [0, 2, 1, 3] {
            ledger.enter(answer(start, number, 0, "a"));
        }
        assert_eq!(ledger.late, 1);
        assert_eq!(ledger.gaps.len(), 1);
    }

    #[test]
    fn silence_to_the_end_is_an_open_gap() {
        let start = Instant::now();
        let mut ledger = Ledger::new(start);
        ledger.enter(answer(start, 0, 0, "a"));
        let gap = ledger
            .open_gap(start + STEP * 20, 20, 3, STEP)
            .expect("a gap");
        assert_eq!((gap.end, gap.lost, gap.unsent), (None, 16, 3));
        assert_eq!(ledger.open_gap(start + STEP, 2, 0, STEP), None);
    }
}
