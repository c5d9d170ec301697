//! Bytes to types and back: VRRP adverts of versions 2 and 3, gratuitous ARP,
//! unsolicited neighbour advertisements. No I/O and no clock live here,
//! and nothing here allocates.
#![no_std]
#![forbid(unsafe_code)]

mod addresses;
mod advert;
mod arp;
mod auth;
mod checksum;
pub mod constants;
mod drop_reason;
mod error;
pub mod frame;
mod ndp;
mod types;

pub use addresses::{AddressList, Addresses};
pub use advert::Advert;
pub use arp::{ArpError, ArpForm, GratuitousArp, gratuitous_arp, parse_gratuitous_arp};
pub use auth::Auth;
pub use constants::virtual_mac;
pub use drop_reason::DropReason;
pub use error::{EmitError, ParseError};
pub use ndp::{NaError, NeighborAdvert, parse_na, solicited_node, unsolicited_na};
pub use types::{Centiseconds, ChecksumForm, Family, Version};
