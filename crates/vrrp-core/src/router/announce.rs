//! When to announce the addresses by gratuitous ARP or unsolicited NA.

use core::time::Duration;

use crate::timers::Timer;
use crate::{Event, Instant, Output, State};

use super::VirtualRouter;

/// From the burst of a new master to its second one.
const SECOND_BURST: Duration = Duration::from_secs(5);
/// Single announcements are apart by the time since the takeover divided by this.
const SPREAD: u32 = 4;
/// At first by this many intervals, about the time that backups wait for a lost master.
const FIRST_STEP: u32 = 3;
/// Without a refresh, single announcements end when they are this far apart.
const LONGEST_STEP: Duration = Duration::from_secs(60);
/// From the burst of a new master, or the first one after a conflict, to its echo: more than an
/// old master's addresses linger, and what a loser needs to take its addresses and announce them.
const ECHO: Duration = Duration::from_millis(20);
/// Bounds of the shortest time between two single announcements, and between two bursts after
/// conflicts, otherwise reckoned in intervals. At longer intervals than the second one a single
/// announcement does not wait for the next advert.
const SPACING: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// What follows the burst of a new master, or one that answered another master.
#[derive(Clone, Copy, Debug)]
pub(super) enum Echo {
    Burst,
    Single,
}

impl VirtualRouter {
    /// The whole schedule of a new master: a burst at once, one after 5 s, and single
    /// announcements between and after them, ever further apart until one comes every refresh.
    ///
    /// The single ones are for a host that took over while it was cut off: clients did not hear
    /// its bursts. If the old master is lost before the two have heard each other, nothing tells
    /// it when its announcements are heard again. So the next one is never further away than a
    /// quarter of the time it has been master.
    pub(super) fn announce_from_now(&mut self) {
        self.announce_burst();
        if self.config.announce.burst > 0 {
            // The old master may have answered who asked for the hardware address just now.
            self.echo = Some(Echo::Single);
            self.timers.arm(Timer::AnnounceConflict, self.now + ECHO);
        }
        self.arm_announce_again();
    }

    pub(super) fn announce_burst(&mut self) {
        self.last_announced = self.now;
        self.announce(self.config.announce.burst);
    }

    fn announce(&mut self, count: u8) {
        if count > 0 {
            self.push(Output::Announce { count });
        }
    }

    pub(super) fn arm_announce_again(&mut self) {
        let elapsed = self.now.since(self.since);
        let Some(step) = self.announce_step(elapsed) else {
            self.timers.cancel(Timer::AnnounceAgain);
            return;
        };
        let mut next = elapsed + step;
        if elapsed < SECOND_BURST && self.config.announce.burst > 0 {
            next = next.min(SECOND_BURST);
        }
        self.timers.arm(Timer::AnnounceAgain, self.since + next);
    }

    /// The schedule under another policy: what was to come already is not put off.
    pub(super) fn change_announcements(&mut self) {
        let planned = self.timers.get(Timer::AnnounceAgain);
        self.arm_announce_again();
        if let (Some(planned), Some(_)) = (planned, self.timers.get(Timer::AnnounceAgain)) {
            self.timers.arm_by(Timer::AnnounceAgain, planned);
        }
    }

    /// From an announcement so long after the takeover to the next; `None`: it was the last.
    fn announce_step(&self, elapsed: Duration) -> Option<Duration> {
        let policy = self.config.announce;
        let refresh = policy.refresh.filter(|refresh| !refresh.is_zero());
        if policy.burst == 0 {
            return refresh;
        }
        let (shortest, longest) = SPACING;
        let first = (self.own_interval() * FIRST_STEP).clamp(shortest, longest);
        let step = (elapsed / SPREAD).max(first);
        match refresh {
            Some(refresh) => Some(step.min(refresh)),
            None => (step < LONGEST_STEP).then_some(step),
        }
    }

    pub(super) fn on_announce_again_timer(&mut self, at: Instant) {
        // Late or not, the second burst is not left out.
        let second = at.since(self.since) <= SECOND_BURST
            && self.now.since(self.since) >= SECOND_BURST
            && self.config.announce.burst > 0;
        if second {
            self.announce_burst();
        } else if self.last_sent == self.now || self.own_interval() > SPACING.1 {
            self.announce(1);
        } else {
            self.announcement_waits = true;
        }
        self.arm_announce_again();
    }

    /// A single announcement goes out with an advert. If another master hears that and is the
    /// better one, it announces right after us. Otherwise a second master that hears nobody
    /// would lead clients away each time, until the first one speaks again.
    pub(super) fn announce_with_advert(&mut self) {
        if core::mem::take(&mut self.announcement_waits) && self.held {
            self.announce(1);
        }
    }

    /// After another master was heard: a burst at once, unless one has just been sent. The loser
    /// may have announced after it advertised, and its advert reaches us before its
    /// announcement reaches our clients: so there is an echo soon after, which puts clients
    /// right whom the loser has led away. In a conflict that is new the echo is a burst, and
    /// one more follows for a slow loser.
    pub(super) fn announce_after_conflict(&mut self) {
        let spacing = self.conflict_spacing();
        let quiet = self.now.since(self.last_announced);
        let mut next = self.last_announced + spacing;
        if quiet >= spacing {
            self.announce_burst();
            next = self.now + ECHO;
            // In a conflict that goes on, the bursts never are this far apart.
            self.echo = Some(if quiet >= spacing * 2 {
                Echo::Burst
            } else {
                Echo::Single
            });
        }
        self.timers.arm_by(Timer::AnnounceConflict, next);
    }

    pub(super) fn on_announce_conflict_timer(&mut self) {
        match self.echo.take() {
            Some(Echo::Single) => self.announce(1),
            Some(Echo::Burst) => {
                self.announce_burst();
                let next = self.now + self.conflict_spacing();
                self.timers.arm_by(Timer::AnnounceConflict, next);
            }
            None => self.announce_burst(),
        }
    }

    fn conflict_spacing(&self) -> Duration {
        let (shortest, longest) = SPACING;
        self.own_interval().clamp(shortest, longest)
    }

    pub(super) fn on_link_refreshed(&mut self) {
        if self.state == State::Master && !self.is_leaving() {
            self.announce_burst();
        }
    }

    /// Somebody removed an address: it is back at once, and no state changes.
    pub(super) fn on_addresses_lost(&mut self) {
        if self.state != State::Master {
            return;
        }
        self.acquire_addresses();
        self.announce_burst();
        self.warn(Event::AddressesRestored);
    }
}
