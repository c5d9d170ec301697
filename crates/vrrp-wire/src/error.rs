//! Why an advert cannot be read, and why one cannot be written.

use core::fmt;
use core::net::IpAddr;

use thiserror::Error;

use crate::{DropReason, Family, Version, constants};

/// Why a received message is not a valid advert: what was seen and what was expected. One
/// variant per reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// Shorter than the fixed header (RFC 9568 §5.2).
    #[error("message of {length} bytes is shorter than the VRRP header of {minimum}")]
    TooShort {
        /// Bytes received.
        length: usize,
        /// Bytes of the fixed header.
        minimum: usize,
    },
    /// Neither version 2 nor 3 (RFC 9568 §5.2.1).
    #[error("VRRP version {seen}, expected 2 or 3")]
    Version {
        /// The version in the packet, 0 to 15.
        seen: u8,
    },
    /// Version 2 knows IPv4 only (RFC 3768 §1).
    #[error("VRRP version 2 over IPv6, expected version 3")]
    VersionFamily,
    /// The IP header given by the caller contradicts itself.
    #[error("source {source_address} and destination {destination} are of different families")]
    MixedFamilies {
        /// Source address of the IP header.
        source_address: IpAddr,
        /// Destination address of the IP header.
        destination: IpAddr,
    },
    /// Not an ADVERTISEMENT (RFC 9568 §5.2.2).
    #[error("VRRP packet type {seen}, expected {expected} (advertisement)")]
    Type {
        /// The type in the packet, 0 to 15.
        seen: u8,
        /// The only type there is.
        expected: u8,
    },
    /// Shorter or longer than the count of addresses demands (RFC 9568 §7.1).
    #[error("message of {length} bytes, expected {expected} for {count} addresses")]
    Length {
        /// Bytes received.
        length: usize,
        /// Bytes that `count` addresses make.
        expected: usize,
        /// Count of addresses in the packet.
        count: u8,
    },
    /// The count of addresses is zero (RFC 9568 §5.2.5).
    #[error("no address in the advert, expected at least one")]
    NoAddresses,
    /// No form of the checksum fits the message (RFC 9568 §5.2.8).
    #[error("checksum {seen:#06x}, expected {}", Sums(*.expected, *.with_pseudo_header))]
    Checksum {
        /// The checksum in the packet.
        seen: u16,
        /// The checksum the message should have.
        expected: u16,
        /// For version 3 over IPv4, the checksum of RFC 5798's form.
        with_pseudo_header: Option<u16>,
    },
    /// An interval of zero would mean a timer that fires without end (RFC 9568 §5.2.7).
    #[error("advertisement interval 0, expected 1 to {maximum} {}", interval_unit(*.version))]
    IntervalZero {
        /// The packet's version, which gives the unit of its interval.
        version: Version,
        /// Greatest interval of that version in its own unit.
        maximum: u16,
    },
    /// Virtual router identifiers begin at 1 (RFC 9568 §5.2.3).
    #[error("virtual router identifier 0, expected 1 to 255")]
    VridZero,
}

impl ParseError {
    /// The reason this error is counted under.
    #[must_use]
    pub const fn reason(&self) -> DropReason {
        match self {
            Self::TooShort { .. } => DropReason::TooShort,
            Self::Version { .. } => DropReason::Version,
            Self::VersionFamily | Self::MixedFamilies { .. } => DropReason::Family,
            Self::Type { .. } => DropReason::Type,
            Self::Length { .. } => DropReason::Length,
            Self::NoAddresses => DropReason::NoAddresses,
            Self::Checksum { .. } => DropReason::Checksum,
            Self::IntervalZero { .. } => DropReason::IntervalZero,
            Self::VridZero => DropReason::VridZero,
        }
    }
}

/// The checksums that would have been right, for people.
struct Sums(u16, Option<u16>);

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.0)?;
        match self.1 {
            None => Ok(()),
            Some(sum) => write!(f, " (RFC 9568) or {sum:#06x} (RFC 5798)"),
        }
    }
}

const fn interval_unit(version: Version) -> &'static str {
    match version {
        Version::V2 => "seconds",
        Version::V3 => "centiseconds",
    }
}

/// Why an advert cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EmitError {
    /// The buffer is shorter than [`crate::Advert::buffer_len`].
    #[error("buffer of {length} bytes is too small for an advert of {needed}")]
    BufferTooSmall {
        /// Bytes of the buffer.
        length: usize,
        /// Bytes of the advert.
        needed: usize,
    },
    /// Version 2 knows IPv4 only.
    #[error("VRRP version 2 cannot be sent over IPv6; use version 3")]
    VersionFamily,
    /// Source and destination must be of one family.
    #[error("source {source_address} and destination {destination} are of different families")]
    MixedFamilies {
        /// Source address given.
        source_address: IpAddr,
        /// Destination address given.
        destination: IpAddr,
    },
    /// Virtual router identifiers begin at 1.
    #[error("virtual router identifier 0, allowed are 1 to 255")]
    VridZero,
    /// An advert must carry an address.
    #[error("an advert needs at least one address")]
    NoAddresses,
    /// The count of addresses is one byte.
    #[error(
        "{count} addresses, an advert carries at most {}",
        constants::MAX_ADDRESSES
    )]
    TooManyAddresses {
        /// How many were given.
        count: usize,
    },
    /// An address of the other family than the packet that would carry it.
    #[error("{address} cannot be advertised over {family}")]
    AddressFamily {
        /// The address.
        address: IpAddr,
        /// The family of the packet.
        family: Family,
    },
    /// An interval of zero makes receivers flap without end.
    #[error("advertisement interval 0 must never be sent")]
    IntervalZero,
    /// The field of the version is too narrow.
    #[error("advertisement interval {centiseconds} cs, at most {maximum} cs fit into version {}", .version.number())]
    IntervalTooLong {
        /// The interval given, in centiseconds.
        centiseconds: u16,
        /// The longest one, in centiseconds.
        maximum: u16,
        /// The version to be sent.
        version: Version,
    },
    /// Version 2 counts in whole seconds.
    #[error("advertisement interval {centiseconds} cs, version 2 sends whole seconds only")]
    IntervalNotWholeSeconds {
        /// The interval given, in centiseconds.
        centiseconds: u16,
    },
    /// Version 3 has no authentication.
    #[error("VRRP version 3 has no authentication; use version 2 or drop the password")]
    AuthInVersion3,
    /// Only types 0 and 1 can be sent.
    #[error("authentication type {seen} cannot be sent, only 0 (none) and 1 (password)")]
    AuthType {
        /// The type given.
        seen: u8,
    },
}
