//! Every reason to drop a received packet, in all crates, with its metric label.

use core::fmt;

/// Why a received packet was dropped. A message that fails several checks is counted under the
/// first one it fails, in the order of RFC 9568 §7.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DropReason {
    /// TTL or hop limit is not the one demanded.
    Ttl,
    /// Shorter than the fixed header.
    TooShort,
    /// Neither version 2 nor 3.
    Version,
    /// Version 2 over IPv6, or source and destination of different families.
    Family,
    /// Not an ADVERTISEMENT.
    Type,
    /// The length does not fit the count of addresses.
    Length,
    /// The count of addresses is zero.
    NoAddresses,
    /// No checksum form matches.
    Checksum,
    /// An interval of zero.
    IntervalZero,
    /// A virtual router identifier of zero.
    VridZero,
    /// No instance with this identifier on the receiving interface.
    UnknownVrid,
    /// The instance speaks the other version.
    VersionMismatch,
    /// Version 2: the instance uses another authentication type.
    AuthType,
    /// Version 2: wrong password.
    AuthPassword,
    /// Version 2: the instance uses another interval.
    IntervalMismatch,
    /// Unicast from an address that is not a configured peer.
    NotAPeer,
    /// Sent by ourselves.
    OwnSource,
    /// Multicast for a unicast instance, or the reverse.
    Destination,
    /// The instance takes no part at the moment: not started yet, or in fault.
    Inactive,
}

impl DropReason {
    /// All reasons, in the order of [`DropReason::index`].
    pub const ALL: [Self; 19] = [
        Self::Ttl,
        Self::TooShort,
        Self::Version,
        Self::Family,
        Self::Type,
        Self::Length,
        Self::NoAddresses,
        Self::Checksum,
        Self::IntervalZero,
        Self::VridZero,
        Self::UnknownVrid,
        Self::VersionMismatch,
        Self::AuthType,
        Self::AuthPassword,
        Self::IntervalMismatch,
        Self::NotAPeer,
        Self::OwnSource,
        Self::Destination,
        Self::Inactive,
    ];

    /// Position in [`DropReason::ALL`], for arrays of counters.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The value of the metric label `reason`. Stable: dashboards depend on it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ttl => "ttl",
            Self::TooShort => "too_short",
            Self::Version => "version",
            Self::Family => "family",
            Self::Type => "type",
            Self::Length => "length",
            Self::NoAddresses => "no_addresses",
            Self::Checksum => "checksum",
            Self::IntervalZero => "interval_zero",
            Self::VridZero => "vrid_zero",
            Self::UnknownVrid => "unknown_vrid",
            Self::VersionMismatch => "version_mismatch",
            Self::AuthType => "auth_type",
            Self::AuthPassword => "auth_password",
            Self::IntervalMismatch => "interval_mismatch",
            Self::NotAPeer => "not_a_peer",
            Self::OwnSource => "own_source",
            Self::Destination => "destination",
            Self::Inactive => "inactive",
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
