//! Packets that no program would send: with any source, any TTL, any payload.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use pnet_packet::ip::IpNextHeaderProtocol;
use pnet_packet::ipv4::MutableIpv4Packet;
use pnet_packet::ipv6::MutableIpv6Packet;
use socket2::{Domain, Protocol, Socket, Type};
use vrrp_wire::constants::{IP_PROTOCOL, TTL};

use super::Host;
use crate::error::{Context, LabError, Result};

const IPV4_HEADER_LEN: usize = 20;
const IPV6_HEADER_LEN: usize = 40;
/// Protocol number of sockets that take the IP header from the program.
const RAW: i32 = 255;

/// An IP packet to be sent as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IpPacket {
    /// Source, whoever's address it is.
    pub source: IpAddr,
    /// Destination, of the same family.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Protocol or next header.
    pub protocol: u8,
    /// What the IP header carries.
    pub payload: Vec<u8>,
}

impl IpPacket {
    /// A VRRP message with the TTL it has to have.
    #[must_use]
    pub fn vrrp(source: IpAddr, destination: IpAddr, message: &[u8]) -> Self {
        Self {
            source,
            destination,
            ttl: TTL,
            protocol: IP_PROTOCOL,
            payload: message.to_vec(),
        }
    }

    /// The packet as bytes; the kernel fills in the checksum of an IPv4 header.
    fn bytes(&self) -> Option<Vec<u8>> {
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => self.v4(source, destination),
            (IpAddr::V6(source), IpAddr::V6(destination)) => self.v6(source, destination),
            _ => None,
        }
    }

    fn v4(&self, source: Ipv4Addr, destination: Ipv4Addr) -> Option<Vec<u8>> {
        let length = IPV4_HEADER_LEN + self.payload.len();
        let mut bytes = vec![0; length];
        let mut packet = MutableIpv4Packet::new(&mut bytes)?;
        packet.set_version(4);
        packet.set_header_length(5);
        packet.set_total_length(u16::try_from(length).ok()?);
        packet.set_ttl(self.ttl);
        packet.set_next_level_protocol(IpNextHeaderProtocol(self.protocol));
        packet.set_source(source);
        packet.set_destination(destination);
        packet.set_payload(&self.payload);
        Some(bytes)
    }

    fn v6(&self, source: Ipv6Addr, destination: Ipv6Addr) -> Option<Vec<u8>> {
        let mut bytes = vec![0; IPV6_HEADER_LEN + self.payload.len()];
        let mut packet = MutableIpv6Packet::new(&mut bytes)?;
        packet.set_version(6);
        packet.set_payload_length(u16::try_from(self.payload.len()).ok()?);
        packet.set_hop_limit(self.ttl);
        packet.set_next_header(IpNextHeaderProtocol(self.protocol));
        packet.set_source(source);
        packet.set_destination(destination);
        packet.set_payload(&self.payload);
        Some(bytes)
    }
}

impl Host {
    /// Sends a packet on this host's interface, past all of the kernel's checks.
    ///
    /// # Errors
    /// Families differ, or the kernel refuses.
    pub fn inject(&self, packet: &IpPacket) -> Result<()> {
        self.inject_many(std::slice::from_ref(packet))
    }

    /// Sends packets one after the other as fast as it goes, all to the first one's destination.
    ///
    /// # Errors
    /// Families differ, or the kernel refuses.
    pub fn inject_many(&self, packets: &[IpPacket]) -> Result<()> {
        let Some(first) = packets.first() else {
            return Ok(());
        };
        let bytes = all_bytes(packets)?;
        let (socket, destination) = self.open_raw(first.destination)?;
        bytes
            .iter()
            .try_for_each(|bytes| socket.send_to(bytes, &destination.into()).map(drop))
            .context(|| format!("sending to {destination} from {}", self.name()))
    }

    /// A raw socket on this host's interface, and where it sends to.
    pub(super) fn open_raw(&self, to: IpAddr) -> Result<(Socket, SocketAddr)> {
        let interface = self.interface().to_owned();
        let index = self
            .links()?
            .iter()
            .find(|link| link.name == interface)
            .map_or(0, |l| l.ifindex);
        let destination = match to {
            IpAddr::V4(_) => SocketAddr::new(to, 0),
            IpAddr::V6(address) => SocketAddrV6::new(address, 0, 0, index).into(),
        };
        // The socket is opened in the host; the sending itself would hold up the host's thread.
        let socket = self
            .enter(move || open(destination, &interface))?
            .context(|| format!("opening a raw socket on {}", self.name()))?;
        Ok((socket, destination))
    }
}

/// Packets as bytes.
pub(super) fn all_bytes(packets: &[IpPacket]) -> Result<Vec<Vec<u8>>> {
    let bytes: Option<Vec<Vec<u8>>> = packets.iter().map(IpPacket::bytes).collect();
    bytes.ok_or_else(|| {
        LabError::Other("source and destination of a packet are of two families".to_owned())
    })
}

fn open(destination: SocketAddr, interface: &str) -> io::Result<Socket> {
    let domain = Domain::for_address(destination);
    let socket = Socket::new(domain, Type::RAW, Some(Protocol::from(RAW)))?;
    if destination.is_ipv6() {
        socket.set_header_included_v6(true)?;
    } else {
        socket.set_header_included_v4(true)?;
    }
    socket.bind_device(Some(interface.as_bytes()))?;
    Ok(socket)
}
