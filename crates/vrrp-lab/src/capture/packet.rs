//! What a captured frame says: an advert, an announcement, or something else.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use vrrp_wire::constants::IP_PROTOCOL;
use vrrp_wire::frame::{self, IpFrame};
use vrrp_wire::{Advert, ArpForm, ChecksumForm, Version, parse_gratuitous_arp, parse_na};

/// A captured frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// When it came in at the switch.
    pub at: Instant,
    /// The host at whose port it came in.
    pub host: String,
    /// What it says.
    pub packet: Packet,
    pub(super) bytes: Vec<u8>,
    /// Since the epoch, for the file.
    pub(super) wall: Duration,
}

impl Frame {
    /// The whole frame, Ethernet header included.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The kernel's stamp of its arrival, since the epoch: for the time between two frames, which
    /// no delay of the lab's own threads makes longer or shorter.
    #[must_use]
    pub const fn stamp(&self) -> Duration {
        self.wall
    }
}

/// What a frame says.
#[derive(Clone, Debug)]
pub enum Packet {
    /// A sound advert.
    Advert(SeenAdvert),
    /// An IP packet of VRRP's protocol that is no sound advert.
    BadAdvert {
        /// Source of the IP header.
        source: IpAddr,
        /// What is wrong with it.
        why: String,
    },
    /// A gratuitous ARP or an unsolicited neighbour advertisement.
    Announcement(Announcement),
    /// Anything else: ordinary ARP, IGMP.
    Other,
}

/// An advert as seen on the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAdvert {
    /// When it came in at the switch.
    pub at: Instant,
    /// The host that sent it.
    pub host: String,
    /// Source of the Ethernet frame.
    pub source_mac: [u8; 6],
    /// Source of the IP header.
    pub source: IpAddr,
    /// Destination of the IP header.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Type of service or traffic class.
    pub tos: u8,
    /// Protocol version.
    pub version: Version,
    /// Virtual router identifier.
    pub vrid: u8,
    /// Priority; 0 for a master that leaves.
    pub priority: u8,
    /// The sender's advertisement interval.
    pub interval: Duration,
    /// The virtual addresses.
    pub addresses: Vec<IpAddr>,
    /// Version 3 over IPv4: which of the two checksums it has.
    pub checksum: Option<ChecksumForm>,
}

/// Somebody says that an address is now at a MAC address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// When it came in at the switch.
    pub at: Instant,
    /// The host that sent it.
    pub host: String,
    /// In which form.
    pub kind: AnnouncementKind,
    /// The address announced.
    pub address: IpAddr,
    /// The MAC address it is said to be at.
    pub mac: [u8; 6],
}

/// The forms of an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnouncementKind {
    /// Gratuitous ARP, opcode request.
    ArpRequest,
    /// Gratuitous ARP, opcode reply.
    ArpReply,
    /// Unsolicited neighbour advertisement.
    NeighborAdvertisement,
}

/// Reads a frame.
pub(super) fn read(at: Instant, host: &str, bytes: &[u8]) -> Packet {
    if let Ok(arp) = parse_gratuitous_arp(bytes) {
        let kind = match arp.form {
            ArpForm::Request => AnnouncementKind::ArpRequest,
            ArpForm::Reply => AnnouncementKind::ArpReply,
        };
        return announcement(at, host, kind, arp.address.into(), arp.sender_mac);
    }
    let Ok(ip) = frame::parse(bytes) else {
        return Packet::Other;
    };
    if ip.protocol == IP_PROTOCOL {
        return advert(at, host, &ip);
    }
    if let (IpAddr::V6(source), IpAddr::V6(destination)) = (ip.source, ip.destination)
        && let Ok(na) = parse_na(ip.payload, source, destination)
        && !na.solicited
    {
        let kind = AnnouncementKind::NeighborAdvertisement;
        return announcement(at, host, kind, na.target.into(), na.mac);
    }
    Packet::Other
}

fn announcement(
    at: Instant,
    host: &str,
    kind: AnnouncementKind,
    address: IpAddr,
    mac: [u8; 6],
) -> Packet {
    Packet::Announcement(Announcement {
        at,
        host: host.to_owned(),
        kind,
        address,
        mac,
    })
}

fn advert(at: Instant, host: &str, ip: &IpFrame<'_>) -> Packet {
    match Advert::parse(ip.payload, ip.source, ip.destination) {
        Ok((advert, checksum)) => Packet::Advert(SeenAdvert {
            at,
            host: host.to_owned(),
            source_mac: ip.source_mac,
            source: ip.source,
            destination: ip.destination,
            ttl: ip.ttl,
            tos: ip.tos,
            version: advert.version,
            vrid: advert.vrid,
            priority: advert.priority,
            interval: advert.interval.duration(),
            addresses: advert.addresses.iter().collect(),
            checksum,
        }),
        Err(error) => Packet::BadAdvert {
            source: ip.source,
            why: error.to_string(),
        },
    }
}
