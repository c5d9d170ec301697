//! Room for a burst of received adverts, made once and used for every read.

use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrIn6, recvmmsg};
use vrrp_wire::Family;

/// Packets taken from the kernel in one call.
pub const BATCH: usize = 32;

/// Bytes for one packet: the longest advert (255 IPv6 addresses) and the longest IPv4 header.
const SLOT: usize = 4224;

/// Shortest IPv4 header.
const IPV4_HEADER: usize = 20;

/// What was received, without its IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    /// Who sent it.
    pub source: IpAddr,
    /// Whom it was sent to: the group, or one of our addresses.
    pub destination: IpAddr,
    /// TTL or hop limit as it arrived.
    pub ttl: u8,
    /// The VRRP message, as far as it fits in the batch's room.
    pub message: &'a [u8],
    /// Whether the packet was longer than any advert, so that `message` lacks its end.
    pub truncated: bool,
}

#[derive(Clone, Copy)]
struct Slot {
    source: IpAddr,
    destination: IpAddr,
    ttl: u8,
    start: usize,
    end: usize,
    truncated: bool,
}

/// Up to [`BATCH`] received packets. One batch serves sockets of both families by turns.
pub struct RecvBatch {
    room: Box<[u8]>,
    received: Vec<Slot>,
    /// Packets the kernel gave, those that cannot be used among them.
    given: usize,
    v4: MultiHeaders<()>,
    v6: MultiHeaders<SockaddrIn6>,
}

impl Default for RecvBatch {
    fn default() -> Self {
        Self::new()
    }
}

impl RecvBatch {
    /// An empty batch. The memory is touched only as packets arrive.
    #[must_use]
    pub fn new() -> Self {
        Self {
            room: vec![0; BATCH * SLOT].into_boxed_slice(),
            received: Vec::with_capacity(BATCH),
            given: 0,
            v4: MultiHeaders::preallocate(BATCH, None),
            // Exactly what the kernel writes each time: it stores the length used in the
            // headers, and the next call starts from that.
            v6: MultiHeaders::preallocate(BATCH, Some(cmsg_space!(libc::in6_pktinfo, libc::c_int))),
        }
    }

    /// The packets of the last read, in the order they arrived.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Received<'_>> {
        self.received.iter().map(|slot| Received {
            source: slot.source,
            destination: slot.destination,
            ttl: slot.ttl,
            message: &self.room[slot.start..slot.end],
            truncated: slot.truncated,
        })
    }

    /// Packets of the last read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.received.len()
    }

    /// Whether the last read gave nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.received.is_empty()
    }

    /// Whether the last read took as many as one call can, so that more may be waiting.
    pub(crate) fn was_full(&self) -> bool {
        self.given == BATCH
    }

    /// Replaces the content by what `fd` has now; does not wait.
    pub(crate) fn fill(&mut self, fd: BorrowedFd<'_>, family: Family) -> Result<usize, Errno> {
        self.received.clear();
        self.given = 0;
        match family {
            Family::V4 => self.fill_v4(fd)?,
            Family::V6 => self.fill_v6(fd)?,
        }
        Ok(self.received.len())
    }

    fn fill_v4(&mut self, fd: BorrowedFd<'_>) -> Result<(), Errno> {
        let mut lengths = [(0, false); BATCH];
        let mut rooms = slots(&mut self.room);
        let results = recvmmsg(
            fd.as_raw_fd(),
            &mut self.v4,
            &mut rooms,
            MsgFlags::MSG_DONTWAIT,
            None,
        )?;
        let mut count = 0;
        for (entry, result) in lengths.iter_mut().zip(results) {
            *entry = (result.bytes, result.flags.contains(MsgFlags::MSG_TRUNC));
            count += 1;
        }
        self.given = count;
        for (index, &(length, truncated)) in lengths.iter().enumerate().take(count) {
            let start = index * SLOT;
            let packet = &self.room[start..start + length];
            if let Some(slot) = read_ipv4(packet, start, truncated) {
                self.received.push(slot);
            }
        }
        Ok(())
    }

    fn fill_v6(&mut self, fd: BorrowedFd<'_>) -> Result<(), Errno> {
        let mut rooms = slots(&mut self.room);
        let results = recvmmsg(
            fd.as_raw_fd(),
            &mut self.v6,
            &mut rooms,
            MsgFlags::MSG_DONTWAIT,
            None,
        )?;
        for (index, result) in results.enumerate() {
            self.given = index + 1;
            let mut destination = None;
            let mut ttl = None;
            if let Ok(messages) = result.cmsgs() {
                for message in messages {
                    match message {
                        ControlMessageOwned::Ipv6PacketInfo(info) => {
                            destination = Some(Ipv6Addr::from(info.ipi6_addr.s6_addr));
                        }
                        ControlMessageOwned::Ipv6HopLimit(limit) => ttl = u8::try_from(limit).ok(),
                        _ => {}
                    }
                }
            }
            // Both options are on before the first packet can arrive, so nothing is lost here.
            if let (Some(source), Some(destination), Some(ttl)) = (result.address, destination, ttl)
            {
                let start = index * SLOT;
                self.received.push(Slot {
                    source: source.ip().into(),
                    destination: destination.into(),
                    ttl,
                    start,
                    end: start + result.bytes,
                    truncated: result.flags.contains(MsgFlags::MSG_TRUNC),
                });
            }
        }
        Ok(())
    }
}

/// The room as one buffer per packet.
fn slots(room: &mut [u8]) -> [[IoSliceMut<'_>; 1]; BATCH] {
    let mut chunks = room.chunks_exact_mut(SLOT);
    std::array::from_fn(|_| [IoSliceMut::new(chunks.next().unwrap_or_default())])
}

/// Reads the header a raw IPv4 socket delivers with each packet: the wire's own source,
/// destination and TTL, of which control messages would be copies.
fn read_ipv4(packet: &[u8], start: usize, truncated: bool) -> Option<Slot> {
    let header: &[u8; IPV4_HEADER] = packet.first_chunk()?;
    let header_len = usize::from(header[0] & 0x0f) * 4;
    if header_len < IPV4_HEADER || header_len > packet.len() {
        return None;
    }
    let [.., s0, s1, s2, s3, d0, d1, d2, d3] = *header;
    Some(Slot {
        source: Ipv4Addr::new(s0, s1, s2, s3).into(),
        destination: Ipv4Addr::new(d0, d1, d2, d3).into(),
        ttl: header[8],
        start: start + header_len,
        end: start + packet.len(),
        truncated,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_header_with_options_is_stripped_whole() {
        let mut packet = [0; 24 + 3];
        packet[0] = 0x46;
        packet[8] = 255;
        packet[12..16].copy_from_slice(&[10, 0, 0, 1]);
        packet[16..20].copy_from_slice(&[224, 0, 0, 18]);
        let slot = read_ipv4(&packet, 100, false).unwrap();
        assert_eq!(slot.source, IpAddr::from([10, 0, 0, 1]));
        assert_eq!(slot.destination, IpAddr::from([224, 0, 0, 18]));
        assert_eq!(slot.ttl, 255);
        assert_eq!((slot.start, slot.end), (124, 127));
    }

    #[test]
    fn an_ipv4_header_that_claims_more_than_there_is_gives_nothing() {
        let mut packet = [0; 22];
        packet[0] = 0x46;
        assert!(read_ipv4(&packet, 0, false).is_none());
        packet[0] = 0x44;
        assert!(read_ipv4(&packet, 0, false).is_none());
        assert!(read_ipv4(&packet[..19], 0, false).is_none());
    }
}
