//! Unsolicited neighbour advertisements (RFC 4861 §4.4, RFC 9568 §6.4) and the solicited-node
//! group. Written byte by byte: pnet_packet's neighbour discovery has wrong sizes.

use core::net::Ipv6Addr;

use pnet_packet::ip::IpNextHeaderProtocols;
use pnet_packet::util;
use thiserror::Error;

use crate::constants::ALL_NODES_V6;

const MESSAGE_LEN: usize = 32;
const TYPE_NEIGHBOR_ADVERTISEMENT: u8 = 136;
const ROUTER: u8 = 0x80;
const SOLICITED: u8 = 0x40;
const OVERRIDE: u8 = 0x20;
const OPTION_TARGET_LINK_LAYER_ADDRESS: u8 = 2;
/// Length of that option in units of eight bytes.
const OPTION_UNITS: u8 = 1;
/// Index of the ICMPv6 checksum among the message's 16-bit words.
const CHECKSUM_WORD: usize = 1;
/// A word no message has: nothing is left out of the sum.
const NO_WORD: usize = usize::MAX;

/// A received neighbour advertisement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeighborAdvert {
    /// The address announced.
    pub target: Ipv6Addr,
    /// The MAC address announced.
    pub mac: [u8; 6],
    /// R: the sender is a router.
    pub router: bool,
    /// S: an answer to a solicitation.
    pub solicited: bool,
    /// O: replaces a cached entry.
    pub override_cache: bool,
}

/// Why a message is not a neighbour advertisement with a MAC address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NaError {
    /// Not the length of an advertisement with exactly one link-layer address option.
    #[error("ICMPv6 message of {length} bytes, expected {MESSAGE_LEN}")]
    Length {
        /// Bytes received.
        length: usize,
    },
    /// Another ICMPv6 message.
    #[error(
        "ICMPv6 type {message_type} code {code}, expected 136 code 0 (neighbour advertisement)"
    )]
    Type {
        /// ICMPv6 type.
        message_type: u8,
        /// ICMPv6 code.
        code: u8,
    },
    /// Damaged, or sent between other addresses than the ones given.
    #[error("ICMPv6 checksum {seen:#06x}, expected {expected:#06x}")]
    Checksum {
        /// The checksum in the packet.
        seen: u16,
        /// The checksum it should have.
        expected: u16,
    },
    /// The option is not the target's link-layer address.
    #[error("option {kind} of {units} units, expected option 2 (target link-layer address) of 1")]
    Option {
        /// Option type.
        kind: u8,
        /// Option length in units of eight bytes.
        units: u8,
    },
}

/// The ICMPv6 message that announces `target` at `mac`, to be sent from `source` to
/// [`ALL_NODES_V6`] with hop limit 255: router and override flags set, solicited clear.
#[must_use]
pub fn unsolicited_na(target: Ipv6Addr, mac: [u8; 6], source: Ipv6Addr) -> [u8; MESSAGE_LEN] {
    let mut message = [0; MESSAGE_LEN];
    message[0] = TYPE_NEIGHBOR_ADVERTISEMENT;
    message[4] = ROUTER | OVERRIDE;
    message[8..24].copy_from_slice(&target.octets());
    message[24] = OPTION_TARGET_LINK_LAYER_ADDRESS;
    message[25] = OPTION_UNITS;
    message[26..].copy_from_slice(&mac);
    let sum = sum(&message, CHECKSUM_WORD, source, ALL_NODES_V6);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    message
}

/// Reads the ICMPv6 payload of an IPv6 packet from `source` to `destination`.
///
/// # Errors
/// What makes the message something else than a neighbour advertisement with one target
/// link-layer address option.
pub fn parse_na(
    message: &[u8],
    source: Ipv6Addr,
    destination: Ipv6Addr,
) -> Result<NeighborAdvert, NaError> {
    let message: &[u8; MESSAGE_LEN] = message.try_into().map_err(|_| NaError::Length {
        length: message.len(),
    })?;
    let [message_type, code, sum_high, sum_low, flags, ..] = *message;
    if (message_type, code) != (TYPE_NEIGHBOR_ADVERTISEMENT, 0) {
        return Err(NaError::Type { message_type, code });
    }
    if sum(message, NO_WORD, source, destination) != 0 {
        return Err(NaError::Checksum {
            seen: u16::from_be_bytes([sum_high, sum_low]),
            expected: sum(message, CHECKSUM_WORD, source, destination),
        });
    }
    let [.., kind, units, m0, m1, m2, m3, m4, m5] = *message;
    if (kind, units) != (OPTION_TARGET_LINK_LAYER_ADDRESS, OPTION_UNITS) {
        return Err(NaError::Option { kind, units });
    }
    let target: [u8; 16] = core::array::from_fn(|index| message[8 + index]);
    Ok(NeighborAdvert {
        target: Ipv6Addr::from(target),
        mac: [m0, m1, m2, m3, m4, m5],
        router: flags & ROUTER != 0,
        solicited: flags & SOLICITED != 0,
        override_cache: flags & OVERRIDE != 0,
    })
}

/// The solicited-node group of `address` (RFC 4291 §2.7.1), which whoever answers for the
/// address must join.
#[must_use]
pub fn solicited_node(address: Ipv6Addr) -> Ipv6Addr {
    let [.., high, middle, low] = address.octets();
    Ipv6Addr::new(
        0xff02,
        0,
        0,
        0,
        0,
        1,
        u16::from_be_bytes([0xff, high]),
        u16::from_be_bytes([middle, low]),
    )
}

fn sum(message: &[u8], leave_out: usize, source: Ipv6Addr, destination: Ipv6Addr) -> u16 {
    util::ipv6_checksum(
        message,
        leave_out,
        &[],
        &source,
        &destination,
        IpNextHeaderProtocols::Icmpv6,
    )
}
