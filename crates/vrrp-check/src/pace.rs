//! When the next probe is due: the interval, the quick repeats after a refusal, the budget of the sentinel. Pure.

use std::time::Duration;

/// Refused, reset and closed probes repeat at this pace until `fall` is reached. How long a restart of the
/// server may last without a failover therefore follows from `fall` alone: (fall - 1) times this.
pub(crate) const PROMPT: Duration = Duration::from_millis(50);

/// A lost connection is worth a probe at once only if connections usually last; a server that hangs up after
/// each answer must not be probed in a circle. Each early loss spends one of these; one connection that lasts
/// restores all.
const BUDGET: u32 = 3;

/// A connection that idled this long (or for one interval) lasted.
const LASTED: Duration = Duration::from_secs(1);

/// Decides when the next probe starts.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    first: Option<Duration>,
    budget: u32,
}

impl Pace {
    /// `phase`, 0 to 255, spreads checks of equal interval that start together.
    pub(crate) const fn new(interval: Duration, phase: u8) -> Self {
        let shortened = interval.saturating_sub(Duration::from_nanos(
            (interval.as_nanos() / 512).saturating_mul(phase as u128) as u64,
        ));
        Self {
            interval,
            first: Some(shortened),
            budget: BUDGET,
        }
    }

    /// Time from the start of the probe that just ended to the start of the next.
    /// `repeat`: the probe failed promptly and the check is not down yet.
    pub(crate) fn next(&mut self, took: Duration, repeat: bool) -> Duration {
        if repeat {
            return took.saturating_add(PROMPT.min(self.interval));
        }
        self.first.take().unwrap_or(self.interval).max(took)
    }

    /// A connection was lost after idling for `idle`; whether to probe at once.
    pub(crate) fn on_loss(&mut self, idle: Duration) -> bool {
        if idle >= LASTED.min(self.interval) {
            self.budget = BUDGET;
            return true;
        }
        self.budget = match self.budget.checked_sub(1) {
            Some(left) => left,
            None => return false,
        };
        true
    }

    /// A connection was still open when the next probe was due.
    pub(crate) const fn on_lasted(&mut self) {
        self.budget = BUDGET;
    }
}

/// A phase made from the check's name, the same at each start.
pub(crate) fn phase(name: &str) -> u8 {
    name.bytes()
        .fold(0x5c, |hash: u8, byte| hash.rotate_left(3) ^ byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_second_probe_comes_earlier_by_the_phase_and_later_ones_at_the_interval() {
        let mut pace = Pace::new(SECOND, 255);
        let first = pace.next(Duration::ZERO, false);
        assert!(first > SECOND / 2 && first < SECOND * 51 / 100, "{first:?}");
        assert_eq!(pace.next(Duration::ZERO, false), SECOND);
    }

    #[test]
    fn a_probe_longer_than_the_interval_is_followed_at_once_but_never_overlapped() {
        let mut pace = Pace::new(SECOND, 0);
        assert_eq!(pace.next(SECOND * 3, false), SECOND * 3);
    }

    #[test]
    fn a_prompt_failure_repeats_after_fifty_milliseconds_or_the_interval_if_shorter() {
        assert_eq!(Pace::new(SECOND, 7).next(Duration::ZERO, true), PROMPT);
        let short = Duration::from_millis(10);
        assert_eq!(Pace::new(short, 7).next(Duration::ZERO, true), short);
    }

    #[test]
    fn a_server_that_hangs_up_after_each_answer_gets_three_extra_probes_and_no_more() {
        let mut pace = Pace::new(SECOND * 10, 0);
        let extra = (0..100)
            .filter(|_| pace.on_loss(Duration::from_millis(2)))
            .count();
        assert_eq!(extra, 3);
    }

    #[test]
    fn a_connection_that_lasts_restores_the_budget() {
        let mut pace = Pace::new(SECOND * 10, 0);
        while pace.on_loss(Duration::ZERO) {}
        pace.on_lasted();
        assert!(pace.on_loss(Duration::ZERO));
        while pace.on_loss(Duration::ZERO) {}
        assert!(
            pace.on_loss(SECOND),
            "an idle time-out of a second is a connection that lasted"
        );
        assert!(pace.on_loss(Duration::ZERO));
    }

    #[test]
    fn with_an_interval_under_a_second_one_interval_is_lasting_enough() {
        let mut pace = Pace::new(SECOND / 10, 0);
        assert!((0..100).all(|_| pace.on_loss(SECOND / 10)));
    }
}
