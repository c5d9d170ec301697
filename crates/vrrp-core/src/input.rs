//! What can happen to a virtual router from outside.

use core::net::IpAddr;

use vrrp_wire::{Advert, ChecksumForm, DropReason};

use crate::{FaultReason, GroupOrder};

/// One thing that happened. Which state it means something in is written at each.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The interface can be used and `source` is our address on it: the Startup event of
    /// RFC 9568 §6.4.1. Again with another source when that changes.
    Up {
        /// Primary IPv4 address or link-local IPv6 address of the interface.
        source: IpAddr,
    },
    /// The interface, or the address on it, cannot be used: to fault, addresses released.
    Down {
        /// What is wrong with it.
        reason: FaultReason,
    },
    /// An advert that is well-formed and came with the TTL demanded (RFC 9568 §7.1).
    Advert {
        /// Source address of the packet.
        source: IpAddr,
        /// The advert itself.
        advert: &'a Advert<'a>,
        /// The checksum form it came with; `None` where there is only one.
        form: Option<ChecksumForm>,
    },
    /// Time has passed; give it at [`crate::VirtualRouter::deadline`]. Harmless at other times.
    Timer,
    /// The priority after all tracked checks and interfaces were taken into account.
    Priority {
        /// 1 to 255; 0 counts as 1.
        effective: u8,
        /// Why it is lower than the configured one, for people; `None` if it is not.
        degraded: Option<&'a str>,
    },
    /// Hand over now, once. Means something to a master only.
    Resign,
    /// Hand over if master, and stay backup until [`Input::Undrain`].
    Drain,
    /// End of [`Input::Drain`]; also ends what is left of an [`Input::Resign`].
    Undrain,
    /// Leave for good: [`crate::Output::Left`] tells when all is released. A second one does not
    /// wait for a new master.
    Shutdown,
    /// Somebody removed a virtual address that we hold.
    AddressesLost,
    /// The carrier was away and is back, without a fault in between; neighbours may have
    /// forgotten us.
    LinkRefreshed,
    /// The sync group this router is in wants it to move.
    Group(GroupOrder),
}

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken in; also an advert that RFC 9568 §6.4 discards for its lower priority.
    Accepted,
    /// The advert failed a check and touched neither timer nor state.
    Dropped(DropReason),
}
