//! Established connections, as the kernel tracks them: found by service, and deleted.

use std::io;
use std::net::{IpAddr, SocketAddr};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_netfilter::conntrack::{
    ConntrackAttribute, ConntrackMessage, IPTuple, ProtoInfo, ProtoInfoTCP, ProtoTuple, Protocol,
    Status, Tuple,
};
use netlink_packet_netfilter::{
    NetfilterHeader, NetfilterMessage, NetfilterMessageInner, NetfilterProtoFamily,
};
use netlink_sys::protocols::NETLINK_NETFILTER;
use netlink_sys::{AsyncSocket, AsyncSocketExt, TokioSocket};

use crate::error::BalanceError;

/// Requests in one call to the kernel, so that their answers fit its buffer.
const BATCH: usize = 64;

/// States of TCP in conntrack in which one side at least may still send: established, and
/// closed by one side (`enum tcp_conntrack`).
const OPEN: std::ops::RangeInclusive<u8> = 3..=5;

/// A connection through a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Connection {
    /// The client, as it is seen by this host.
    pub(crate) client: SocketAddr,
    /// Where the client connected to.
    pub(crate) service: SocketAddr,
    /// Where it was sent.
    pub(crate) backend: SocketAddr,
    /// Whether it is open, not merely remembered.
    pub(crate) open: bool,
    original: Vec<Tuple>,
}

/// A socket to the kernel's connection tracking.
pub(crate) struct Conntrack {
    socket: TokioSocket,
    sequence: u32,
}

fn failed(attempt: &'static str) -> impl Fn(io::Error) -> BalanceError {
    move |source| BalanceError::Netlink {
        attempt,
        feature: "CONFIG_NF_CT_NETLINK",
        source,
    }
}

const LIST: &str = "listing tracked connections";
const DELETE: &str = "deleting tracked connections";

impl Conntrack {
    pub(crate) fn open() -> Result<Self, BalanceError> {
        let mut socket = TokioSocket::new(NETLINK_NETFILTER).map_err(failed(LIST))?;
        socket
            .socket_mut()
            .bind_auto()
            .and_then(|_| {
                socket
                    .socket_mut()
                    .connect(&netlink_sys::SocketAddr::new(0, 0))
            })
            .map_err(failed(LIST))?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// The connections that clients have to `service`.
    pub(crate) async fn connections(
        &mut self,
        service: SocketAddr,
    ) -> Result<Vec<Connection>, BalanceError> {
        let request = ConntrackMessage::Get(Vec::new());
        let flags = NLM_F_REQUEST | NLM_F_DUMP;
        let bytes = self.message(family(service), request, flags);
        self.send(&bytes).await.map_err(failed(LIST))?;
        let mut found = Vec::new();
        self.answers(1, |message| {
            if let ConntrackMessage::New(attributes) = message {
                found.extend(connection(attributes).filter(|found| found.service == service));
            }
        })
        .await
        .map_err(failed(LIST))?;
        Ok(found)
    }

    /// Deletes connections; those that have ended meanwhile do not count.
    pub(crate) async fn delete(&mut self, doomed: &[Connection]) -> Result<u64, BalanceError> {
        let mut deleted = 0;
        for batch in doomed.chunks(BATCH) {
            let mut bytes = Vec::new();
            for connection in batch {
                let tuple = ConntrackAttribute::CtaTupleOrig(connection.original.clone());
                let request = ConntrackMessage::Delete(vec![tuple]);
                let flags = NLM_F_REQUEST | NLM_F_ACK;
                bytes.extend(self.message(family(connection.service), request, flags));
            }
            self.send(&bytes).await.map_err(failed(DELETE))?;
            deleted += self
                .answers(batch.len(), |_| {})
                .await
                .map_err(failed(DELETE))?;
        }
        Ok(deleted)
    }

    fn message(
        &mut self,
        family: NetfilterProtoFamily,
        request: ConntrackMessage,
        flags: u16,
    ) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut header = NetlinkHeader::default();
        header.flags = flags;
        header.sequence_number = self.sequence;
        let message = NetfilterMessage::new(NetfilterHeader::new(family, 0, 0), request);
        let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.send(bytes).await.map(drop)
    }

    /// Reads until `expected` requests are answered to the end, and gives how many of them
    /// succeeded. What the kernel no longer knew is no failure.
    async fn answers(
        &mut self,
        expected: usize,
        mut take: impl FnMut(&ConntrackMessage),
    ) -> io::Result<u64> {
        let (mut ended, mut succeeded) = (0, 0);
        while ended < expected {
            let (bytes, _) = self.socket.recv_from_full().await?;
            let mut rest: &[u8] = &bytes;
            while !rest.is_empty() {
                let message = NetlinkMessage::<NetfilterMessage>::deserialize(rest)
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                let length = usize::try_from(message.header.length).unwrap_or(rest.len());
                match &message.payload {
                    NetlinkPayload::InnerMessage(NetfilterMessage {
                        inner: NetfilterMessageInner::Conntrack(inner),
                        ..
                    }) => take(inner),
                    NetlinkPayload::Done(_) => {
                        ended += 1;
                        succeeded += 1;
                    }
                    NetlinkPayload::Error(error) => {
                        ended += 1;
                        let error = error.code.map(|_| error.to_io());
                        match error {
                            None => succeeded += 1,
                            Some(error)
                                if error.raw_os_error()
                                    == Some(nix::errno::Errno::ENOENT as i32) => {}
                            Some(error) => return Err(error),
                        }
                    }
                    _ => {}
                }
                rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
            }
        }
        Ok(succeeded)
    }
}

fn family(service: SocketAddr) -> NetfilterProtoFamily {
    if service.is_ipv4() {
        NetfilterProtoFamily::IPv4
    } else {
        NetfilterProtoFamily::IPv6
    }
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
fn connection(attributes: &[ConntrackAttribute]) -> Option<Connection> {
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
