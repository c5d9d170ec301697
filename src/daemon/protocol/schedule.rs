//! One ordered table of deadlines for all virtual routers.
//!
//! A deadline that moves later, as a backup's does with every advert, costs nothing here: the
//! old entry stays, and when it comes up the owner is asked anew. Only a deadline that moves
//! earlier adds an entry. So the steady path neither allocates nor sorts.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use vrrp_core::Instant;

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

    /// When to look again.
    pub(super) fn next(&self) -> Option<Instant> {
        self.queue.peek().map(|Reverse((deadline, _))| *deadline)
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
        assert_eq!(schedule.next(), Some(at(10)));
        assert_eq!(schedule.pop_due(at(5)), None);
        assert_eq!(schedule.pop_due(at(30)), Some(0));
        assert_eq!(schedule.pop_due(at(30)), Some(1));
        assert_eq!(schedule.pop_due(at(30)), None);
        assert_eq!(schedule.next(), None);
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
        assert_eq!(schedule.next(), None);
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
