//! Gratuitous ARP over Ethernet: one frame that tells the segment which MAC serves an address.

use core::net::Ipv4Addr;

use pnet_packet::Packet;
use pnet_packet::arp::{ArpHardwareTypes, ArpOperations, ArpPacket, MutableArpPacket};
use pnet_packet::ethernet::{EtherTypes, EthernetPacket, MutableEthernetPacket};
use thiserror::Error;

const ETHERNET_LEN: usize = 14;
const FRAME_LEN: usize = 42;
const BROADCAST: [u8; 6] = [0xff; 6];

/// The two forms of a gratuitous ARP (RFC 5944 §4.6). Either updates caches that hold the
/// address; some switches and hosts heed only one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArpForm {
    /// Opcode request, target MAC all ones, as Keepalived sends it.
    Request,
    /// Opcode reply, target MAC that of the sender.
    Reply,
}

/// A received gratuitous ARP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GratuitousArp {
    /// Request or reply.
    pub form: ArpForm,
    /// Source of the Ethernet frame.
    pub source_mac: [u8; 6],
    /// Destination of the Ethernet frame.
    pub destination_mac: [u8; 6],
    /// The MAC address announced.
    pub sender_mac: [u8; 6],
    /// Target hardware address; carries no meaning.
    pub target_mac: [u8; 6],
    /// The IP address announced: both sender and target.
    pub address: Ipv4Addr,
}

/// Why a frame is not a gratuitous ARP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ArpError {
    /// Too few bytes for Ethernet and ARP.
    #[error("frame of {length} bytes is too short for ARP, expected at least {FRAME_LEN}")]
    TooShort {
        /// Bytes received.
        length: usize,
    },
    /// Another protocol.
    #[error("EtherType {seen:#06x}, expected 0x0806 (ARP)")]
    NotArp {
        /// EtherType of the frame.
        seen: u16,
    },
    /// ARP for something else than IPv4 over Ethernet.
    #[error(
        "ARP for hardware type {hardware_type} ({hardware_len} bytes) and protocol \
         {protocol_type:#06x} ({protocol_len} bytes), expected Ethernet and IPv4"
    )]
    NotIpv4OverEthernet {
        /// Hardware type, 1 for Ethernet.
        hardware_type: u16,
        /// Protocol type, 0x0800 for IPv4.
        protocol_type: u16,
        /// Bytes of a hardware address, 6 for Ethernet.
        hardware_len: u8,
        /// Bytes of a protocol address, 4 for IPv4.
        protocol_len: u8,
    },
    /// Neither request nor reply.
    #[error("ARP opcode {seen}, expected 1 (request) or 2 (reply)")]
    Operation {
        /// Opcode in the packet.
        seen: u16,
    },
    /// An ordinary ARP: somebody asks for, or answers to, somebody else.
    #[error("ARP from {sender} about {target} is not gratuitous")]
    NotGratuitous {
        /// Sender protocol address.
        sender: Ipv4Addr,
        /// Target protocol address.
        target: Ipv4Addr,
    },
}

/// The Ethernet frame that announces `address` at `mac`, to be broadcast.
#[must_use]
pub fn gratuitous_arp(form: ArpForm, mac: [u8; 6], address: Ipv4Addr) -> [u8; FRAME_LEN] {
    let (operation, target_mac) = match form {
        ArpForm::Request => (ArpOperations::Request, BROADCAST),
        ArpForm::Reply => (ArpOperations::Reply, mac),
    };
    let mut frame = [0; FRAME_LEN];
    let (ethernet, arp) = frame.split_at_mut(ETHERNET_LEN);
    // Both slices have exactly the size asked for, so neither view can be refused.
    if let (Some(mut ethernet), Some(mut arp)) = (
        MutableEthernetPacket::new(ethernet),
        MutableArpPacket::new(arp),
    ) {
        ethernet.set_destination(BROADCAST.into());
        ethernet.set_source(mac.into());
        ethernet.set_ethertype(EtherTypes::Arp);
        arp.set_hardware_type(ArpHardwareTypes::Ethernet);
        arp.set_protocol_type(EtherTypes::Ipv4);
        arp.set_hw_addr_len(6);
        arp.set_proto_addr_len(4);
        arp.set_operation(operation);
        arp.set_sender_hw_addr(mac.into());
        arp.set_sender_proto_addr(address);
        arp.set_target_hw_addr(target_mac.into());
        arp.set_target_proto_addr(address);
    }
    frame
}

/// Reads a captured Ethernet frame; padding after the ARP is ignored.
///
/// # Errors
/// What makes the frame something else than a gratuitous ARP.
pub fn parse_gratuitous_arp(frame: &[u8]) -> Result<GratuitousArp, ArpError> {
    let too_short = ArpError::TooShort {
        length: frame.len(),
    };
    let ethernet = EthernetPacket::new(frame).ok_or(too_short)?;
    if ethernet.get_ethertype() != EtherTypes::Arp {
        return Err(ArpError::NotArp {
            seen: ethernet.get_ethertype().0,
        });
    }
    let arp = ArpPacket::new(ethernet.payload()).ok_or(too_short)?;
    if arp.get_hardware_type() != ArpHardwareTypes::Ethernet
        || arp.get_protocol_type() != EtherTypes::Ipv4
        || arp.get_hw_addr_len() != 6
        || arp.get_proto_addr_len() != 4
    {
        return Err(ArpError::NotIpv4OverEthernet {
            hardware_type: arp.get_hardware_type().0,
            protocol_type: arp.get_protocol_type().0,
            hardware_len: arp.get_hw_addr_len(),
            protocol_len: arp.get_proto_addr_len(),
        });
    }
    let form = match arp.get_operation() {
        ArpOperations::Request => ArpForm::Request,
        ArpOperations::Reply => ArpForm::Reply,
        other => return Err(ArpError::Operation { seen: other.0 }),
    };
    let (sender, target) = (arp.get_sender_proto_addr(), arp.get_target_proto_addr());
    if sender != target {
        return Err(ArpError::NotGratuitous { sender, target });
    }
    Ok(GratuitousArp {
        form,
        source_mac: ethernet.get_source().octets(),
        destination_mac: ethernet.get_destination().octets(),
        sender_mac: arp.get_sender_hw_addr().octets(),
        target_mac: arp.get_target_hw_addr().octets(),
        address: sender,
    })
}
