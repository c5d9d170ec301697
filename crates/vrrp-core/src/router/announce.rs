//! When to announce the addresses by gratuitous ARP or unsolicited NA.

use core::time::Duration;

use crate::timers::Timer;
use crate::{Event, Output, State};

use super::VirtualRouter;

/// From the burst of a new master to its second one.
const SECOND_BURST: Duration = Duration::from_secs(5);
/// From the first burst after a conflict to its echo: what a loser needs to take its addresses
/// and announce them.
const CONFLICT_ECHO: Duration = Duration::from_millis(20);
/// Bounds of the time between two bursts after conflicts, otherwise one interval.
const CONFLICT_SPACING: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

impl VirtualRouter {
    /// The whole schedule of a new master: a burst at once, one after 5 s, then one
    /// announcement every refresh.
    pub(super) fn announce_from_now(&mut self) {
        self.announce_burst();
        self.timers
            .arm(Timer::AnnounceAgain, self.now + SECOND_BURST);
        self.arm_announce_refresh();
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

    pub(super) fn arm_announce_refresh(&mut self) {
        match self.config.announce.refresh {
            Some(refresh) if !refresh.is_zero() => {
                self.timers.arm(Timer::AnnounceRefresh, self.now + refresh);
            }
            _ => self.timers.cancel(Timer::AnnounceRefresh),
        }
    }

    pub(super) fn on_announce_refresh_timer(&mut self) {
        self.announce(1);
        self.arm_announce_refresh();
    }

    /// After another master was heard: a burst at once, unless one has just been sent. The loser
    /// may have announced after it advertised, and its advert reaches us before its
    /// announcement reaches our clients: so there is an echo soon after, which puts clients
    /// right whom the loser has led away, and one more burst for a slow loser.
    pub(super) fn announce_after_conflict(&mut self) {
        let spacing = self.conflict_spacing();
        let quiet = self.now.since(self.last_announced);
        if quiet >= spacing {
            self.announce_burst();
        }
        // In a conflict that goes on, the bursts never are this far apart.
        let next = if quiet >= spacing * 2 {
            self.echo = true;
            self.now + CONFLICT_ECHO
        } else {
            self.last_announced + spacing
        };
        self.timers.arm_by(Timer::AnnounceConflict, next);
    }

    pub(super) fn on_announce_conflict_timer(&mut self) {
        self.announce_burst();
        if core::mem::take(&mut self.echo) {
            let next = self.now + self.conflict_spacing();
            self.timers.arm_by(Timer::AnnounceConflict, next);
        }
    }

    fn conflict_spacing(&self) -> Duration {
        let (shortest, longest) = CONFLICT_SPACING;
        self.own_interval().clamp(shortest, longest)
    }

    pub(super) fn on_link_refreshed(&mut self) {
        if self.state == State::Master && !self.is_leaving() {
            self.announce_burst();
        }
    }

    /// Somebody removed an address: it is back at once, and no state changes.
    pub(super) fn on_addresses_lost(&mut self) {
        if !self.held {
            return;
        }
        self.acquire_addresses();
        self.announce_burst();
        self.warn(Event::AddressesRestored);
    }
}
