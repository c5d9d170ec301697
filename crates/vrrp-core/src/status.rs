//! What a virtual router knows of itself and of others, for status and metrics.

use core::net::IpAddr;

use vrrp_wire::Centiseconds;

use crate::{Instant, State};

/// The router that is master as far as we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MasterInfo {
    /// Its address; our own if we are master.
    pub address: IpAddr,
    /// The priority it advertises.
    pub priority: u8,
    /// When it was last heard; when we last advertised if it is us.
    pub last_heard: Instant,
}

/// Another router of the same virtual router that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerInfo {
    /// Source address of its adverts.
    pub address: IpAddr,
    /// Priority of its last advert; 0 if it left.
    pub priority: u8,
    /// Interval of its last advert.
    pub interval: Centiseconds,
    /// When it was last heard.
    pub last_heard: Instant,
}

/// Counts since the router was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Changes to each state, in the order of [`State::ALL`].
    pub transitions: [u64; State::ALL.len()],
    /// Adverts sent, those of priority 0 included.
    pub adverts_sent: u64,
    /// Adverts of priority 0 sent.
    pub leaves_sent: u64,
    /// Adverts accepted, those of priority 0 included.
    pub adverts_received: u64,
    /// Adverts of priority 0 accepted.
    pub leaves_received: u64,
    /// Adverts dropped by a check of this crate.
    pub adverts_dropped: u64,
    /// Adverts of another master heard while master.
    pub master_conflicts: u64,
    /// Times the addresses were given their lifetime again.
    pub lease_renewals: u64,
    /// Times we were found to have been away for too long.
    pub stalls: u64,
    /// Adverts sent later than half an interval.
    pub late_adverts: u64,
}

impl Counters {
    /// Changes to `state`.
    #[must_use]
    pub const fn transitions_to(&self, state: State) -> u64 {
        self.transitions[state.number() as usize]
    }
}
