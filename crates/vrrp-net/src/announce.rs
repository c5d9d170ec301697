//! Telling the segment where an address lives now: gratuitous ARP and unsolicited NA.
//! When to do so, and how often, is the caller's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{LinkAddr, MsgFlags, bind, send};
use socket2::{Domain, Socket, Type};
use vrrp_wire::constants::{ALL_NODES_V6, TTL};
use vrrp_wire::{ArpForm, Family, gratuitous_arp, unsolicited_na};

use crate::Interface;
use crate::socket::open::{self, Steps};
use crate::socket::{SendError, SocketError, send};

/// Sends announcements of one family on one interface.
///
/// Sending never waits; [`SendError::Busy`] may be tried again. Nothing is ever received.
/// Like a [`VrrpSocket`](crate::socket::VrrpSocket) it does not outlive its interface.
#[derive(Debug)]
pub struct Announcer {
    interface: Interface,
    family: Family,
    socket: Socket,
}

impl Announcer {
    /// Opens an AF_PACKET socket for ARP or a raw ICMPv6 socket for NA.
    ///
    /// # Errors
    /// What was tried on which interface, what the kernel said and what to do.
    pub fn open(interface: &Interface, family: Family) -> Result<Self, SocketError> {
        let socket = match family {
            Family::V4 => packet(interface)?,
            Family::V6 => icmpv6(interface)?,
        };
        open::prioritise(&socket, interface)?;
        Ok(Self {
            interface: interface.clone(),
            family,
            socket,
        })
    }

    /// The interface this was opened on.
    #[must_use]
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// The family this announces.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// Broadcasts one gratuitous ARP: `address` is at `mac`.
    ///
    /// # Errors
    /// Why it was not sent.
    pub fn send_arp(
        &self,
        form: ArpForm,
        address: Ipv4Addr,
        mac: [u8; 6],
    ) -> Result<(), SendError> {
        let frame = gratuitous_arp(form, mac, address);
        self.only(Family::V4)
            .and_then(|()| send(self.socket.as_raw_fd(), &frame, MsgFlags::MSG_DONTWAIT).map(drop))
            .map_err(|errno| self.error(address.into(), Ipv4Addr::BROADCAST.into(), errno))
    }

    /// Multicasts one unsolicited neighbour advertisement to all nodes: `address` is at
    /// `mac`. `source` must be an address of this interface that is not tentative.
    ///
    /// # Errors
    /// Why it was not sent.
    pub fn send_na(
        &self,
        address: Ipv6Addr,
        mac: [u8; 6],
        source: Ipv6Addr,
    ) -> Result<(), SendError> {
        let message = unsolicited_na(address, mac, source);
        let (source, destination) = (source.into(), ALL_NODES_V6.into());
        self.only(Family::V6)
            .and_then(|()| {
                send::datagram(
                    self.socket.as_raw_fd(),
                    self.interface.index,
                    source,
                    destination,
                    &message,
                )
            })
            .map_err(|errno| send::cause(&self.socket, errno))
            .map_err(|errno| self.error(source, destination, errno))
    }

    fn only(&self, family: Family) -> Result<(), Errno> {
        if self.family == family {
            Ok(())
        } else {
            Err(Errno::EAFNOSUPPORT)
        }
    }

    fn error(&self, source: IpAddr, destination: IpAddr, errno: Errno) -> SendError {
        SendError::new(&self.interface, source, destination, errno)
    }
}

/// An AF_PACKET socket of no protocol, so that it hears nothing, bound to the interface.
fn packet(interface: &Interface) -> Result<Socket, SocketError> {
    let steps = Steps(interface);
    let socket = steps.check(
        "opening a packet socket",
        Socket::new(Domain::PACKET, Type::RAW.nonblocking().cloexec(), None),
    )?;
    let address = link_address(interface.index)
        .and_then(|address| bind(socket.as_raw_fd(), &address))
        .map_err(std::io::Error::from);
    steps.check("binding a packet socket", address)?;
    Ok(socket)
}

/// The link-layer address of an interface as the C library's listing gives it: the one way
/// to have such an address made without unsafe code. Its protocol is 0.
pub(crate) fn link_address(ifindex: u32) -> Result<LinkAddr, Errno> {
    getifaddrs()?
        .filter_map(|entry| entry.address?.as_link_addr().copied())
        .find(|address| u32::try_from(address.ifindex()) == Ok(ifindex))
        .ok_or(Errno::ENODEV)
}

/// A raw ICMPv6 socket, for which the kernel checks the checksum, that hears nothing.
fn icmpv6(interface: &Interface) -> Result<Socket, SocketError> {
    let steps = Steps(interface);
    let socket = open::raw(interface, Domain::IPV6, libc::IPPROTO_ICMPV6)?;
    // RFC 4861 §7.1.2: receivers drop anything else.
    steps.check(
        "setting hop limit 255",
        socket.set_multicast_hops_v6(u32::from(TTL)),
    )?;
    steps.check(
        "switching multicast loopback off",
        socket.set_multicast_loop_v6(false),
    )?;
    Ok(socket)
}
