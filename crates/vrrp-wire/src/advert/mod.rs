//! The VRRP advertisement itself; reading is in `parse`, writing in `emit`.

mod emit;
mod parse;

use crate::{AddressList, Auth, Centiseconds, Version};

/// A parsed or to-be-emitted advert. Parsing borrows the packet and allocates nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advert<'a> {
    /// Protocol version.
    pub version: Version,
    /// Virtual router identifier, 1 to 255.
    pub vrid: u8,
    /// 0 for a master that leaves, 255 for the address owner.
    pub priority: u8,
    /// The sender's advertisement interval; in version 2 always whole seconds.
    pub interval: Centiseconds,
    /// Authentication; [`Auth::None`] in version 3.
    pub auth: Auth,
    /// The virtual addresses, at least one.
    pub addresses: AddressList<'a>,
}

impl Advert<'_> {
    /// The virtual router identifier in `message`, even if the message is otherwise invalid, so
    /// that a dropped packet can be counted for the instance it was meant for.
    #[must_use]
    pub fn vrid_of(message: &[u8]) -> Option<u8> {
        message.get(1).copied()
    }
}
