//! Packets that go out together, by one call to the kernel. Besides real-time scheduling and the
//! allocator's settings the only place with `unsafe`: nix tells how many packets its `sendmmsg` sent
//! only by reading addresses that the kernel never wrote.

use std::mem::{offset_of, size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;

use super::{Datagram, send};

/// Packets sent by one call.
pub const OUTBOX: usize = 64;

/// Up to [`OUTBOX`] packets, copied in. The memory is kept, so that filling it again allocates
/// nothing.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Vec<Waiting>,
    room: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    token: usize,
    source: IpAddr,
    destination: IpAddr,
    start: usize,
    end: usize,
}

impl Outbox {
    /// Puts a packet in; `token` tells later what became of it. What is put into a full outbox
    /// costs one more call.
    pub fn push(&mut self, token: usize, datagram: &Datagram<'_>) {
        let start = self.room.len();
        self.room.extend_from_slice(datagram.message);
        self.waiting.push(Waiting {
            token,
            source: datagram.source,
            destination: datagram.destination,
            start,
            end: self.room.len(),
        });
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether one call to the kernel takes no more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= OUTBOX
    }

    /// Sends everything without waiting and forgets it.
    pub(super) fn send(
        &mut self,
        socket: BorrowedFd<'_>,
        ifindex: u32,
        mut done: impl FnMut(usize, &Datagram<'_>, Result<(), Errno>),
    ) {
        let mut rest = self.waiting.as_slice();
        while let Some(first) = rest.first() {
            let datagram = |waiting: &Waiting| Datagram {
                source: waiting.source,
                destination: waiting.destination,
                message: &self.room[waiting.start..waiting.end],
            };
            let together = &rest[..rest.len().min(OUTBOX)];
            let result = match together {
                [_] => send_one(socket, ifindex, &datagram(first)).map(|()| 1),
                _ => send_many(socket, ifindex, together, &self.room),
            };
            // The kernel stops at the first that it refuses, and tells why if nothing went out
            // before.
            let sent = match result {
                Ok(sent) => {
                    for waiting in &rest[..sent] {
                        done(waiting.token, &datagram(waiting), Ok(()));
                    }
                    sent
                }
                Err(errno) => {
                    done(first.token, &datagram(first), Err(errno));
                    1
                }
            };
            rest = &rest[sent..];
        }
        self.waiting.clear();
        self.room.clear();
    }
}

fn send_one(socket: BorrowedFd<'_>, ifindex: u32, datagram: &Datagram<'_>) -> Result<(), Errno> {
    send::datagram(
        socket.as_raw_fd(),
        ifindex,
        datagram.source,
        datagram.destination,
        datagram.message,
    )
}

/// A control message that names a packet's source and interface, laid out as `CMSG_DATA` has it.
#[repr(C)]
#[derive(Clone, Copy)]
struct Control<T> {
    header: libc::cmsghdr,
    info: T,
}

#[derive(Clone, Copy)]
#[repr(C)]
union AnyControl {
    v4: Control<libc::in_pktinfo>,
    v6: Control<libc::in6_pktinfo>,
}

#[derive(Clone, Copy)]
#[repr(C)]
union AnyName {
    v4: libc::sockaddr_in,
    v6: libc::sockaddr_in6,
}

/// Everything the kernel reads of one packet but its bytes.
#[derive(Clone, Copy)]
struct Envelope {
    name: AnyName,
    name_len: usize,
    control: AnyControl,
    control_len: usize,
}

impl Envelope {
    /// `None` where source and destination are of different families.
    fn new(ifindex: u32, source: IpAddr, destination: IpAddr) -> Option<Self> {
        match (source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                Some(Self::v4(ifindex, source, destination))
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                Some(Self::v6(ifindex, source, destination))
            }
            _ => None,
        }
    }

    #[allow(unsafe_code)]
    fn v4(ifindex: u32, source: Ipv4Addr, destination: Ipv4Addr) -> Self {
        let address = |address: Ipv4Addr| libc::in_addr {
            s_addr: u32::from_ne_bytes(address.octets()),
        };
        // SAFETY: both are made of integers alone, so that zeros are a valid value of them.
        let (mut name, mut header): (libc::sockaddr_in, libc::cmsghdr) = unsafe { zeroed() };
        name.sin_family = family(libc::AF_INET);
        name.sin_addr = address(destination);
        let info = libc::in_pktinfo {
            ipi_ifindex: ifindex.cast_signed(),
            ipi_spec_dst: address(source),
            ipi_addr: address(Ipv4Addr::UNSPECIFIED),
        };
        header.cmsg_level = libc::IPPROTO_IP;
        header.cmsg_type = libc::IP_PKTINFO;
        let length = offset_of!(Control<libc::in_pktinfo>, info) + size_of::<libc::in_pktinfo>();
        header.cmsg_len = narrow(length);
        Self {
            name: AnyName { v4: name },
            name_len: size_of::<libc::sockaddr_in>(),
            control: AnyControl {
                v4: Control { header, info },
            },
            control_len: size_of::<Control<libc::in_pktinfo>>(),
        }
    }

    #[allow(unsafe_code)]
    fn v6(ifindex: u32, source: Ipv6Addr, destination: Ipv6Addr) -> Self {
        let address = |address: Ipv6Addr| libc::in6_addr {
            s6_addr: address.octets(),
        };
        // SAFETY: both are made of integers alone, so that zeros are a valid value of them.
        let (mut name, mut header): (libc::sockaddr_in6, libc::cmsghdr) = unsafe { zeroed() };
        name.sin6_family = family(libc::AF_INET6);
        name.sin6_addr = address(destination);
        name.sin6_scope_id = ifindex;
        let info = libc::in6_pktinfo {
            ipi6_addr: address(source),
            ipi6_ifindex: ifindex,
        };
        header.cmsg_level = libc::IPPROTO_IPV6;
        header.cmsg_type = libc::IPV6_PKTINFO;
        let length = offset_of!(Control<libc::in6_pktinfo>, info) + size_of::<libc::in6_pktinfo>();
        header.cmsg_len = narrow(length);
        Self {
            name: AnyName { v6: name },
            name_len: size_of::<libc::sockaddr_in6>(),
            control: AnyControl {
                v6: Control { header, info },
            },
            control_len: size_of::<Control<libc::in6_pktinfo>>(),
        }
    }
}

fn family(family: libc::c_int) -> libc::sa_family_t {
    // Both families are below 11.
    libc::sa_family_t::try_from(family).unwrap_or_default()
}

/// Lengths here are below 100; the widths of the fields they go to differ between targets.
fn narrow<T: TryFrom<usize> + Default>(length: usize) -> T {
    T::try_from(length).unwrap_or_default()
}

/// At most [`OUTBOX`] of `together`, whose bytes are in `room`. Returns how many went out.
#[allow(unsafe_code)]
fn send_many(
    socket: BorrowedFd<'_>,
    ifindex: u32,
    together: &[Waiting],
    room: &[u8],
) -> Result<usize, Errno> {
    // SAFETY: arrays of plain structs of integers and pointers, of which zeros are a valid value.
    let (mut envelopes, mut parts, mut headers): (
        [Envelope; OUTBOX],
        [libc::iovec; OUTBOX],
        [libc::mmsghdr; OUTBOX],
    ) = unsafe { zeroed() };
    let mut count = 0;
    let slots = envelopes.iter_mut().zip(&mut parts).zip(&mut headers);
    for (((envelope, part), header), waiting) in slots.zip(together) {
        let Some(made) = Envelope::new(ifindex, waiting.source, waiting.destination) else {
            if count == 0 {
                return Err(Errno::EAFNOSUPPORT);
            }
            break;
        };
        *envelope = made;
        let message = &room[waiting.start..waiting.end];
        part.iov_base = message.as_ptr().cast_mut().cast();
        part.iov_len = message.len();
        header.msg_hdr.msg_name = (&raw mut envelope.name).cast();
        header.msg_hdr.msg_namelen = narrow(envelope.name_len);
        header.msg_hdr.msg_iov = part;
        header.msg_hdr.msg_iovlen = narrow(1);
        header.msg_hdr.msg_control = (&raw mut envelope.control).cast();
        header.msg_hdr.msg_controllen = narrow(envelope.control_len);
        count += 1;
    }
    // SAFETY: the first `count` headers point to names, control messages and parts in the arrays
    // above and to bytes in `room`, all of which stay in place until the call returns. The kernel
    // only reads them, and writes `msg_len` into `headers`.
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            narrow(count),
            // Its type differs between targets.
            libc::MSG_DONTWAIT as _,
        )
    };
    match usize::try_from(sent) {
        // A kernel that sent nothing and refused nothing would be asked for ever.
        Ok(0) => Err(Errno::EAGAIN),
        Ok(sent) => Ok(sent.min(count)),
        Err(_) => Err(Errno::last()),
    }
}
