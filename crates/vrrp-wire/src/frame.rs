//! Captured Ethernet frames: the IP packet inside, down to its payload. For tests and the lab;
//! the daemon itself receives without link layer.

use core::net::IpAddr;

use pnet_packet::ethernet::{EtherTypes, EthernetPacket};
use pnet_packet::ipv4::Ipv4Packet;
use pnet_packet::ipv6::Ipv6Packet;
use thiserror::Error;

use crate::constants::IP_PROTOCOL;

const ETHERNET_LEN: usize = 14;
const IPV6_HEADER_LEN: usize = 40;

/// An IP packet in an Ethernet frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpFrame<'a> {
    /// Source of the Ethernet frame.
    pub source_mac: [u8; 6],
    /// Destination of the Ethernet frame.
    pub destination_mac: [u8; 6],
    /// Source of the IP header.
    pub source: IpAddr,
    /// Destination of the IP header.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Type of service or traffic class.
    pub tos: u8,
    /// Protocol or next header.
    pub protocol: u8,
    /// What the IP header carries, without Ethernet padding.
    pub payload: &'a [u8],
}

impl<'a> IpFrame<'a> {
    /// The VRRP message, if there is one.
    #[must_use]
    pub fn vrrp(&self) -> Option<&'a [u8]> {
        (self.protocol == IP_PROTOCOL).then_some(self.payload)
    }
}

/// Why a frame holds no whole IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// Ends before its headers do.
    #[error("frame of {length} bytes ends within its headers")]
    TooShort {
        /// Bytes of the frame.
        length: usize,
    },
    /// Not IP.
    #[error("EtherType {seen:#06x}, expected IPv4 or IPv6")]
    NotIp {
        /// EtherType of the frame.
        seen: u16,
    },
    /// The version or a length in the IP header is impossible.
    #[error("IP header of version {version} with impossible lengths")]
    Header {
        /// Version in the header.
        version: u8,
    },
    /// The packet is longer than what was captured.
    #[error("IP packet of {expected} bytes, frame holds {length}")]
    Truncated {
        /// Bytes after the Ethernet header.
        length: usize,
        /// Bytes the IP header speaks of.
        expected: usize,
    },
    /// A piece of a packet.
    #[error("fragment of an IPv4 packet")]
    Fragment,
}

/// Reads one captured Ethernet frame.
///
/// # Errors
/// What makes it something else than a whole IP packet.
pub fn parse(frame: &[u8]) -> Result<IpFrame<'_>, FrameError> {
    let too_short = FrameError::TooShort {
        length: frame.len(),
    };
    let ethernet = EthernetPacket::new(frame).ok_or(too_short)?;
    let packet = frame.get(ETHERNET_LEN..).ok_or(too_short)?;
    let ip = match ethernet.get_ethertype() {
        EtherTypes::Ipv4 => v4(packet, too_short)?,
        EtherTypes::Ipv6 => v6(packet, too_short)?,
        other => return Err(FrameError::NotIp { seen: other.0 }),
    };
    Ok(IpFrame {
        source_mac: ethernet.get_source().octets(),
        destination_mac: ethernet.get_destination().octets(),
        ..ip
    })
}

fn v4(packet: &[u8], too_short: FrameError) -> Result<IpFrame<'_>, FrameError> {
    let header = Ipv4Packet::new(packet).ok_or(too_short)?;
    let version = header.get_version();
    let header_len = usize::from(header.get_header_length()) * 4;
    let total_len = usize::from(header.get_total_length());
    if version != 4 || header_len < Ipv4Packet::minimum_packet_size() || total_len < header_len {
        return Err(FrameError::Header { version });
    }
    // More fragments to come, or not the first one.
    if header.get_flags() & 1 != 0 || header.get_fragment_offset() != 0 {
        return Err(FrameError::Fragment);
    }
    Ok(IpFrame {
        source_mac: [0; 6],
        destination_mac: [0; 6],
        source: header.get_source().into(),
        destination: header.get_destination().into(),
        ttl: header.get_ttl(),
        tos: header.get_dscp() << 2 | header.get_ecn(),
        protocol: header.get_next_level_protocol().0,
        payload: part(packet, header_len, total_len)?,
    })
}

fn v6(packet: &[u8], too_short: FrameError) -> Result<IpFrame<'_>, FrameError> {
    let header = Ipv6Packet::new(packet).ok_or(too_short)?;
    let version = header.get_version();
    if version != 6 {
        return Err(FrameError::Header { version });
    }
    let total_len = IPV6_HEADER_LEN + usize::from(header.get_payload_length());
    Ok(IpFrame {
        source_mac: [0; 6],
        destination_mac: [0; 6],
        source: header.get_source().into(),
        destination: header.get_destination().into(),
        ttl: header.get_hop_limit(),
        tos: header.get_traffic_class(),
        protocol: header.get_next_header().0,
        payload: part(packet, IPV6_HEADER_LEN, total_len)?,
    })
}

fn part(packet: &[u8], from: usize, to: usize) -> Result<&[u8], FrameError> {
    packet.get(from..to).ok_or(FrameError::Truncated {
        length: packet.len(),
        expected: to,
    })
}
