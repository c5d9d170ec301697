//! What a virtual router is told at start, and which of it can be true.

use core::net::IpAddr;
use core::time::Duration;

use thiserror::Error;
use vrrp_wire::{Auth, Centiseconds, ChecksumForm, Family, Version};

/// Greatest interval version 3 can carry: twelve bits of centiseconds (RFC 9568 §5.2.7).
const V3_MAX_INTERVAL: u16 = 4095;
/// Greatest interval version 2 can carry: one byte of seconds.
const V2_MAX_INTERVAL: u16 = 255 * 100;
/// The count of addresses in an advert is one byte (RFC 9568 §5.2.5).
const MAX_ADDRESSES: usize = 255;

/// Configuration of one virtual router, by value and without names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterConfig {
    /// Virtual router identifier, 1 to 255.
    pub vrid: u8,
    /// Protocol version spoken and accepted; the other one is dropped.
    pub version: Version,
    /// The virtual addresses: at least one, at most 255, all of one family.
    pub addresses: Vec<IpAddr>,
    /// 1 to 254, or 255 for the owner of the addresses.
    pub priority: u8,
    /// Advertisement_Interval (RFC 9568 §6.1): 1 to 4095 cs; version 2: whole seconds to 255.
    pub advert_interval: Centiseconds,
    /// Preempt_Mode (RFC 9568 §6.1). The owner preempts whatever this says.
    pub preempt: bool,
    /// How long a master of lower priority is left alone before Preempt_Mode applies to it.
    pub preempt_delay: Duration,
    /// Which checksum form to send.
    pub checksum: ChecksumPolicy,
    /// Version 2 authentication; [`Auth::None`] with version 3.
    pub auth: Auth,
    /// Peers of a unicast router; `None` means multicast.
    pub peers: Option<Vec<IpAddr>>,
    /// For how long the kernel keeps the addresses without us.
    pub lease: LeasePolicy,
    /// How the addresses are announced.
    pub announce: AnnouncePolicy,
    /// The addresses are served from the virtual MAC address (RFC 9568 §7.3), which is on the new
    /// master as soon as that advertises: then they do not linger on the old one.
    pub virtual_mac: bool,
    /// Adverts and renewals of the lease leave on common steps of the clock, 32 in a period, so
    /// that those of many routers leave together. Only the first period after a change of state is
    /// shortened by it, by less than a step.
    pub in_step: bool,
}

impl RouterConfig {
    /// Configuration with every default: version 3, priority 100, 1 s, preempting, multicast.
    #[must_use]
    pub fn new(vrid: u8, addresses: Vec<IpAddr>) -> Self {
        Self {
            vrid,
            version: Version::V3,
            addresses,
            priority: 100,
            advert_interval: Centiseconds(100),
            preempt: true,
            preempt_delay: Duration::ZERO,
            checksum: ChecksumPolicy::Auto,
            auth: Auth::None,
            peers: None,
            lease: LeasePolicy::Auto,
            announce: AnnouncePolicy::default(),
            virtual_mac: false,
            in_step: false,
        }
    }

    /// The family of the addresses. A configuration without addresses, which is not valid,
    /// counts as IPv4.
    #[must_use]
    pub fn family(&self) -> Family {
        self.addresses.first().map_or(Family::V4, Family::of)
    }

    /// Whether this can be the configuration of a running router.
    ///
    /// # Errors
    /// The first value that cannot be true.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.vrid == 0 {
            return Err(ConfigError::VridZero);
        }
        if self.priority == 0 {
            return Err(ConfigError::PriorityZero);
        }
        self.validate_addresses()?;
        self.validate_interval()?;
        match (self.version, self.auth) {
            (Version::V3, Auth::Simple(_) | Auth::Other(_)) => Err(ConfigError::AuthInVersion3),
            (Version::V2, Auth::Other(seen)) => Err(ConfigError::AuthType { seen }),
            _ => Ok(()),
        }
    }

    fn validate_addresses(&self) -> Result<(), ConfigError> {
        let count = self.addresses.len();
        if count == 0 {
            return Err(ConfigError::NoAddresses);
        }
        if count > MAX_ADDRESSES {
            return Err(ConfigError::TooManyAddresses { count });
        }
        let family = self.family();
        if self.version == Version::V2 && family == Family::V6 {
            return Err(ConfigError::Version2OverIpv6);
        }
        let peers = self.peers.iter().flatten();
        match self
            .addresses
            .iter()
            .chain(peers)
            .find(|address| Family::of(address) != family)
        {
            Some(&address) => Err(ConfigError::MixedFamilies { address, family }),
            None => Ok(()),
        }
    }

    fn validate_interval(&self) -> Result<(), ConfigError> {
        let Centiseconds(interval) = self.advert_interval;
        let (maximum, step) = match self.version {
            Version::V2 => (V2_MAX_INTERVAL, 100),
            Version::V3 => (V3_MAX_INTERVAL, 1),
        };
        if interval == 0 || interval > maximum || interval % step != 0 {
            return Err(ConfigError::Interval {
                interval,
                maximum,
                version: self.version,
            });
        }
        Ok(())
    }

    /// Whether a router that runs with this configuration can go on with `next`. Another
    /// identifier, version or family is another virtual router.
    ///
    /// # Errors
    /// What makes it another one, or what makes `next` invalid.
    pub fn can_become(&self, next: &Self) -> Result<(), ConfigError> {
        next.validate()?;
        if next.vrid != self.vrid {
            return Err(ConfigError::VridChanged {
                from: self.vrid,
                to: next.vrid,
            });
        }
        if next.version != self.version {
            return Err(ConfigError::VersionChanged {
                from: self.version,
                to: next.version,
            });
        }
        if next.family() != self.family() {
            return Err(ConfigError::FamilyChanged {
                from: self.family(),
                to: next.family(),
            });
        }
        Ok(())
    }
}

/// Which checksum form to send in version 3 over IPv4; elsewhere there is only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChecksumPolicy {
    /// The form of the peer last heard, RFC 9568's until one is heard, RFC 5798's while both
    /// are.
    Auto,
    /// Always this form.
    Fixed(ChecksumForm),
}

/// For how long the kernel keeps the addresses of a daemon that no longer runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeasePolicy {
    /// Master_Down_Interval rounded up to the kernel's step of one second.
    Auto,
    /// For ever.
    Off,
    /// This many seconds; zero counts as one.
    Seconds(u32),
}

/// How gratuitous ARP or unsolicited NA is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AnnouncePolicy {
    /// Announcements in one burst: on becoming master, 5 s later, after a conflict. Zero sends
    /// none, and of the single ones only the refresh.
    pub burst: u8,
    /// Longest time between single announcements while master. With `None` or zero those of a
    /// new master end after four minutes.
    pub refresh: Option<Duration>,
}

impl Default for AnnouncePolicy {
    fn default() -> Self {
        Self {
            burst: 5,
            refresh: Some(Duration::from_secs(60)),
        }
    }
}

/// Why a virtual router cannot run with a configuration, or cannot change to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// Virtual router identifiers begin at 1.
    #[error("virtual router identifier 0, allowed are 1 to 255")]
    VridZero,
    /// Priority 0 means "I leave" (RFC 9568 §5.2.4).
    #[error("priority 0, allowed are 1 to 254, and 255 for the owner of the addresses")]
    PriorityZero,
    /// There is nothing to serve.
    #[error("no virtual address, at least one is needed")]
    NoAddresses,
    /// An advert has one byte for the count.
    #[error("{count} virtual addresses, an advert carries at most 255")]
    TooManyAddresses {
        /// How many there are.
        count: usize,
    },
    /// RFC 3768 knows IPv4 only.
    #[error("version 2 over IPv6, which only version 3 knows")]
    Version2OverIpv6,
    /// One virtual router serves one family (RFC 9568 §1).
    #[error("{address} in an {family} virtual router, whose addresses and peers share one family")]
    MixedFamilies {
        /// The address or peer that differs.
        address: IpAddr,
        /// The family of the first address.
        family: Family,
    },
    /// The interval cannot be sent.
    #[error(
        "advertisement interval of {interval} cs, version {} carries {} to {maximum} cs in steps of {}",
        .version.number(), interval_step(*.version), interval_step(*.version)
    )]
    Interval {
        /// The interval given, in centiseconds.
        interval: u16,
        /// The longest one, in centiseconds.
        maximum: u16,
        /// The version that would carry it.
        version: Version,
    },
    /// Version 3 has no authentication (RFC 9568 §9).
    #[error("version 3 has no authentication")]
    AuthInVersion3,
    /// Only type 1 can be sent.
    #[error("version 2 authentication type {seen}, only 0 (none) and 1 (password) are known")]
    AuthType {
        /// The type given.
        seen: u8,
    },
    /// A running router cannot become another one.
    #[error(
        "virtual router identifier {from} cannot become {to} while it runs; start another router"
    )]
    VridChanged {
        /// The identifier it runs with.
        from: u8,
        /// The identifier asked for.
        to: u8,
    },
    /// A running router cannot change its protocol.
    #[error(
        "version {} cannot become {} while it runs; start another router",
        .from.number(), .to.number()
    )]
    VersionChanged {
        /// The version it runs with.
        from: Version,
        /// The version asked for.
        to: Version,
    },
    /// A running router cannot change its family.
    #[error("{from} cannot become {to} while it runs; start another router")]
    FamilyChanged {
        /// The family it runs with.
        from: Family,
        /// The family asked for.
        to: Family,
    },
}

const fn interval_step(version: Version) -> u16 {
    match version {
        Version::V2 => 100,
        Version::V3 => 1,
    }
}
