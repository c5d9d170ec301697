//! What a cell of the matrix is made of: the protocol as both sides are to speak it.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use vrrp_lab::{Host, VIP, VIP_V6};

/// The virtual router identifier of every cell.
pub(crate) const VRID: u8 = 51;
/// The password of cells with one.
pub(crate) const PASSWORD: &str = "s3cret";
/// Who is to be master has this priority,
pub(crate) const HIGHER: u8 = 200;
/// and the other one this.
pub(crate) const LOWER: u8 = 100;

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

/// The protocol that both sides are to speak.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    /// How the table calls it.
    pub(crate) name: &'static str,
    pub(crate) version: u8,
    pub(crate) family: Family,
    /// Whether adverts go to the other host instead of the group.
    pub(crate) unicast: bool,
    /// The least TTL that vrrpd accepts, where it is told.
    pub(crate) min_ttl: Option<u8>,
    /// Whether adverts carry [`PASSWORD`].
    pub(crate) pass: bool,
    /// Whether an IPv6 router has a link-local virtual address too, in front of the other.
    pub(crate) link_local: bool,
    /// Whether the peer serves the address from a device with the virtual MAC.
    pub(crate) peer_vmac: bool,
    /// The same of vrrpd.
    pub(crate) our_vmac: bool,
}

impl Setup {
    /// Version 3 over IPv4 multicast, from which the others differ.
    pub(crate) const V3: Self = Self {
        name: "v3 multicast",
        version: 3,
        family: Family::V4,
        unicast: false,
        min_ttl: None,
        pass: false,
        link_local: true,
        peer_vmac: false,
        our_vmac: false,
    };

    /// Between two adverts. Version 2 counts in whole seconds.
    pub(crate) const fn interval(&self) -> Duration {
        if self.version == 2 {
            Duration::from_secs(1)
        } else {
            Duration::from_millis(200)
        }
    }

    /// Skew_Time of a router with this priority; of version 2 a part of a second, whatever the
    /// interval.
    pub(crate) fn skew_time(&self, priority: u8) -> Duration {
        self.interval() * (256 - u32::from(priority)) / 256
    }

    /// Master_Down_Interval of a router with this priority.
    pub(crate) fn master_down_interval(&self, priority: u8) -> Duration {
        self.interval() * 3 + self.skew_time(priority)
    }

    /// All virtual addresses, in their order on the wire.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let link_local = (self.family == Family::V6 && self.link_local)
            .then_some(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x20).into());
        link_local.into_iter().chain([self.address()]).collect()
    }

    /// The virtual address that clients use.
    pub(crate) fn address(&self) -> IpAddr {
        match self.family {
            Family::V4 => VIP.into(),
            Family::V6 => VIP_V6.into(),
        }
    }

    /// The address with which `host` takes part in unicast.
    pub(crate) fn unicast_address(&self, host: &Host) -> IpAddr {
        match (self.family, host.address_v6()) {
            (Family::V6, Some(address)) => address.into(),
            (Family::V6, None) => host.link_local().into(),
            (Family::V4, _) => host.address().into(),
        }
    }

    /// Whether there are two checksum forms to choose from.
    pub(crate) fn has_two_checksum_forms(&self) -> bool {
        (self.version, self.family) == (3, Family::V4)
    }

    /// The virtual router's own MAC address (RFC 9568 section 7.3).
    pub(crate) const fn virtual_mac(&self) -> [u8; 6] {
        let family = match self.family {
            Family::V4 => 1,
            Family::V6 => 2,
        };
        [0, 0, 0x5e, 0, family, VRID]
    }
}
