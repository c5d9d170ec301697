//! One packet out of a raw socket with a chosen source and interface.

use std::io::IoSlice;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};
use std::os::fd::RawFd;

use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrIn, SockaddrIn6, sendmsg};
use socket2::Socket;

use super::open::still_bound;

/// Sends without waiting.
pub(crate) fn datagram(
    socket: RawFd,
    ifindex: u32,
    source: IpAddr,
    destination: IpAddr,
    message: &[u8],
) -> Result<(), Errno> {
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            v4(socket, ifindex, source, destination, message)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            v6(socket, ifindex, source, destination, message)
        }
        _ => Err(Errno::EAFNOSUPPORT),
    }
}

/// What is behind `errno`: for an interface that is gone the routing code complains of the
/// route or of the source.
pub(crate) fn cause(socket: &Socket, errno: Errno) -> Errno {
    let ambiguous = matches!(
        errno,
        Errno::ENETUNREACH | Errno::EHOSTUNREACH | Errno::EINVAL | Errno::EADDRNOTAVAIL
    );
    match still_bound(socket) {
        Err(error) if ambiguous && error.raw_os_error() == Some(libc::ENODEV) => Errno::ENODEV,
        _ => errno,
    }
}

fn v4(
    socket: RawFd,
    ifindex: u32,
    source: Ipv4Addr,
    destination: Ipv4Addr,
    message: &[u8],
) -> Result<(), Errno> {
    let address = |address: Ipv4Addr| libc::in_addr {
        s_addr: u32::from_ne_bytes(address.octets()),
    };
    let info = libc::in_pktinfo {
        ipi_ifindex: ifindex.cast_signed(),
        ipi_spec_dst: address(source),
        ipi_addr: address(Ipv4Addr::UNSPECIFIED),
    };
    sendmsg(
        socket,
        &[IoSlice::new(message)],
        &[ControlMessage::Ipv4PacketInfo(&info)],
        MsgFlags::MSG_DONTWAIT,
        Some(&SockaddrIn::from(SocketAddrV4::new(destination, 0))),
    )
    .map(drop)
}

fn v6(
    socket: RawFd,
    ifindex: u32,
    source: Ipv6Addr,
    destination: Ipv6Addr,
    message: &[u8],
) -> Result<(), Errno> {
    let info = libc::in6_pktinfo {
        ipi6_addr: libc::in6_addr {
            s6_addr: source.octets(),
        },
        ipi6_ifindex: ifindex,
    };
    sendmsg(
        socket,
        &[IoSlice::new(message)],
        &[ControlMessage::Ipv6PacketInfo(&info)],
        MsgFlags::MSG_DONTWAIT,
        Some(&SockaddrIn6::from(SocketAddrV6::new(
            destination,
            0,
            0,
            ifindex,
        ))),
    )
    .map(drop)
}
