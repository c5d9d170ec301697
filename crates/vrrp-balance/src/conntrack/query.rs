//! The request for connections to a service.

use std::net::SocketAddr;

use netlink_packet_core::{DefaultNla, Emitable, NLA_F_NESTED};
use netlink_packet_netfilter::conntrack::{ConntrackMessage, IPTuple, ProtoTuple, Protocol, Tuple};

/// `IPCTNL_MSG_CT_GET`.
const GET: u8 = 1;
/// `CTA_TUPLE_ORIG`.
const TUPLE: u16 = 1 | NLA_F_NESTED;
/// `CTA_FILTER` and, in it, `CTA_FILTER_ORIG_FLAGS`.
const FILTER: u16 = 25 | NLA_F_NESTED;
const FILTER_ORIGINAL: u16 = 1;
/// Which parts of the original direction count: protocol and destination port, and the
/// destination address (`CTA_FILTER_FLAG(...)`).
const TO_PORT: u32 = 1 << 3 | 1 << 5;
const TO_ADDRESS: u32 = 1 << 1;

/// Asks for connections like those to `service`. The kernel chooses, since 5.8: a busy host
/// tracks hundreds of thousands of them. Older ones list them all, and with IPv6 addresses it
/// chooses all but the ones asked for: it takes their comparison for its opposite.
pub(super) fn query(service: SocketAddr) -> ConntrackMessage {
    let tuple = [
        Tuple::Ip(vec![IPTuple::DestinationAddress(service.ip())]),
        Tuple::Proto(vec![
            ProtoTuple::Protocol(Protocol::Tcp),
            ProtoTuple::DestinationPort(service.port()),
        ]),
    ];
    let parts = if service.is_ipv4() {
        TO_PORT | TO_ADDRESS
    } else {
        TO_PORT
    };
    let flags = [DefaultNla::new(
        FILTER_ORIGINAL,
        parts.to_ne_bytes().to_vec(),
    )];
    // Not `Get`: its type for attributes that it does not know drops the mark of nested ones,
    // on which the kernel insists.
    ConntrackMessage::Other {
        message_type: GET,
        attributes: vec![
            DefaultNla::new(TUPLE, emit(&tuple.as_slice())),
            DefaultNla::new(FILTER, emit(&flags.as_slice())),
        ],
    }
}

fn emit(attributes: &impl Emitable) -> Vec<u8> {
    let mut bytes = vec![0; attributes.buffer_len()];
    attributes.emit(&mut bytes);
    bytes
}
