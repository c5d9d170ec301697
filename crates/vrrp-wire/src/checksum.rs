//! The Internet checksum over what each version and family covers (RFC 9568 §5.2.8).

use core::net::{Ipv4Addr, Ipv6Addr};

use pnet_packet::ip::IpNextHeaderProtocol;
use pnet_packet::util;

use crate::constants::IP_PROTOCOL;

/// Index of the VRRP checksum among the message's 16-bit words.
const CHECKSUM_WORD: usize = 3;

/// A word no message has: nothing is left out of the sum.
const NO_WORD: usize = usize::MAX;

const VRRP: IpNextHeaderProtocol = IpNextHeaderProtocol(IP_PROTOCOL);

/// What is summed besides the VRRP message.
#[derive(Clone, Copy)]
pub(crate) enum Cover {
    /// Nothing.
    Message,
    /// The IPv4 pseudo-header of RFC 5798 as Keepalived and FRR read it.
    PseudoV4(Ipv4Addr, Ipv4Addr),
    /// The IPv6 pseudo-header of RFC 8200 §8.1.
    PseudoV6(Ipv6Addr, Ipv6Addr),
}

impl Cover {
    fn sum(self, message: &[u8], leave_out: usize) -> u16 {
        match self {
            Self::Message => util::checksum(message, leave_out),
            Self::PseudoV4(source, destination) => {
                util::ipv4_checksum(message, leave_out, &[], &source, &destination, VRRP)
            }
            Self::PseudoV6(source, destination) => {
                util::ipv6_checksum(message, leave_out, &[], &source, &destination, VRRP)
            }
        }
    }

    /// The checksum `message` should carry.
    pub(crate) fn expected(self, message: &[u8]) -> u16 {
        self.sum(message, CHECKSUM_WORD)
    }

    /// Whether `message`, its checksum included, sums up as it should (RFC 1071 §1).
    pub(crate) fn holds(self, message: &[u8]) -> bool {
        self.sum(message, NO_WORD) == 0
    }
}
