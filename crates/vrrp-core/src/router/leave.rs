//! Make before break: handing over without a moment in which nobody answers.
//!
//! RFC 9568 §6.4.3 lets a master that is shut down send priority 0 and stop. Its backups then
//! wait their Skew_Time, and nobody answers meanwhile. Here the master sends priority 0 but
//! holds the addresses until it hears its successor, and a moment longer. It sends no other advert in that time: one
//! of a higher priority would put its backups' timers back.

use core::net::IpAddr;
use core::time::Duration;

use vrrp_wire::Advert;

use crate::timers::Timer;
use crate::{Cause, Event, Instant, Output, State, skew_time};

use super::VirtualRouter;

/// The longest time from the first advert of a new master to the answer of the one before.
const ROUND_TRIP: Duration = Duration::from_millis(20);

/// A master that has sent priority 0 and still holds the addresses: what follows when a
/// successor is heard, or when none is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// Init in either case.
    Shutdown,
    /// Backup in either case; without a successor it may become master again after
    /// Master_Down_Interval.
    Resign,
    /// As for resign, on behalf of the sync group.
    Group,
    /// Backup in either case, until no longer withheld.
    Withheld,
    /// Backup if somebody better answers, else it stays master.
    Offer {
        /// Effective priority before it fell.
        from: u8,
        /// Made again without being asked: not worth a line in the log.
        repeated: bool,
        /// When priority 0 was sent.
        started: Instant,
    },
}

impl VirtualRouter {
    /// Whether the router is on its way out. One that merely offers is not.
    pub(super) fn is_leaving(&self) -> bool {
        self.leave
            .is_some_and(|leave| !matches!(leave, Leave::Offer { .. }))
    }

    /// Longest time between priority 0 and the release of the addresses. The slowest backup
    /// has a Skew_Time of just under one interval, to which the margin adds the second priority
    /// 0, the way there and back and its own lateness.
    fn leave_wait(&self) -> Duration {
        let interval = self.own_interval();
        let margin = (interval / 4).clamp(Duration::from_millis(50), Duration::from_secs(1));
        interval + margin
    }

    /// Starts to leave in the way of `leave`, or goes on leaving in that other way.
    pub(super) fn begin_leave(&mut self, leave: Leave) {
        let under_way = self.is_leaving();
        self.leave = Some(leave);
        if under_way {
            return;
        }
        let wait = self.leave_wait();
        self.timers.cancel_all();
        // After a stall there may be less left of it than the handover takes.
        if self.lease_ends_within(wait) {
            self.renew_lease();
        } else {
            self.arm_lease();
        }
        self.send_leave();
        // Once more, early: a lost priority 0 would cost our backups Master_Down_Interval
        // while we are gone. RFC 9568 backups start their Skew_Time anew on hearing it, which
        // `leave_wait` allows for.
        self.timers
            .arm(Timer::LeaveAgain, self.now + self.own_interval() / 8);
        self.timers.arm(Timer::Leave, self.now + wait);
        self.push(Output::Event(Event::Leaving { wait }));
    }

    pub(super) fn on_leave_timer(&mut self) {
        match self.leave {
            Some(Leave::Offer { repeated, .. }) => self.decline_offer(repeated),
            Some(_) => self.finish_leave(None),
            None => {}
        }
    }

    /// An advert heard while priority 0 stands. Anyone's advert ends a handover: whoever sends
    /// it holds the addresses.
    pub(super) fn on_advert_while_leaving(&mut self, source: IpAddr, advert: &Advert<'_>) {
        if advert.priority == 0 {
            return;
        }
        match self.leave {
            Some(Leave::Offer { .. }) => self.on_answer_to_offer(source, advert),
            Some(_) => self.finish_leave(Some((source, advert))),
            None => {}
        }
    }

    /// Whether an advert of the master that we preempted a moment ago was sent before it can have
    /// heard that we leave: to say that it gives way, not that it takes over again, for which it
    /// waits its Skew_Time.
    pub(super) fn crossed_our_leave(&self, advert: &Advert<'_>) -> bool {
        let Some(end) = self.timers.get(Timer::Leave).filter(|_| self.is_leaving()) else {
            return false;
        };
        let skew = skew_time(self.config.version, advert.priority, self.own_interval());
        let fresh = self.now.since(self.since) <= ROUND_TRIP.min(self.own_interval() / 4);
        fresh && self.now + self.leave_wait() < end + skew
    }

    pub(super) fn finish_leave(&mut self, successor: Option<(IpAddr, &Advert<'_>)>) {
        let to = successor.map(|(address, _)| address);
        let cause = match self.leave {
            Some(Leave::Shutdown) => {
                self.depart(to);
                return;
            }
            Some(Leave::Group) => Cause::GroupBackup { to },
            _ => Cause::Resigned { to },
        };
        let cause = self.withheld.cause(to).unwrap_or(cause);
        match successor {
            Some((source, advert)) => {
                self.make_way(State::Backup, cause);
                self.follow(source, advert);
            }
            None => {
                self.change_state(State::Backup, cause);
                self.restart_master_down_timer();
            }
        }
        self.yielded = true;
    }

    /// Before anything else is done with an input other than an advert: a leave whose time was
    /// over while the router did not run has ended. The lease may have too, and an undrain must
    /// not go back to addresses that are gone.
    pub(super) fn end_overdue_leave(&mut self) {
        let over = self.timers.get(Timer::Leave);
        if self.is_leaving() && over.is_some_and(|over| over <= self.now) {
            self.finish_leave(None);
        }
    }

    /// Goes on as master after priority 0 was sent: advertises at once, before the backups'
    /// Skew_Time has passed.
    pub(super) fn resume_mastership(&mut self) {
        self.leave = None;
        self.timers.cancel(Timer::Leave);
        self.timers.cancel(Timer::LeaveAgain);
        self.send_advert(None);
        self.restart_advert_timer();
        if self.timers.get(Timer::AnnounceAgain).is_none() {
            self.arm_announce_again();
        }
        self.arm_next_offer();
    }
}
