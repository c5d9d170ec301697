//! Asking the segment who has an IPv4 address, in a way that disturbs nobody's tables: the probe of
//! RFC 5227 section 2.1.1, which has no sender address to be learned.

use std::io::{self, Read};
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use nix::sys::socket::{MsgFlags, bind, send};
use socket2::{Domain, Protocol, Socket, Type};
use vrrp_wire::{ArpForm, gratuitous_arp};

use crate::Interface;
use crate::announce::link_address;
use crate::socket::SocketError;
use crate::socket::open::Steps;

/// Where things are in an Ethernet frame with ARP over IPv4.
const SENDER_MAC: std::ops::Range<usize> = 22..28;
const SENDER_ADDRESS: std::ops::Range<usize> = 28..32;
const TARGET_MAC: std::ops::Range<usize> = 32..38;
const LENGTH: usize = 42;

/// RFC 5227 section 1.1: PROBE_NUM.
const PROBES: u32 = 3;

/// How long a read waits before the clock is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The link-layer addresses that answer for `address`, each once, this interface's own `mac` left
/// out. Sends three probes over `within` and blocks that long.
///
/// # Errors
/// What was tried on which interface, what the kernel said and what to do.
pub fn holders(
    interface: &Interface,
    mac: [u8; 6],
    address: Ipv4Addr,
    within: Duration,
) -> Result<Vec<[u8; 6]>, SocketError> {
    let steps = Steps(interface);
    let protocol = u16::try_from(libc::ETH_P_ARP).unwrap_or_default().to_be();
    let mut socket = steps.check(
        "opening a packet socket",
        Socket::new(
            Domain::PACKET,
            Type::RAW.cloexec(),
            Some(Protocol::from(i32::from(protocol))),
        ),
    )?;
    let bound = link_address(interface.index)
        .and_then(|address| bind(socket.as_raw_fd(), &address))
        .map_err(io::Error::from);
    steps.check("binding a packet socket", bound)?;
    steps.check(
        "setting a time limit",
        socket.set_read_timeout(Some(LOOK_AGAIN)),
    )?;
    let probe = probe(mac, address);
    let begin = Instant::now();
    let mut sent = 0;
    let mut found: Vec<[u8; 6]> = Vec::new();
    let mut room = [0; 128];
    while begin.elapsed() < within {
        if sent < PROBES && begin.elapsed() >= within * sent / (PROBES + 1) {
            let result = send(socket.as_raw_fd(), &probe, MsgFlags::empty());
            steps.check("sending an ARP probe", result.map_err(io::Error::from))?;
            sent += 1;
        }
        let length = match socket.read(&mut room) {
            Ok(length) => length,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock
                        | io::ErrorKind::TimedOut
                        | io::ErrorKind::Interrupted
                ) =>
            {
                continue;
            }
            Err(error) => return steps.check("receiving ARP", Err(error)),
        };
        let holder = room.get(..length).and_then(|frame| holder(frame, address));
        if let Some(holder) = holder
            && holder != mac
            && !found.contains(&holder)
        {
            found.push(holder);
        }
    }
    Ok(found)
}

/// A request without the address of a sender.
fn probe(mac: [u8; 6], address: Ipv4Addr) -> Vec<u8> {
    let mut frame = gratuitous_arp(ArpForm::Request, mac, address).to_vec();
    for range in [SENDER_ADDRESS, TARGET_MAC] {
        if let Some(bytes) = frame.get_mut(range) {
            bytes.fill(0);
        }
    }
    frame
}

/// Who says in this frame to have `address`: request or reply, both tell.
fn holder(frame: &[u8], address: Ipv4Addr) -> Option<[u8; 6]> {
    let is_arp = frame.len() >= LENGTH && frame.get(12..14) == Some(&[0x08, 0x06]);
    let is_it = frame.get(SENDER_ADDRESS) == Some(&address.octets());
    (is_arp && is_it)
        .then(|| frame.get(SENDER_MAC)?.try_into().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [2, 0, 10, 0, 50, 11];
    const VIP: Ipv4Addr = Ipv4Addr::new(10, 0, 50, 20);

    #[test]
    fn a_probe_has_no_sender_address_and_nobody_takes_it_for_an_answer() {
        let frame = probe(MAC, VIP);
        assert_eq!(frame.get(SENDER_ADDRESS), Some(&[0; 4][..]));
        assert_eq!(frame.get(38..42), Some(&VIP.octets()[..]));
        assert_eq!(holder(&frame, VIP), None);
    }

    #[test]
    fn whoever_sends_arp_from_the_address_has_it() {
        for form in [ArpForm::Request, ArpForm::Reply] {
            let frame = gratuitous_arp(form, MAC, VIP);
            assert_eq!(holder(&frame, VIP), Some(MAC));
            assert_eq!(holder(&frame, Ipv4Addr::new(10, 0, 50, 21)), None);
            assert_eq!(holder(frame.get(..30).unwrap_or_default(), VIP), None);
        }
    }
}
