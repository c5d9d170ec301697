//! Makes silent clients notice that their connection has ended.
//!
//! A client that only listens (a `kubectl get --watch`) would hang until its keep-alive. The
//! sequence numbers that a reset needs are not known, but any segment outside of the window makes
//! the client's TCP answer with an acknowledgement (RFC 9293 §3.10.7.4); that one is in the
//! middle of a connection which is no longer tracked, and so it is answered with a reset that
//! carries the right number.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use pnet_packet::ip::IpNextHeaderProtocols::Tcp;
use pnet_packet::ipv4::MutableIpv4Packet;
use pnet_packet::ipv6::MutableIpv6Packet;
use pnet_packet::tcp::{MutableTcpPacket, TcpFlags, ipv4_checksum, ipv6_checksum};
use socket2::{Domain, Protocol, Socket, Type};

/// Protocol number of sockets that take the IP header from the program.
const RAW: i32 = 255;
const HOPS: u8 = 64;
const IPV4_HEADER_LEN: usize = 20;
const IPV6_HEADER_LEN: usize = 40;
const TCP_HEADER_LEN: usize = 20;
/// Half of the numbers apart: whatever the window is, one of the two is outside.
const SEQUENCES: [u32; 2] = [0, 1 << 31];

/// Sockets that segments in the name of a service are sent from. Needs CAP_NET_RAW.
pub(crate) struct Nudger {
    socket: Socket,
}

impl Nudger {
    /// For services and clients of the family of `address`.
    pub(crate) fn open(address: IpAddr) -> io::Result<Self> {
        let v4 = address.is_ipv4();
        let domain = if v4 { Domain::IPV4 } else { Domain::IPV6 };
        let socket = Socket::new(domain, Type::RAW, Some(Protocol::from(RAW)))?;
        if v4 {
            socket.set_header_included_v4(true)?;
        } else {
            socket.set_header_included_v6(true)?;
        }
        Ok(Self { socket })
    }

    /// Sends segments from `service` to `client`.
    pub(crate) fn nudge(&self, service: SocketAddr, client: SocketAddr) -> io::Result<()> {
        // A port would be taken for a protocol number in IPv6.
        let to = SocketAddr::new(client.ip(), 0).into();
        for sequence in SEQUENCES {
            if let Some(packet) = segment(service, client, sequence) {
                self.socket.send_to(&packet, &to)?;
            }
        }
        Ok(())
    }
}

/// An empty acknowledgement as an IP packet; `None` if the families differ.
fn segment(from: SocketAddr, to: SocketAddr, sequence: u32) -> Option<Vec<u8>> {
    match (from.ip(), to.ip()) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let mut bytes = vec![0; IPV4_HEADER_LEN + TCP_HEADER_LEN];
            let (header, payload) = bytes.split_at_mut(IPV4_HEADER_LEN);
            fill_v4(&mut MutableIpv4Packet::new(header)?, source, destination);
            let mut tcp = MutableTcpPacket::new(payload)?;
            fill_tcp(&mut tcp, from.port(), to.port(), sequence);
            tcp.set_checksum(ipv4_checksum(&tcp.to_immutable(), &source, &destination));
            Some(bytes)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let mut bytes = vec![0; IPV6_HEADER_LEN + TCP_HEADER_LEN];
            let (header, payload) = bytes.split_at_mut(IPV6_HEADER_LEN);
            fill_v6(&mut MutableIpv6Packet::new(header)?, source, destination);
            let mut tcp = MutableTcpPacket::new(payload)?;
            fill_tcp(&mut tcp, from.port(), to.port(), sequence);
            tcp.set_checksum(ipv6_checksum(&tcp.to_immutable(), &source, &destination));
            Some(bytes)
        }
        _ => None,
    }
}

/// The kernel fills in identification and checksum.
fn fill_v4(packet: &mut MutableIpv4Packet<'_>, source: Ipv4Addr, destination: Ipv4Addr) {
    packet.set_version(4);
    packet.set_header_length(5);
    packet.set_total_length(40);
    packet.set_ttl(HOPS);
    packet.set_next_level_protocol(Tcp);
    packet.set_source(source);
    packet.set_destination(destination);
}

fn fill_v6(packet: &mut MutableIpv6Packet<'_>, source: Ipv6Addr, destination: Ipv6Addr) {
    packet.set_version(6);
    packet.set_payload_length(20);
    packet.set_next_header(Tcp);
    packet.set_hop_limit(HOPS);
    packet.set_source(source);
    packet.set_destination(destination);
}

fn fill_tcp(packet: &mut MutableTcpPacket<'_>, from: u16, to: u16, sequence: u32) {
    packet.set_source(from);
    packet.set_destination(to);
    packet.set_sequence(sequence);
    packet.set_data_offset(5);
    packet.set_flags(TcpFlags::ACK);
}
