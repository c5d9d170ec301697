//! What can be asked of a router, for status, metrics and the message of an advert.

use core::time::Duration;

use vrrp_wire::{AddressList, Advert, Centiseconds, ChecksumForm};

use crate::{
    AdvertOut, Cause, Counters, Instant, MasterInfo, PeerInfo, RouterConfig, State,
    master_down_interval, skew_time,
};

use super::VirtualRouter;

impl VirtualRouter {
    /// The state now.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Since when it is in that state.
    #[must_use]
    pub const fn since(&self) -> Instant {
        self.since
    }

    /// Why it is in that state, or still in it.
    #[must_use]
    pub const fn cause(&self) -> &Cause {
        &self.cause
    }

    /// [`VirtualRouter::cause`] as a sentence.
    #[must_use]
    pub fn reason(&self) -> String {
        self.cause.to_string()
    }

    /// What it runs with.
    #[must_use]
    pub fn config(&self) -> &RouterConfig {
        &self.config
    }

    /// Our own address on the interface while that can be used.
    #[must_use]
    pub const fn source(&self) -> Option<core::net::IpAddr> {
        self.source
    }

    /// Whether the virtual addresses are to be on this host now.
    #[must_use]
    pub const fn holds_addresses(&self) -> bool {
        self.held
    }

    /// Whether it hands over: priority 0 is sent, the addresses are held, by a master or for a
    /// moment after [`crate::Input::Shutdown`].
    #[must_use]
    pub fn leaving(&self) -> bool {
        self.is_leaving() || self.departing
    }

    /// Whether [`crate::Input::Drain`] is in force.
    #[must_use]
    pub const fn drained(&self) -> bool {
        self.withheld.drained()
    }

    /// The priority it advertises and is elected with.
    #[must_use]
    pub const fn effective_priority(&self) -> u8 {
        self.effective
    }

    /// Why the effective priority is lowered, if it is.
    #[must_use]
    pub fn degraded(&self) -> Option<&str> {
        self.degraded.as_deref()
    }

    /// The master, ourselves included; `None` while none is known.
    #[must_use]
    pub fn master(&self) -> Option<MasterInfo> {
        if self.state != State::Master {
            return self.master;
        }
        self.source.map(|address| MasterInfo {
            address,
            priority: self.effective,
            last_heard: self.last_sent,
        })
    }

    /// The others heard under our identifier: the latest 32.
    pub fn peers(&self) -> impl Iterator<Item = PeerInfo> + '_ {
        self.peers.iter()
    }

    /// Counts since the router was made.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Master_Adver_Interval as learned from the master; `None` while our own counts.
    #[must_use]
    pub const fn learned_interval(&self) -> Option<Centiseconds> {
        self.learned_interval
    }

    /// The checksum form peers were last heard with.
    #[must_use]
    pub const fn heard_form(&self) -> Option<ChecksumForm> {
        self.heard_form
    }

    /// Skew_Time as of now (RFC 9568 §6.1).
    #[must_use]
    pub fn skew_time(&self) -> Duration {
        skew_time(self.config.version, self.effective, self.master_interval())
    }

    /// Master_Down_Interval as of now (RFC 9568 §6.1).
    #[must_use]
    pub fn master_down_interval(&self) -> Duration {
        master_down_interval(self.config.version, self.effective, self.master_interval())
    }

    /// The advert that `out` stands for, ready to be written.
    #[must_use]
    pub fn advert(&self, out: &AdvertOut) -> Advert<'_> {
        Advert {
            version: self.config.version,
            vrid: self.config.vrid,
            priority: out.priority,
            interval: out.interval,
            auth: self.config.auth,
            addresses: AddressList::Slice(&self.config.addresses),
        }
    }

    /// Master_Adver_Interval (RFC 9568 §6.1).
    pub(super) fn master_interval(&self) -> Duration {
        self.learned_interval
            .unwrap_or(self.config.advert_interval)
            .duration()
    }

    /// Advertisement_Interval (RFC 9568 §6.1).
    pub(super) fn own_interval(&self) -> Duration {
        self.config.advert_interval.duration()
    }
}
