//! The small vocabulary every crate shares: version, family, interval, checksum form.

use core::fmt;
use core::net::IpAddr;
use core::time::Duration;

use crate::constants::{MAX_INTERVAL_V2, MAX_INTERVAL_V3};

/// VRRP protocol version (RFC 9568 §5.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// RFC 3768: IPv4 only, whole seconds, optional clear-text password.
    V2,
    /// RFC 9568 and RFC 5798: both families, centiseconds.
    V3,
}

impl Version {
    /// The number in the packet's high nibble.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }

    /// The longest interval for which an advert has room: 255 s (RFC 3768 §5.3.7), 40.95 s
    /// (RFC 9568 §5.2.7).
    #[must_use]
    pub const fn longest_interval(self) -> Centiseconds {
        match self {
            Self::V2 => MAX_INTERVAL_V2,
            Self::V3 => MAX_INTERVAL_V3,
        }
    }
}

/// Address family of a virtual router; one virtual router serves exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4, group 224.0.0.18.
    V4,
    /// IPv6, group ff02::12.
    V6,
}

impl Family {
    /// The family of `address`.
    #[must_use]
    pub const fn of(address: &IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// Bytes of one address in an advert.
    #[must_use]
    pub const fn address_len(self) -> usize {
        match self {
            Self::V4 => 4,
            Self::V6 => 16,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        })
    }
}

/// A span of time in hundredths of a second, the unit of Max Advertise Interval
/// (RFC 9568 §5.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Centiseconds(pub u16);

impl Centiseconds {
    /// The span as a [`Duration`].
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0 as u64 * 10)
    }
}

/// How a version 3 advert over IPv4 was, or is to be, summed. Version 2 and IPv6 know one
/// form only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChecksumForm {
    /// RFC 9568 §5.2.8: the VRRP message alone.
    Rfc9568,
    /// RFC 5798 as Keepalived and FRR read it: with an IPv4 pseudo-header.
    Rfc5798,
}
