//! Requests to the kernel's connection tracking and their answers, over netlink.

use std::io;

use netlink_packet_core::{NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_netfilter::conntrack::ConntrackMessage;
use netlink_packet_netfilter::{
    NetfilterHeader, NetfilterMessage, NetfilterMessageInner, NetfilterProtoFamily,
};
use netlink_sys::protocols::NETLINK_NETFILTER;
use netlink_sys::{AsyncSocket, AsyncSocketExt, SocketAddr, TokioSocket};
use nix::errno::Errno;

/// A netlink socket.
pub(super) struct Socket {
    socket: TokioSocket,
    sequence: u32,
}

impl Socket {
    pub(super) fn open() -> io::Result<Self> {
        let mut socket = TokioSocket::new(NETLINK_NETFILTER)?;
        socket.socket_mut().bind_auto()?;
        socket.socket_mut().connect(&SocketAddr::new(0, 0))?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// A request as bytes that more may be put behind.
    pub(super) fn message(
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

    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.send(bytes).await.map(drop)
    }

    /// Reads until `expected` requests are answered to the end, and gives how many of them
    /// succeeded. What the kernel no longer knew is no failure.
    pub(super) async fn answers(
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
                            Some(error) if error.raw_os_error() == Some(Errno::ENOENT as i32) => {}
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
