//! One virtual router as configured.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// A virtual router: one VRID on one interface for one address family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Unique among instances; letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// The virtual addresses, all of one family, at least one. A link-local IPv6 address comes
    /// first where there is one (RFC 9568 section 5.2.9).
    pub addresses: Vec<VirtualAddress>,
    /// The interface to run on; `None`: the interface of the route to `addresses[0]`.
    pub interface: Option<String>,
    /// 1..=255. Derived from the first address as written where the file gives none.
    pub vrid: u8,
    /// 1..=254, or 255 for the owner of the addresses.
    pub priority: u8,
    /// 10 ms..=40.95 s in steps of 10 ms; whole seconds 1..=255 for version 2.
    pub advert_interval: Duration,
    /// The VRRP version sent and expected.
    pub version: Version,
    /// Whether a higher priority takes over from a living master.
    pub preempt: bool,
    /// How long to wait after start or recovery before taking over from a living master.
    pub preempt_delay: Duration,
    /// The checksum form of version 3 over IPv4.
    pub checksum: Checksum,
    /// The password of version 2.
    pub auth: Option<Auth>,
    /// The source address of adverts; `None`: the interface's primary address (IPv6: its
    /// link-local one).
    pub source: Option<IpAddr>,
    /// `Some`: unicast to exactly these, never multicast; never empty.
    pub peers: Option<Vec<IpAddr>>,
    /// The least TTL or hop limit of an advert that is accepted from a peer, 1..=255. Always 255
    /// without `peers`: nothing that was forwarded is accepted.
    pub min_ttl: u8,
    /// The lifetime the kernel gets for the virtual addresses.
    pub lease: Lease,
    /// Whether to serve the addresses from a macvlan with the virtual MAC.
    pub vmac: bool,
    /// Gratuitous ARP or unsolicited neighbour advertisements.
    pub announce: Announce,
    /// What lowers the priority.
    pub track: Vec<Track>,
    /// The command that is told of each change of state.
    pub notify: Option<Notify>,
}

impl Instance {
    /// The family of all addresses.
    #[must_use]
    pub fn family(&self) -> Family {
        self.addresses
            .first()
            .map_or(Family::Ipv4, |virtual_address| {
                Family::of(virtual_address.address)
            })
    }

    /// Whether this host owns the addresses (priority 255, RFC 9568 section 6.1).
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.priority == 255
    }
}

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl Family {
    /// The family of `address`.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() {
            Family::Ipv4
        } else {
            Family::Ipv6
        }
    }

    /// The prefix length of a single address: 32 or 128.
    #[must_use]
    pub fn host_prefix(self) -> u8 {
        match self {
            Family::Ipv4 => 32,
            Family::Ipv6 => 128,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Family::Ipv4 => "IPv4",
            Family::Ipv6 => "IPv6",
        })
    }
}

/// A virtual address with the prefix it is added with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtualAddress {
    /// A unicast address.
    pub address: IpAddr,
    /// Prefix length, 1..=32 or 1..=128; a host prefix unless the file gives one.
    pub prefix: u8,
}

impl fmt::Display for VirtualAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The VRRP version of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// RFC 3768; IPv4 only.
    V2,
    /// RFC 9568.
    #[default]
    V3,
}

impl Version {
    /// 2 or 3.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Version::V2 => 2,
            Version::V3 => 3,
        }
    }
}

/// Which checksum a version 3 advert over IPv4 carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Checksum {
    /// The form of the peer last heard, RFC 9568's until one is heard.
    #[default]
    Auto,
    /// Over the VRRP message alone (RFC 9568 section 5.2.8).
    Rfc9568,
    /// With a pseudo-header, as Keepalived and FRR read RFC 5798.
    Rfc5798,
}

/// The simple text password of version 2 (RFC 2338 section 5.3.6).
#[derive(Clone, PartialEq, Eq)]
pub struct Auth {
    pass: [u8; 8],
}

impl Auth {
    /// A password of 1 to 8 bytes, padded with zeros; `None` for another length.
    #[must_use]
    pub fn new(pass: &str) -> Option<Self> {
        let bytes = pass.as_bytes();
        if bytes.is_empty() || bytes.len() > 8 {
            return None;
        }
        let mut padded = [0; 8];
        for (to, from) in padded.iter_mut().zip(bytes) {
            *to = *from;
        }
        Some(Auth { pass: padded })
    }

    /// The eight bytes as they go on the wire.
    #[must_use]
    pub fn pass(&self) -> [u8; 8] {
        self.pass
    }
}

impl fmt::Debug for Auth {
    /// Keeps the password out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth { pass: \"…\" }")
    }
}

/// The lifetime of the virtual addresses in the kernel, renewed while the daemon lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lease {
    /// `Master_Down_Interval` rounded up to whole seconds.
    #[default]
    Auto,
    /// Addresses without a lifetime.
    Off,
    /// A fixed lifetime in whole seconds, at least 1.
    Seconds(u32),
}

/// How the addresses are announced on becoming master and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announce {
    /// Packets per address and burst, 1..=100.
    pub burst: u8,
    /// How often to repeat while master; `None`: never.
    pub refresh: Option<Duration>,
}

impl Default for Announce {
    fn default() -> Self {
        Announce {
            burst: 5,
            refresh: Some(Duration::from_secs(60)),
        }
    }
}

/// Something whose failure lowers the priority of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// What is watched.
    pub target: Tracked,
    /// `Some(n)`: subtract n (1..=254) while it is failed; `None`: lower the priority to 1.
    pub penalty: Option<u8>,
}

/// What a [`Track`] watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tracked {
    /// The check of that name; it exists.
    Check(String),
    /// The carrier of that interface.
    Interface(String),
}

/// A command that runs after each change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// The program (an absolute path) and its arguments, with placeholders such as `{state}`;
    /// never through a shell.
    pub command: Vec<String>,
    /// After which it is killed with its children, 100 ms..=1 h.
    pub timeout: Duration,
}
