//! What a virtual router wants done. The caller carries it out in order.

use core::net::IpAddr;
use core::time::Duration;

use vrrp_wire::{Centiseconds, ChecksumForm};

use crate::{Cause, Event, State};

/// One thing to do or to tell. Lifetimes are whole seconds; `None` means for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send an advert to the group, or to each peer;
    /// [`crate::VirtualRouter::advert`] makes the message.
    SendAdvert(AdvertOut),
    /// Add every virtual address; those already there are taken over.
    AcquireAddresses {
        /// Kernel lifetime.
        lifetime: Option<Duration>,
    },
    /// Give every virtual address its full lifetime again.
    RenewLease {
        /// Kernel lifetime.
        lifetime: Option<Duration>,
    },
    /// Remove every virtual address.
    ReleaseAddresses,
    /// Add one virtual address that the configuration gained while we hold the others.
    AddAddress {
        /// The address.
        address: IpAddr,
        /// Kernel lifetime.
        lifetime: Option<Duration>,
    },
    /// Remove one virtual address that the configuration lost.
    RemoveAddress {
        /// The address.
        address: IpAddr,
    },
    /// Announce every virtual address: gratuitous ARP (RFC 9568 §8.1.2) or unsolicited NA
    /// (§8.2.2).
    Announce {
        /// How many times, at least 1.
        count: u8,
    },
    /// The state changed.
    Transition {
        /// The state before.
        from: State,
        /// The state now.
        to: State,
        /// Why; a full sentence by `Display`.
        cause: Cause,
    },
    /// Something an operator may want to know.
    Event(Event),
    /// Nothing is held any more after [`crate::Input::Shutdown`]; every further input is ignored.
    Left,
}

/// An advert to send; what it says beside this is in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvertOut {
    /// The effective priority, or 0 on leaving (RFC 9568 §5.2.4).
    pub priority: u8,
    /// Our own interval; in the goodbye of a loser the winner's.
    pub interval: Centiseconds,
    /// Checksum form, where there is a choice.
    pub form: ChecksumForm,
    /// How much later than its Adver_Timer this advert is sent; `None` for one that answers
    /// something else than that timer.
    pub lateness: Option<Duration>,
}
