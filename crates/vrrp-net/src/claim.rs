//! The claim of one daemon to a network namespace: where it stands, no other runs.
//!
//! What is claimed is the namespace, so a lock file would be the wrong thing: two mount
//! namespaces share a network, and two networks a file. Names that anybody may take there, such
//! as an abstract Unix socket's, would let any user keep the daemon from starting. The claim is
//! therefore a raw socket, which takes CAP_NET_RAW in the namespace: of protocol 112, bound to a
//! group of 239.128.0.0/9 that nothing is ever sent to, in which it carries its owner's pid. The
//! kernel lists it to everybody in `/proc/net/raw`, and removes it with its owner, however that
//! one ends.
//!
//! Binding it excludes nobody, so a claim is raised first and made good when no other is there.
//! Of two that are raised at the same time the socket with the smaller inode number wins.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use vrrp_wire::constants::IP_PROTOCOL;

use crate::socket::filter;

/// The raw sockets of the network namespace of the thread that reads it.
const RAW_SOCKETS: &str = "/proc/thread-self/net/raw";

/// 239.128.0.0, and the bits above the pid's 22 (`PID_MAX_LIMIT`).
const RAISED: u32 = 0xef80_0000;
/// 239.192.0.0.
const GOOD: u32 = 0xefc0_0000;
const PID: u32 = 0x003f_ffff;

/// How long a process that was killed is given to be gone.
pub const PATIENCE: Duration = Duration::from_millis(500);

/// Between two looks at somebody else's claim.
const PAUSE: Duration = Duration::from_millis(5);

/// Why a network namespace could not be claimed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Another process has claimed it.
    #[error(
        "another vrrpd ({0}) runs in this network namespace, and each would remove the other's \
         addresses; stop that one (`systemctl stop vrrpd`, or end the process), put its instances \
         and these into one configuration, or give this one a network namespace of its own"
    )]
    Taken(Holder),
    /// The kernel refused a step.
    #[error(
        "{attempt} so that no second vrrpd runs in this network namespace: {cause}; {remedy}",
        remedy = crate::errno::remedy(crate::errno::of(.cause))
    )]
    Refused {
        /// What was tried.
        attempt: &'static str,
        /// What the kernel said.
        cause: io::Error,
    },
}

impl ClaimError {
    fn refused(attempt: &'static str) -> impl Fn(io::Error) -> Self {
        move |cause| Self::Refused { attempt, cause }
    }
}

/// Who has claimed a network namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process id, as it knows it itself.
    pub pid: u32,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "pid {}", self.pid)?;
        if fs::exists(format!("/proc/{}", self.pid)).unwrap_or(true) {
            Ok(())
        } else {
            f.write_str(", of another container or hidden from this user")
        }
    }
}

/// A network namespace, claimed for as long as this lives.
#[derive(Debug)]
pub struct Claim {
    /// Until it is closed.
    _socket: File,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    inode: u64,
    pid: u32,
    good: bool,
}

impl Claim {
    /// Claims the network namespace of this thread. Who has it is given `patience` to end:
    /// a process that was killed a moment ago may still be there. Sleeps.
    ///
    /// # Errors
    /// Somebody has claimed it, or the kernel refuses.
    pub fn take(patience: Duration) -> Result<Self, ClaimError> {
        let bound = ClaimError::refused("binding a raw socket");
        let socket = open().map_err(ClaimError::refused("opening a raw socket"))?;
        let file = File::from(OwnedFd::from(socket));
        let socket = SockRef::from(&file);
        let inode = file
            .metadata()
            .map_err(ClaimError::refused("looking at a raw socket"))?
            .ino();
        let pid = std::process::id() & PID;
        let deadline = Instant::now() + patience;
        loop {
            bind(&socket, RAISED | pid).map_err(&bound)?;
            let Some(other) = in_the_way(inode)? else {
                bind(&socket, GOOD | pid).map_err(&bound)?;
                return Ok(Self { _socket: file });
            };
            if other.goes_before(inode) {
                bind(&socket, 0).map_err(&bound)?;
            }
            if Instant::now() >= deadline {
                return Err(ClaimError::Taken(Holder { pid: other.pid }));
            }
            thread::sleep(PAUSE);
        }
    }
}

/// Who has claimed the network namespace of this thread. Needs no privilege.
///
/// # Errors
/// The kernel does not list raw sockets.
pub fn holder() -> io::Result<Option<Holder>> {
    let good = claims()?.into_iter().find(|claim| claim.good);
    Ok(good.map(|claim| Holder { pid: claim.pid }))
}

impl Seen {
    /// Whether the raised claim with this inode number has to be taken back. One that need not
    /// be waits all the same: this one has perhaps not seen it, and is made good next.
    const fn goes_before(&self, inode: u64) -> bool {
        self.good || self.inode < inode
    }
}

/// Another claim than the one with this inode number, the weightiest first.
fn in_the_way(inode: u64) -> Result<Option<Seen>, ClaimError> {
    // Twice: an entry may be left out while one before it goes.
    for _ in 0..2 {
        let claims = claims().map_err(ClaimError::refused("listing raw sockets"))?;
        let others = claims.into_iter().filter(|claim| claim.inode != inode);
        let first = others.min_by_key(|claim| (!claim.good, claim.inode));
        if first.is_some() {
            return Ok(first);
        }
    }
    Ok(None)
}

fn open() -> io::Result<Socket> {
    let protocol = Protocol::from(i32::from(IP_PROTOCOL));
    let socket = Socket::new(Domain::IPV4, Type::RAW.cloexec(), Some(protocol))?;
    socket.attach_filter(&filter::nothing())?;
    Ok(socket)
}

fn bind(socket: &Socket, address: u32) -> io::Result<()> {
    socket.bind(&SocketAddrV4::new(Ipv4Addr::from_bits(address), 0).into())
}

fn claims() -> io::Result<Vec<Seen>> {
    let text = fs::read_to_string(RAW_SOCKETS)?;
    Ok(text.lines().filter_map(parse).collect())
}

/// One line of the list, if it is a claim.
fn parse(line: &str) -> Option<Seen> {
    let mut fields = line.split_ascii_whitespace();
    let (address, protocol) = fields.nth(1)?.split_once(':')?;
    if u8::from_str_radix(protocol, 16) != Ok(IP_PROTOCOL) {
        return None;
    }
    // The kernel prints the bytes of the address as a number of the host's order.
    let address = u32::from_be_bytes(u32::from_str_radix(address, 16).ok()?.to_ne_bytes());
    let kind = address & !PID;
    let inode = fields.nth(7)?.parse().ok()?;
    (kind == RAISED || kind == GOOD).then_some(Seen {
        inode,
        pid: address & PID,
        good: kind == GOOD,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_told_from_other_raw_sockets() {
        let number = |address: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(address));
        let line = |address, protocol: &str| {
            format!(
                " 215: {}:{protocol} 00000000:0000 07 00000000:00000000 00:00000000 00000000     \
                 0        0 3558033 2 0000000027d74658 0",
                number(address)
            )
        };
        let seen = |pid, good| {
            Some(Seen {
                inode: 3_558_033,
                pid,
                good,
            })
        };
        assert_eq!(parse(&line([239, 192, 1, 2], "0070")), seen(0x102, true));
        assert_eq!(
            parse(&line([239, 191, 255, 255], "0070")),
            seen(4_194_303, false)
        );
        assert_eq!(parse(&line([239, 192, 1, 2], "0001")), None);
        assert_eq!(parse(&line([239, 127, 1, 2], "0070")), None);
        assert_eq!(parse(&line([224, 0, 0, 18], "0070")), None);
        assert_eq!(parse("  sl  local_address rem_address   st tx_queue"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn what_is_good_goes_before_what_is_older() {
        let seen = |inode, good| Seen {
            inode,
            pid: 1,
            good,
        };
        assert!(seen(9, true).goes_before(5));
        assert!(seen(4, false).goes_before(5));
        assert!(!seen(6, false).goes_before(5));
    }
}
