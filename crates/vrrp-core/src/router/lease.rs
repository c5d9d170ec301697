//! How long addresses stay: the lease, for which the kernel keeps those of a daemon that no longer
//! runs, and the moment that they linger after somebody else took over.

use core::time::Duration;

use vrrp_wire::Centiseconds;

use crate::timers::Timer;
use crate::{LeasePolicy, Output, State};

use super::VirtualRouter;

/// Renewals in one lifetime. With the shortest lifetime, 1 s, a healthy daemon may be three
/// quarters of a second late before an address is lost, at the price of four netlink requests
/// per second.
const RENEWALS_PER_LIFETIME: u32 = 4;

/// From the successor's first advert to the release of the addresses. The successor advertises
/// first, then takes the addresses and announces them (RFC 9568 §6.4.2): clients that had no
/// answer in between would see a gap. Short, for a client that asks for the hardware address in
/// this time may be told ours; the successor announces again soon after.
const LINGER: Duration = Duration::from_millis(5);

impl VirtualRouter {
    /// The lifetime to give the addresses, in whole seconds as the kernel counts;
    /// `None` for ever. `auto`: when our backups' Master_Down_Interval has passed without us,
    /// the kernel should drop what they now hold.
    pub(super) fn lease_lifetime(&self) -> Option<Duration> {
        let seconds = match self.config.lease {
            LeasePolicy::Off => return None,
            LeasePolicy::Seconds(seconds) => u64::from(seconds),
            LeasePolicy::Auto => {
                let interval = self.master_down_interval_of(self.config.advert_interval);
                interval.as_secs() + u64::from(interval.subsec_nanos() > 0)
            }
        };
        Some(Duration::from_secs(seconds.max(1)))
    }

    pub(super) fn acquire_addresses(&mut self) {
        self.held = true;
        let lifetime = self.lease_lifetime();
        self.push(Output::AcquireAddresses { lifetime });
        self.begin_lease(lifetime);
    }

    pub(super) fn release_addresses(&mut self) {
        if self.held {
            self.held = false;
            self.push(Output::ReleaseAddresses);
        }
        self.lease_until = None;
        self.timers.cancel(Timer::Lease);
    }

    /// Keeps the addresses for a moment although we are no master any more.
    pub(super) fn linger(&mut self) {
        let wait = LINGER.min(self.own_interval() / 4);
        self.timers.arm(Timer::Linger, self.now + wait);
    }

    /// Whether the addresses are only held until the successor has surely announced them.
    pub(super) fn lingers(&self) -> bool {
        self.held && self.state != State::Master
    }

    pub(super) fn end_linger(&mut self) {
        self.timers.cancel(Timer::Linger);
        self.release_addresses();
        if self.departing {
            self.leave_for_good();
        }
    }

    pub(super) fn arm_lease(&mut self) {
        match self.lease_lifetime() {
            Some(lifetime) => {
                let next = self.next_in_step(self.now, lifetime / RENEWALS_PER_LIFETIME);
                self.timers.arm(Timer::Lease, next);
            }
            None => self.timers.cancel(Timer::Lease),
        }
    }

    pub(super) fn renew_lease(&mut self) {
        if !self.held {
            return;
        }
        self.counters.lease_renewals += 1;
        let lifetime = self.lease_lifetime();
        self.push(Output::RenewLease { lifetime });
        self.begin_lease(lifetime);
    }

    fn begin_lease(&mut self, lifetime: Option<Duration>) {
        self.lease_until = lifetime.map(|lifetime| self.now + lifetime);
        self.arm_lease();
    }

    /// Takes the addresses again if their lease ended. An absence shorter than
    /// Master_Down_Interval can cost them, if it began when the lease was about to be renewed;
    /// no backup need have taken over yet.
    pub(super) fn check_lease(&mut self) {
        if self.lease_ends_within(Duration::ZERO) {
            self.on_addresses_lost();
        }
    }

    /// Whether the kernel drops the addresses before `wait` is over unless the lease is renewed.
    pub(super) fn lease_ends_within(&self, wait: Duration) -> bool {
        self.lease_until
            .is_some_and(|until| until <= self.now + wait)
    }

    /// Master_Down_Interval of a router of our priority behind a master of `interval`.
    pub(super) fn master_down_interval_of(&self, interval: Centiseconds) -> Duration {
        crate::master_down_interval(self.config.version, self.effective, interval.duration())
    }
}
