//! One ordered table of deadlines for all virtual routers.
//!
//! A deadline that moves later, as a backup's does with every advert, costs nothing here: the
//! old entry stays, and when it is the earliest the owner is asked anew. Only a deadline that
//! moves earlier adds an entry. So the steady path neither allocates nor sorts, and a backup that
//! hears its master wakes for no timer.
//!
//! Deadlines that lie close together share one wake-up: the adverts of many virtual routers
//! then leave by one call to the kernel. One that stands alone is met exactly.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use vrrp_core::Instant;

/// By how much a deadline may be missed so that others are met by the same wake-up. A hundredth
/// of the shortest interval.
const SHARED: Duration = Duration::from_micros(100);

/// Deadlines by owner, where an owner is a small index.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    queue: BinaryHeap<Reverse<(Instant, usize)>>,
    /// The earliest entry each owner has in `queue`.
    queued: Vec<Option<Instant>>,
}

impl Schedule {
    /// Makes sure that `owner` comes up no later than `deadline`.
    pub(super) fn at_latest(&mut self, owner: usize, deadline: Option<Instant>) {
        let Some(deadline) = deadline else { return };
        if owner >= self.queued.len() {
            self.queued.resize(owner + 1, None);
        }
        if self.queued[owner].is_none_or(|queued| deadline < queued) {
            self.queued[owner] = Some(deadline);
            self.queue.push(Reverse((deadline, owner)));
        }
    }

    /// When to look again, given a timer that is set to `armed` and the present deadline of each
    /// owner. That is `armed` itself as long as it does for the earliest deadline.
    pub(super) fn next_wake(
        &mut self,
        armed: Option<Instant>,
        deadline_of: impl Fn(usize) -> Option<Instant>,
    ) -> Option<Instant> {
        loop {
            let Some(&Reverse((entry, owner))) = self.queue.peek() else {
                return armed;
            };
            if armed.is_some_and(|armed| armed <= entry + SHARED) {
                return armed;
            }
            let current = self.queued[owner] == Some(entry);
            let deadline = deadline_of(owner);
            if current && deadline.is_some_and(|deadline| deadline <= entry) {
                return Some(self.shared_by(entry));
            }
            self.queue.pop();
            if current {
                self.queued[owner] = None;
                self.at_latest(owner, deadline);
            }
        }
    }

    /// When to wake for the entry at `first`: somewhat later if others come up until then.
    fn shared_by(&self, first: Instant) -> Instant {
        let latest = first + SHARED;
        // The second earliest is a child of the root.
        let children = self.queue.as_slice().iter().skip(1).take(2);
        let second = children.map(|Reverse((entry, _))| *entry).min();
        match second {
            Some(second) if second <= latest => latest,
            _ => first,
        }
    }

    /// The next owner whose entry has come up. It must be given back with
    /// [`at_latest`](Self::at_latest) and its present deadline.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<usize> {
        while let Some(&Reverse((deadline, owner))) = self.queue.peek() {
            if deadline > now {
                return None;
            }
            self.queue.pop();
            if self.queued[owner] == Some(deadline) {
                self.queued[owner] = None;
                return Some(owner);
            }
        }
        None
    }

    /// Forgets everything, as when owners are numbered anew.
    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.queued.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_nanos(0) + Duration::from_millis(millis)
    }

    #[test]
    fn owners_come_up_in_the_order_of_their_deadlines() {
        let mut schedule = Schedule::default();
        schedule.at_latest(1, Some(at(20)));
        schedule.at_latest(0, Some(at(10)));
        assert_eq!(schedule.next_wake(None, |_| Some(at(10))), Some(at(10)));
        assert_eq!(schedule.pop_due(at(5)), None);
        assert_eq!(schedule.pop_due(at(30)), Some(0));
        assert_eq!(schedule.pop_due(at(30)), Some(1));
        assert_eq!(schedule.pop_due(at(30)), None);
        assert_eq!(schedule.next_wake(None, |_| None), None);
    }

    #[test]
    fn a_deadline_that_moves_later_adds_no_entry() {
        let mut schedule = Schedule::default();
        for millis in 10..1000 {
            schedule.at_latest(0, Some(at(millis)));
        }
        assert_eq!(schedule.queue.len(), 1);
        assert_eq!(schedule.pop_due(at(10)), Some(0));
    }

    #[test]
    fn a_deadline_that_moves_earlier_comes_up_once() {
        let mut schedule = Schedule::default();
        schedule.at_latest(0, Some(at(50)));
        schedule.at_latest(0, Some(at(5)));
        assert_eq!(schedule.pop_due(at(100)), Some(0));
        assert_eq!(schedule.pop_due(at(100)), None);
    }

    #[test]
    fn an_owner_without_deadline_never_comes_up() {
        let mut schedule = Schedule::default();
        schedule.at_latest(3, None);
        assert_eq!(schedule.next_wake(None, |_| None), None);
    }

    #[test]
    fn deadlines_that_lie_close_together_share_a_wake_up() {
        let late = |micros| at(10) + Duration::from_micros(micros);
        let deadlines = [at(10), late(40), late(130)];
        let mut schedule = Schedule::default();
        schedule.at_latest(2, Some(deadlines[2]));
        schedule.at_latest(0, Some(deadlines[0]));
        assert_eq!(
            schedule.next_wake(None, |owner| Some(deadlines[owner])),
            Some(deadlines[0]),
            "one that stands alone is met exactly"
        );
        schedule.at_latest(1, Some(deadlines[1]));
        let wake = schedule.next_wake(None, |owner| Some(deadlines[owner]));
        assert_eq!(wake, Some(deadlines[0] + SHARED));
        assert_eq!(schedule.pop_due(late(100)), Some(0));
        assert_eq!(schedule.pop_due(late(100)), Some(1));
        assert_eq!(schedule.pop_due(late(100)), None);
        assert_eq!(
            schedule.next_wake(None, |owner| Some(deadlines[owner])),
            Some(deadlines[2])
        );
    }

    #[test]
    fn a_timer_that_fires_soon_enough_is_left_alone() {
        let mut schedule = Schedule::default();
        schedule.at_latest(0, Some(at(10)));
        let deadline_of = |_| Some(at(10));
        assert_eq!(schedule.next_wake(Some(at(7)), deadline_of), Some(at(7)));
        assert_eq!(
            schedule.next_wake(Some(at(10) + SHARED), deadline_of),
            Some(at(10) + SHARED)
        );
        assert_eq!(schedule.next_wake(Some(at(11)), deadline_of), Some(at(10)));
    }

    #[test]
    fn nobody_is_woken_for_deadlines_that_have_moved() {
        let mut schedule = Schedule::default();
        for owner in 0..250 {
            schedule.at_latest(owner, Some(at(10)));
        }
        assert_eq!(
            schedule.next_wake(None, |_| Some(at(46))),
            Some(at(46) + SHARED)
        );
        assert_eq!(schedule.pop_due(at(45)), None);
        assert_eq!(schedule.queue.len(), 250);
    }

    #[test]
    fn clearing_forgets_every_owner() {
        let mut schedule = Schedule::default();
        schedule.at_latest(0, Some(at(5)));
        schedule.clear();
        assert_eq!(schedule.pop_due(at(100)), None);
        schedule.at_latest(0, Some(at(7)));
        assert_eq!(schedule.pop_due(at(100)), Some(0));
    }
}
