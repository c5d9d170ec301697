//! A tracked connection, out of what the kernel says about it.

use std::net::{IpAddr, SocketAddr};

use netlink_packet_netfilter::conntrack::{
    ConntrackAttribute, IPTuple, ProtoInfo, ProtoInfoTCP, ProtoTuple, Protocol, Status, Tuple,
};

/// States of TCP in conntrack in which one side at least may still send: established, and
/// closed by one side (`enum tcp_conntrack`).
const OPEN: std::ops::RangeInclusive<u8> = 3..=5;
/// The same, and those that are being opened.
const AWAITED: std::ops::RangeInclusive<u8> = 1..=5;

/// A connection through a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Connection {
    /// The client, as it is seen by this host.
    pub(crate) client: SocketAddr,
    /// Where the client connected to.
    pub(crate) service: SocketAddr,
    /// Where it was sent.
    pub(crate) backend: SocketAddr,
    /// Whether it is open, not merely asked for or remembered.
    pub(crate) open: bool,
    /// Whether the client still waits for something: an answer or data.
    pub(crate) awaited: bool,
    /// What names it to the kernel.
    pub(super) original: Vec<Tuple>,
}

/// Source and destination of a TCP connection, as one direction sees it.
fn ends(tuples: &[Tuple]) -> Option<(SocketAddr, SocketAddr)> {
    let (mut from, mut to): (Option<IpAddr>, Option<IpAddr>) = (None, None);
    let (mut from_port, mut to_port, mut tcp) = (None, None, false);
    for tuple in tuples {
        match tuple {
            Tuple::Ip(parts) => {
                for part in parts {
                    match part {
                        IPTuple::SourceAddress(address) => from = Some(*address),
                        IPTuple::DestinationAddress(address) => to = Some(*address),
                        _ => {}
                    }
                }
            }
            Tuple::Proto(parts) => {
                for part in parts {
                    match part {
                        ProtoTuple::Protocol(protocol) => tcp = *protocol == Protocol::Tcp,
                        ProtoTuple::SourcePort(port) => from_port = Some(*port),
                        ProtoTuple::DestinationPort(port) => to_port = Some(*port),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    tcp.then_some(())?;
    Some((
        SocketAddr::new(from?, from_port?),
        SocketAddr::new(to?, to_port?),
    ))
}

/// A translated TCP connection; `None` for any other.
pub(super) fn connection(attributes: &[ConntrackAttribute]) -> Option<Connection> {
    let (mut original, mut reply, mut status, mut state) = (None, None, Status::empty(), 0);
    for attribute in attributes {
        match attribute {
            ConntrackAttribute::CtaTupleOrig(tuples) => original = Some(tuples),
            ConntrackAttribute::CtaTupleReply(tuples) => reply = Some(tuples),
            ConntrackAttribute::CtaStatus(flags) => status = *flags,
            ConntrackAttribute::CtaProtoInfo(infos) => {
                state = infos.iter().find_map(tcp_state).unwrap_or(0);
            }
            _ => {}
        }
    }
    let original = original?;
    let (client, service) = ends(original)?;
    let (backend, _) = ends(reply?)?;
    status.contains(Status::DstNat).then_some(())?;
    Some(Connection {
        client,
        service,
        backend,
        open: OPEN.contains(&state),
        awaited: AWAITED.contains(&state),
        original: original.clone(),
    })
}

fn tcp_state(info: &ProtoInfo) -> Option<u8> {
    match info {
        ProtoInfo::TCP(parts) => parts.iter().find_map(|part| match part {
            ProtoInfoTCP::State(state) => Some(*state),
            _ => None,
        }),
        _ => None,
    }
}
