//! Making the sockets of one interface and family: every option the protocol asks for.

use std::io;
use std::mem::MaybeUninit;
use std::num::NonZeroU32;

use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use vrrp_wire::Family;
use vrrp_wire::constants::{GROUP_V4, GROUP_V6, IP_PROTOCOL, TOS, TTL};

use super::{SocketError, filter};
use crate::Interface;

/// Room for a few thousand adverts, so that a stalled thread loses none of a second's worth.
/// A bound, not an allocation.
const RECEIVE_BUFFER: usize = 4 << 20;

/// Traffic control's band for control traffic, and the highest that needs no capability.
const PRIORITY_CONTROL: u32 = 7;
const PRIORITY_UNPRIVILEGED: u32 = 6;

/// One setup step: what is tried, for the error text, and its outcome.
pub(crate) struct Steps<'a>(pub(crate) &'a Interface);

impl Steps<'_> {
    pub(crate) fn check<T>(
        &self,
        attempt: &'static str,
        result: io::Result<T>,
    ) -> Result<T, SocketError> {
        result.map_err(|error| SocketError::new(attempt, self.0, &error))
    }
}

/// A raw socket that hears nothing yet and is bound to the interface.
pub(crate) fn raw(
    interface: &Interface,
    domain: Domain,
    protocol: i32,
) -> Result<Socket, SocketError> {
    let steps = Steps(interface);
    let socket = steps.check(
        "opening a raw socket",
        Socket::new(
            domain,
            Type::RAW.nonblocking().cloexec(),
            Some(Protocol::from(protocol)),
        ),
    )?;
    // Before it is bound it would hear every interface.
    steps.check(
        "attaching a packet filter",
        socket.attach_filter(&filter::nothing()),
    )?;
    bind(&socket, interface)?;
    // What slipped in between the opening and the filter.
    let mut packet = [MaybeUninit::uninit(); 1];
    while socket.recv(&mut packet).is_ok() {}
    Ok(socket)
}

fn bind(socket: &Socket, interface: &Interface) -> Result<(), SocketError> {
    // By index, so that a rename or a new interface of the same name cannot be meant instead;
    // SO_BINDTOIFINDEX is one option for both families. It takes any index unseen.
    let bound = socket
        .bind_device_by_index_v4(NonZeroU32::new(interface.index))
        .and_then(|()| still_bound(socket));
    Steps(interface).check("binding a socket", bound)
}

/// Fails with ENODEV when the interface that `socket` is bound to does not exist.
pub(crate) fn still_bound(socket: &Socket) -> io::Result<()> {
    match socket.device()? {
        Some(_) => Ok(()),
        None => Err(io::Error::from_raw_os_error(libc::ENODEV)),
    }
}

/// The socket that hears adverts.
pub(crate) fn receiver(interface: &Interface, family: Family) -> Result<Socket, SocketError> {
    let steps = Steps(interface);
    let socket = raw(interface, domain(family), i32::from(IP_PROTOCOL))?;
    // Beyond the system's limit with CAP_NET_ADMIN, up to it without.
    if setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
        steps.check(
            "sizing the receive buffer",
            socket.set_recv_buffer_size(RECEIVE_BUFFER),
        )?;
    }
    match family {
        Family::V4 => {
            steps.check(
                "hearing only joined groups",
                socket.set_multicast_all_v4(false),
            )?;
            steps.check(
                "joining 224.0.0.18",
                socket.join_multicast_v4_n(
                    &GROUP_V4,
                    &InterfaceIndexOrAddress::Index(interface.index),
                ),
            )?;
        }
        Family::V6 => {
            steps.check(
                "asking for destinations",
                setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true).map_err(io::Error::from),
            )?;
            steps.check("asking for hop limits", socket.set_recv_hoplimit_v6(true))?;
            steps.check(
                "hearing only joined groups",
                socket.set_multicast_all_v6(false),
            )?;
            steps.check(
                "joining ff02::12",
                socket.join_multicast_v6(&GROUP_V6, interface.index),
            )?;
        }
    }
    Ok(socket)
}

/// Ends the membership of a receiver.
pub(crate) fn leave(receiver: &Socket, index: u32, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => {
            receiver.leave_multicast_v4_n(&GROUP_V4, &InterfaceIndexOrAddress::Index(index))
        }
        Family::V6 => receiver.leave_multicast_v6(&GROUP_V6, index),
    }
}

/// The socket that sends adverts; it hears nothing.
pub(crate) fn sender(interface: &Interface, family: Family) -> Result<Socket, SocketError> {
    let steps = Steps(interface);
    let socket = raw(interface, domain(family), i32::from(IP_PROTOCOL))?;
    let ttl = u32::from(TTL);
    let tos = u32::from(TOS);
    match family {
        Family::V4 => {
            steps.check("setting TTL 255", socket.set_ttl_v4(ttl))?;
            steps.check(
                "setting multicast TTL 255",
                socket.set_multicast_ttl_v4(ttl),
            )?;
            steps.check(
                "switching multicast loopback off",
                socket.set_multicast_loop_v4(false),
            )?;
            steps.check("setting TOS 0xc0", socket.set_tos_v4(tos))?;
        }
        Family::V6 => {
            steps.check("setting hop limit 255", socket.set_unicast_hops_v6(ttl))?;
            steps.check(
                "setting multicast hop limit 255",
                socket.set_multicast_hops_v6(ttl),
            )?;
            steps.check(
                "switching multicast loopback off",
                socket.set_multicast_loop_v6(false),
            )?;
            steps.check("setting traffic class 0xc0", socket.set_tclass_v6(tos))?;
        }
    }
    prioritise(&socket, interface)?;
    Ok(socket)
}

/// Ahead of other traffic in the device's queue. After the TOS, which sets it too.
pub(crate) fn prioritise(socket: &Socket, interface: &Interface) -> Result<(), SocketError> {
    socket.set_priority(PRIORITY_CONTROL).or_else(|_| {
        Steps(interface).check(
            "setting the queue priority",
            socket.set_priority(PRIORITY_UNPRIVILEGED),
        )
    })
}

fn domain(family: Family) -> Domain {
    match family {
        Family::V4 => Domain::IPV4,
        Family::V6 => Domain::IPV6,
    }
}
