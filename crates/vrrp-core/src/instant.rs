//! A point in time as the caller's monotonic clock tells it.

use core::num::NonZeroU64;
use core::ops::{Add, AddAssign, Sub};
use core::time::Duration;

/// Nanoseconds since an epoch of the caller's choice. Arithmetic saturates: neither a clock
/// that starts at zero nor one near its end can make it panic. The last one is `u64::MAX - 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(
    /// One more than the nanoseconds, so that an absent one takes no room beside it.
    NonZeroU64,
);

impl Default for Instant {
    fn default() -> Self {
        Self::from_nanos(0)
    }
}

impl Instant {
    /// The instant `nanos` nanoseconds after the epoch.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(nanos))
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0.get() - 1
    }

    /// How much later `self` is than `earlier`; zero if it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.get().saturating_sub(earlier.0.get()))
    }

    /// The last multiple of `step` since the epoch that is not later; itself if `step` is zero.
    #[must_use]
    pub fn rounded_down(self, step: Duration) -> Self {
        let nanos_now = self.as_nanos();
        let past = nanos_now.checked_rem(nanos(step)).unwrap_or(0);
        Self::from_nanos(nanos_now - past)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self::from_nanos(self.as_nanos().saturating_sub(nanos(duration)))
    }
}

impl Sub for Instant {
    type Output = Duration;

    /// The same as [`Instant::since`].
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        let end = Instant::from_nanos(u64::MAX);
        assert_eq!(end + Duration::from_secs(1), end);
        assert_eq!(end + Duration::MAX, end);
        let start = Instant::from_nanos(5);
        assert_eq!(start - Duration::from_secs(1), Instant::from_nanos(0));
        assert_eq!(start - end, Duration::ZERO);
        assert_eq!(end.since(start), Duration::from_nanos(u64::MAX - 1 - 5));
    }

    #[test]
    fn addition_and_subtraction_undo_each_other() {
        let mut at = Instant::from_nanos(1_000);
        at += Duration::from_nanos(7);
        assert_eq!(at.as_nanos(), 1_007);
        let before = at - Duration::from_nanos(7);
        assert_eq!(before, Instant::from_nanos(1_000));
        assert_eq!(at - before, Duration::from_nanos(7));
    }

    #[test]
    fn rounding_down_never_leads_to_a_later_time() {
        let step = Duration::from_nanos(10);
        let rounded = |nanos| Instant::from_nanos(nanos).rounded_down(step).as_nanos();
        assert_eq!((rounded(0), rounded(9), rounded(10)), (0, 0, 10));
        assert_eq!(rounded(u64::MAX), u64::MAX / 10 * 10);
        let now = Instant::from_nanos(7);
        assert_eq!(now.rounded_down(Duration::ZERO), now);
    }
}
