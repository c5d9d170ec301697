//! Numbers the RFCs fix: protocol, groups, TTL, field limits, virtual MAC addresses.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{Centiseconds, Family};

/// IP protocol number of VRRP (RFC 9568 §5.1.1.4).
pub const IP_PROTOCOL: u8 = 112;

/// Where adverts over IPv4 go (RFC 9568 §5.1.1.2).
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);

/// Where adverts over IPv6 go (RFC 9568 §5.1.2.2).
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);

/// All nodes of the link: where unsolicited neighbour advertisements go (RFC 4861 §7.2.6).
pub const ALL_NODES_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// TTL and hop limit of every advert (RFC 9568 §5.1.1.3).
pub const TTL: u8 = 255;

/// Type of service of every advert: class selector 6, as routing protocols use it.
pub const TOS: u8 = 0xc0;

/// The one packet type there is: ADVERTISEMENT (RFC 9568 §5.2.2).
pub const TYPE_ADVERTISEMENT: u8 = 1;

/// The type of a probe of `vrrpd doctor`. RFC 9568 does not know it: every router drops it
/// (section 5.2.2), and vrrpd notes where it came from.
pub const TYPE_PROBE: u8 = 15;

/// Bytes before the first address, in both versions (RFC 9568 §5.2).
pub const HEADER_LEN: usize = 8;

/// Bytes of authentication data after the last address of a version 2 advert (RFC 3768 §5.3.10).
pub const AUTH_LEN: usize = 8;

/// The most addresses one advert can carry: its count is one byte (RFC 9568 §5.2.5).
pub const MAX_ADDRESSES: usize = 255;

/// Bytes of the longest advert there can be: version 3, 255 IPv6 addresses.
pub const MAX_MESSAGE_LEN: usize = HEADER_LEN + MAX_ADDRESSES * 16;

/// Longest interval of version 3: 12 bits of centiseconds (RFC 9568 §5.2.7).
pub const MAX_INTERVAL_V3: Centiseconds = Centiseconds(0x0fff);

/// Longest interval of version 2: 8 bits of seconds (RFC 3768 §5.3.7).
pub const MAX_INTERVAL_V2: Centiseconds = Centiseconds(25_500);

/// Priority of a master that leaves (RFC 9568 §5.2.4).
pub const PRIORITY_LEAVING: u8 = 0;

/// Priority of the router that owns the addresses (RFC 9568 §5.2.4).
pub const PRIORITY_OWNER: u8 = 255;

/// The group adverts of `family` are sent to.
#[must_use]
pub const fn group(family: Family) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(GROUP_V4),
        Family::V6 => IpAddr::V6(GROUP_V6),
    }
}

/// The virtual router's own MAC address (RFC 9568 §7.3).
#[must_use]
pub const fn virtual_mac(family: Family, vrid: u8) -> [u8; 6] {
    match family {
        Family::V4 => [0x00, 0x00, 0x5e, 0x00, 0x01, vrid],
        Family::V6 => [0x00, 0x00, 0x5e, 0x00, 0x02, vrid],
    }
}
