//! The fixed table of timers of one router.

use crate::Instant;

/// The timers there are. Those of the RFC carry its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// Master_Down_Timer (RFC 9568 §6.2).
    MasterDown,
    /// Adver_Timer (RFC 9568 §6.2).
    Advert,
    /// An advert put off by the limit on immediate ones.
    Assert,
    /// End of a handover or of an offer.
    Leave,
    /// Priority 0 once more.
    LeaveAgain,
    /// Next offer of a degraded master.
    Offer,
    /// The lease is to be renewed.
    Lease,
    /// Addresses that linger are to be released.
    Linger,
    /// The next announcement that only time calls for: the second burst, or a single one.
    AnnounceAgain,
    /// The burst that follows a conflict.
    AnnounceConflict,
}

impl Timer {
    pub(crate) const ALL: [Self; 10] = [
        Self::MasterDown,
        Self::Advert,
        Self::Assert,
        Self::Leave,
        Self::LeaveAgain,
        Self::Offer,
        Self::Lease,
        Self::Linger,
        Self::AnnounceAgain,
        Self::AnnounceConflict,
    ];
}

/// When each timer fires; at most one time each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    at: [Option<Instant>; Timer::ALL.len()],
}

impl Timers {
    pub(crate) fn get(&self, timer: Timer) -> Option<Instant> {
        self.at[timer as usize]
    }

    pub(crate) fn arm(&mut self, timer: Timer, at: Instant) {
        self.at[timer as usize] = Some(at);
    }

    /// Arms `timer` unless it fires earlier already.
    pub(crate) fn arm_by(&mut self, timer: Timer, at: Instant) {
        let earliest = self.get(timer).map_or(at, |armed| armed.min(at));
        self.arm(timer, earliest);
    }

    pub(crate) fn cancel(&mut self, timer: Timer) {
        self.at[timer as usize] = None;
    }

    pub(crate) fn cancel_all(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn earliest(&self) -> Option<Instant> {
        self.at.iter().copied().flatten().min()
    }

    /// Takes a timer that is due at `now` out of the table: the earliest, and of equal ones the
    /// first in the table.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<(Timer, Instant)> {
        let (timer, at) = Timer::ALL
            .into_iter()
            .filter_map(|timer| self.get(timer).map(|at| (timer, at)))
            .filter(|(_, at)| *at <= now)
            .min_by_key(|(_, at)| *at)?;
        self.cancel(timer);
        Some((timer, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn due_timers_come_out_in_the_order_of_their_times() {
        let mut timers = Timers::default();
        timers.arm(Timer::Lease, at(30));
        timers.arm(Timer::Advert, at(20));
        timers.arm(Timer::AnnounceAgain, at(50));
        assert_eq!(timers.earliest(), Some(at(20)));
        assert_eq!(timers.take_due(at(40)), Some((Timer::Advert, at(20))));
        assert_eq!(timers.take_due(at(40)), Some((Timer::Lease, at(30))));
        assert_eq!(timers.take_due(at(40)), None);
        assert_eq!(timers.earliest(), Some(at(50)));
    }

    #[test]
    fn arm_by_never_puts_a_timer_off() {
        let mut timers = Timers::default();
        timers.arm_by(Timer::Assert, at(20));
        timers.arm_by(Timer::Assert, at(30));
        assert_eq!(timers.get(Timer::Assert), Some(at(20)));
        timers.arm_by(Timer::Assert, at(10));
        assert_eq!(timers.get(Timer::Assert), Some(at(10)));
        timers.cancel_all();
        assert_eq!(timers.earliest(), None);
    }

    #[test]
    fn the_table_lists_every_timer_at_its_own_place() {
        for (index, timer) in Timer::ALL.into_iter().enumerate() {
            assert_eq!(timer as usize, index);
        }
    }
}
