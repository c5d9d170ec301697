//! Addresses, links and routes through rtnetlink, and news of their changes.

mod address;
mod address_info;
mod error;
mod link;
mod monitor;
mod request;
mod route;

use std::io;
use std::os::fd::AsFd;

use nix::sys::socket::{setsockopt, sockopt};
use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::proto::{ConnectionHandle, new_connection};
use rtnetlink::sys::AsyncSocket;
use rtnetlink::sys::protocols::NETLINK_ROUTE;

pub use self::address::{ADDRESS_PROTOCOL, Added, AddressSpec};
pub use self::address_info::{AddressInfo, link_local_ipv6, primary_ipv4};
pub use self::error::{NetlinkError, Refusal};
pub use self::link::LinkInfo;
pub use self::monitor::{Monitor, NetEvent};
pub use self::route::RouteAnswer;

/// A bound, not an allocation.
const RECEIVE_BUFFER: usize = 4 << 20;

/// Requests to the kernel. Cloning gives another handle to the same connection.
///
/// The connection is a task of the runtime [`Netlink::new`] is called in. The kernel carries
/// out each request within the task's `send`, and there it may wait for its own lock: make the
/// connection in another runtime than the protocol's, and use the handle anywhere.
#[derive(Clone, Debug)]
pub struct Netlink {
    handle: ConnectionHandle<RouteNetlinkMessage>,
}

impl Netlink {
    /// Opens a connection in the network namespace of this thread. Call inside a tokio
    /// runtime.
    ///
    /// # Errors
    /// No socket to be had.
    pub fn new() -> Result<Self, NetlinkError> {
        let (mut connection, handle, _) =
            new_connection(NETLINK_ROUTE).map_err(NetlinkError::Open)?;
        let socket = connection.socket_mut().socket_ref();
        // The kernel's own words, without the request sent back.
        socket
            .set_ext_ack(true)
            .and_then(|()| socket.set_cap_ack(true))
            .and_then(|()| size_receive_buffer(socket, RECEIVE_BUFFER))
            .map_err(NetlinkError::Open)?;
        connection.set_forward_ack(true);
        // Ends by itself when the last handle is dropped.
        tokio::spawn(connection);
        Ok(Self { handle })
    }
}

/// Beyond the system's limit with CAP_NET_ADMIN, up to it without.
fn size_receive_buffer(socket: &impl AsFd, bytes: usize) -> io::Result<()> {
    setsockopt(socket, sockopt::RcvBufForce, &bytes)
        .or_else(|_| setsockopt(socket, sockopt::RcvBuf, &bytes))
        .map_err(io::Error::from)
}
