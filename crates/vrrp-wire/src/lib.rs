//! Bytes to types and back: VRRP adverts of versions 2 and 3, gratuitous ARP,
//! unsolicited neighbour advertisements. No I/O and no clock live here.
#![forbid(unsafe_code)]

mod types;

pub use types::{Centiseconds, ChecksumForm, Family, Version};
