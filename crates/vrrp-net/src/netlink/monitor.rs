//! News of links and addresses, as they change.

use std::collections::VecDeque;
use std::io;

use bytes::BytesMut;
use nix::errno::Errno;
use rtnetlink::MulticastGroup;
use rtnetlink::packet_core::{NetlinkBuffer, NetlinkMessage, NetlinkPayload};
use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::proto::sys::TokioSocket;
use rtnetlink::sys::protocols::NETLINK_ROUTE;
use rtnetlink::sys::{AsyncSocket, AsyncSocketExt, SocketAddr};

use super::{AddressInfo, LinkInfo, NetlinkError, size_receive_buffer};

/// Groups watched. Routes are not: nothing here depends on them once an interface is chosen.
const GROUPS: [MulticastGroup; 3] = [
    MulticastGroup::Link,
    MulticastGroup::Ipv4Ifaddr,
    MulticastGroup::Ipv6Ifaddr,
];

/// Room for one read; the kernel's messages are far smaller.
const READ: usize = 64 * 1024;

/// Something about the host's interfaces changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetEvent {
    /// An interface is new, or something about it changed: state, carrier, name.
    Link(LinkInfo),
    /// An interface is gone.
    LinkRemoved {
        /// The index it had, never used again for another while the host is up.
        index: u32,
        /// The name it had.
        name: String,
    },
    /// An address is new, or something about it changed: lifetime, tentative no more.
    Address(AddressInfo),
    /// An address is gone.
    AddressRemoved(AddressInfo),
    /// News was lost: list links and addresses afresh.
    Overrun,
}

/// A subscription to changes of links and addresses.
///
/// Subscribe first, list afterwards: what changes in between is then seen twice, not never.
pub struct Monitor {
    socket: TokioSocket,
    read: BytesMut,
    events: VecDeque<NetEvent>,
}

impl Monitor {
    /// Subscribes, with a receive buffer that holds thousands of changes. Call inside a tokio
    /// runtime.
    ///
    /// # Errors
    /// No socket to be had.
    pub fn new() -> Result<Self, NetlinkError> {
        Self::with_receive_buffer(super::RECEIVE_BUFFER)
    }

    /// Like [`new`](Self::new) with a receive buffer of about `bytes`.
    ///
    /// # Errors
    /// No socket to be had.
    pub fn with_receive_buffer(bytes: usize) -> Result<Self, NetlinkError> {
        Self::subscribe(bytes).map_err(NetlinkError::Open)
    }

    fn subscribe(bytes: usize) -> io::Result<Self> {
        let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
        size_receive_buffer(socket.socket_ref(), bytes)?;
        let groups = GROUPS
            .iter()
            .fold(0, |mask, group| mask | 1 << (*group as u32 - 1));
        socket.socket_mut().bind(&SocketAddr::new(0, groups))?;
        Ok(Self {
            socket,
            read: BytesMut::new(),
            events: VecDeque::new(),
        })
    }

    /// Waits for the next change. Cancel safe.
    ///
    /// # Errors
    /// The socket failed; make a new monitor and list everything afresh.
    pub async fn next(&mut self) -> Result<NetEvent, NetlinkError> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            self.read.clear();
            self.read.reserve(READ);
            match self.socket.recv_from(&mut self.read).await {
                // Port 0 is the kernel; anybody else may only pretend.
                Ok(sender) if sender.port_number() == 0 => self.parse(),
                Ok(_) => {}
                Err(error) if crate::errno::of(&error) == Errno::ENOBUFS => {
                    self.drain();
                    return Ok(NetEvent::Overrun);
                }
                Err(error) => return Err(NetlinkError::Open(error)),
            }
        }
    }

    /// Empties the socket after news was lost: until it is empty the kernel goes on dropping,
    /// and does not say so again. What is listed after that misses nothing.
    fn drain(&mut self) {
        loop {
            self.read.clear();
            self.read.reserve(READ);
            match self.socket.socket_ref().recv(&mut self.read, 0) {
                Ok(_) => {}
                Err(error) if crate::errno::of(&error) == Errno::ENOBUFS => {}
                Err(_) => return,
            }
        }
    }

    /// Turns what was read into events. A message that cannot be read counts as lost.
    fn parse(&mut self) {
        let mut rest: &[u8] = &self.read;
        while !rest.is_empty() {
            let Ok(frame) = NetlinkBuffer::new_checked(rest) else {
                self.events.push_back(NetEvent::Overrun);
                return;
            };
            let length = usize::try_from(frame.length()).unwrap_or(rest.len());
            match NetlinkMessage::deserialize(rest) {
                Ok(message) => self.events.extend(event(message)),
                Err(error) => {
                    tracing::debug!(%error, "netlink message not understood");
                    self.events.push_back(NetEvent::Overrun);
                }
            }
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
    }
}

fn event(message: NetlinkMessage<RouteNetlinkMessage>) -> Option<NetEvent> {
    let message = match message.payload {
        NetlinkPayload::InnerMessage(message) => message,
        NetlinkPayload::Overrun(_) => return Some(NetEvent::Overrun),
        _ => return None,
    };
    match message {
        RouteNetlinkMessage::NewLink(message) => LinkInfo::read(message).map(NetEvent::Link),
        RouteNetlinkMessage::DelLink(message) => {
            LinkInfo::read(message).map(|link| NetEvent::LinkRemoved {
                index: link.index,
                name: link.name,
            })
        }
        RouteNetlinkMessage::NewAddress(message) => {
            AddressInfo::read(message).map(NetEvent::Address)
        }
        RouteNetlinkMessage::DelAddress(message) => {
            AddressInfo::read(message).map(NetEvent::AddressRemoved)
        }
        _ => None,
    }
}
