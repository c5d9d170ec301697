//! From single probes to a state: rise, fall and hold-down. No clock, no I/O.

use std::time::Duration;

/// What a check says about its subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CheckState {
    /// Not judged yet: neither a success nor `fall` failures since the start. Counts neither for nor against.
    #[default]
    Unknown,
    /// Healthy.
    Up,
    /// Failed.
    Down,
}

impl CheckState {
    /// Name in JSON: `unknown`, `up` or `down`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// A change of state caused by one probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// Became healthy.
    Up,
    /// Failed.
    Down,
}

/// Flap damping: after going down, a check stays down for a while that doubles with each relapse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldDown {
    /// How long the first failure holds the check down.
    pub initial: Duration,
    /// The longest hold.
    pub max: Duration,
    /// Being up for this long makes the next failure count as the first again.
    pub forget: Duration,
}

/// Counts probes until they amount to a state.
///
/// - `fall` failures in a row make the check [`CheckState::Down`], from whatever state.
/// - From [`CheckState::Unknown`] one success makes it [`CheckState::Up`]: a daemon that starts beside a
///   healthy server should not wait.
/// - From [`CheckState::Down`] it takes `rise` successes in a row; each failure starts the count anew.
/// - While a [`HoldDown`] runs, successes count but do not raise; the first success after its end does,
///   if `rise` is reached.
#[derive(Clone, Debug)]
pub struct RiseFall {
    fall: u32,
    rise: u32,
    hold_down: Option<HoldDown>,
    state: CheckState,
    failures: u32,
    successes: u32,
    relapses: Option<u32>,
    raised_at: Option<Duration>,
    held_until: Option<Duration>,
}

impl RiseFall {
    /// A judge in state [`CheckState::Unknown`]. A threshold of 0 is taken as 1.
    #[must_use]
    pub fn new(fall: u32, rise: u32, hold_down: Option<HoldDown>) -> Self {
        Self {
            fall: fall.max(1),
            rise: rise.max(1),
            hold_down,
            state: CheckState::Unknown,
            failures: 0,
            successes: 0,
            relapses: None,
            raised_at: None,
            held_until: None,
        }
    }

    /// The state so far.
    #[must_use]
    pub const fn state(&self) -> CheckState {
        self.state
    }

    /// Failures in a row up to now.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Successes in a row up to now.
    #[must_use]
    pub const fn successes(&self) -> u32 {
        self.successes
    }

    /// Until when successes do not raise, on the clock given to [`RiseFall::on_result`].
    #[must_use]
    pub const fn held_until(&self) -> Option<Duration> {
        self.held_until
    }

    /// Counts one probe that ended at `now`, a monotonic time since any fixed moment.
    pub fn on_result(&mut self, ok: bool, now: Duration) -> Option<Change> {
        if ok {
            self.on_success(now)
        } else {
            self.on_failure(now)
        }
    }

    fn on_success(&mut self, now: Duration) -> Option<Change> {
        self.failures = 0;
        self.successes = self.successes.saturating_add(1);
        match self.state {
            CheckState::Up => return None,
            CheckState::Unknown => {}
            CheckState::Down => {
                let held = self.held_until.is_some_and(|until| now < until);
                if self.successes < self.rise || held {
                    return None;
                }
            }
        }
        self.state = CheckState::Up;
        self.held_until = None;
        self.raised_at = Some(now);
        Some(Change::Up)
    }

    fn on_failure(&mut self, now: Duration) -> Option<Change> {
        self.successes = 0;
        self.failures = self.failures.saturating_add(1);
        if self.state == CheckState::Down || self.failures < self.fall {
            return None;
        }
        self.state = CheckState::Down;
        if let Some(hold) = self.hold_down {
            let calm = self
                .raised_at
                .is_none_or(|raised| now.saturating_sub(raised) >= hold.forget);
            let relapses = match self.relapses {
                Some(earlier) if !calm => earlier.saturating_add(1),
                _ => 0,
            };
            self.relapses = Some(relapses);
            let doublings = 1_u32.checked_shl(relapses).unwrap_or(u32::MAX);
            self.held_until =
                Some(now.saturating_add(hold.initial.saturating_mul(doublings).min(hold.max)));
        }
        Some(Change::Down)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn feed(judge: &mut RiseFall, results: &str) -> Vec<Option<Change>> {
        results
            .chars()
            .map(|result| judge.on_result(result == '+', Duration::ZERO))
            .collect()
    }

    #[test]
    fn one_success_raises_an_unknown_check_and_fall_failures_lower_it() {
        let mut judge = RiseFall::new(3, 3, None);
        assert_eq!(feed(&mut judge, "--"), [None, None]);
        assert_eq!(judge.state(), CheckState::Unknown);
        assert_eq!(feed(&mut judge, "+"), [Some(Change::Up)]);
        let mut judge = RiseFall::new(3, 3, None);
        assert_eq!(feed(&mut judge, "---"), [None, None, Some(Change::Down)]);
    }

    #[test]
    fn a_success_starts_the_count_of_failures_anew() {
        let mut judge = RiseFall::new(2, 1, None);
        assert_eq!(
            feed(&mut judge, "+-+-+--")[1..],
            [None, None, None, None, None, Some(Change::Down)]
        );
    }

    #[test]
    fn a_failure_starts_the_count_of_successes_anew() {
        let mut judge = RiseFall::new(1, 3, None);
        feed(&mut judge, "-");
        assert_eq!(
            feed(&mut judge, "++-++-+++").last(),
            Some(&Some(Change::Up))
        );
        assert_eq!(judge.successes(), 3);
    }

    #[test]
    fn thresholds_of_zero_count_as_one() {
        let mut judge = RiseFall::new(0, 0, None);
        assert_eq!(
            feed(&mut judge, "+-+"),
            [Some(Change::Up), Some(Change::Down), Some(Change::Up)]
        );
    }

    #[test]
    fn the_hold_doubles_with_each_relapse_up_to_its_maximum_and_is_forgotten_after_calm() {
        let hold = HoldDown {
            initial: SECOND,
            max: SECOND * 5,
            forget: SECOND * 60,
        };
        let mut judge = RiseFall::new(1, 1, Some(hold));
        let mut now = SECOND;
        judge.on_result(true, now);
        for held in [1, 2, 4, 5, 5] {
            assert_eq!(judge.on_result(false, now), Some(Change::Down));
            let end = now + SECOND * held;
            assert_eq!(judge.held_until(), Some(end));
            assert_eq!(judge.on_result(true, end - Duration::from_millis(1)), None);
            assert_eq!(judge.on_result(true, end), Some(Change::Up));
            assert_eq!(judge.held_until(), None);
            now = end + SECOND;
        }
        now += SECOND * 60;
        judge.on_result(false, now);
        assert_eq!(judge.held_until(), Some(now + SECOND));
    }

    #[test]
    fn successes_during_the_hold_count_towards_rise() {
        let hold = HoldDown {
            initial: SECOND,
            max: SECOND,
            forget: SECOND,
        };
        let mut judge = RiseFall::new(1, 3, Some(hold));
        judge.on_result(false, Duration::ZERO);
        for _ in 0..5 {
            assert_eq!(judge.on_result(true, Duration::ZERO), None);
        }
        assert_eq!(judge.on_result(true, SECOND), Some(Change::Up));
    }

    proptest! {
        #[test]
        fn changes_alternate_and_come_only_after_enough_of_the_same(
            fall in 1_u32..6, rise in 1_u32..6, results in prop::collection::vec(any::<bool>(), 0..200),
        ) {
            let mut judge = RiseFall::new(fall, rise, None);
            let mut before = CheckState::Unknown;
            let mut run = (true, 0_u32);
            for ok in results {
                run = if run.0 == ok { (ok, run.1 + 1) } else { (ok, 1) };
                match judge.on_result(ok, Duration::ZERO) {
                    Some(Change::Down) => {
                        prop_assert!(!ok && run.1 >= fall && before != CheckState::Down);
                        prop_assert_eq!(judge.state(), CheckState::Down);
                    }
                    Some(Change::Up) => {
                        prop_assert!(ok && (run.1 >= rise || before == CheckState::Unknown));
                        prop_assert_eq!(judge.state(), CheckState::Up);
                    }
                    None => {
                        prop_assert_eq!(judge.state(), before);
                        prop_assert!(before == CheckState::Down || ok || run.1 < fall);
                        prop_assert!(before == CheckState::Up || !ok || run.1 < rise);
                    }
                }
                before = judge.state();
            }
        }
    }
}
