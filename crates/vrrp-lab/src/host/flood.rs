//! Packets at a given rate, many with one call to the kernel.

use std::io::{self, IoSlice};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, sendmmsg};
use socket2::Socket;

use super::Host;
use super::inject::{IpPacket, all_bytes};
use crate::error::{Context, Result};

/// Packets sent with one call.
const BATCH: usize = 64;
/// Pause while nothing is due.
const PAUSE: Duration = Duration::from_micros(200);

/// What came of a flood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flood {
    /// Packets the kernel took.
    pub sent: u64,
    /// How long it really lasted.
    pub took: Duration,
}

impl Host {
    /// Sends `packets` on this host's interface over and over, all to the first one's
    /// destination, `per_second` of them for `duration`, or as many as it can. The calling thread
    /// is busy with it.
    ///
    /// # Errors
    /// Families differ, or the kernel refuses.
    pub fn flood(
        &self,
        packets: &[IpPacket],
        per_second: u32,
        duration: Duration,
    ) -> Result<Flood> {
        let bytes = all_bytes(packets)?;
        let Some(first) = packets.first() else {
            return Ok(Flood {
                sent: 0,
                took: Duration::ZERO,
            });
        };
        let (socket, destination) = self.open_raw(first.destination)?;
        // Connected: nix finds out how many packets were sent by reading an address of each that the
        // kernel never wrote, and of a socket that has its own there is none to read.
        socket
            .connect(&destination.into())
            .and_then(|()| send(&socket, &bytes, per_second, duration))
            .context(|| format!("flooding {destination} from {}", self.name()))
    }
}

fn send(
    socket: &Socket,
    packets: &[Vec<u8>],
    per_second: u32,
    duration: Duration,
) -> io::Result<Flood> {
    let slices: Vec<[IoSlice<'_>; 1]> = packets.iter().map(|p| [IoSlice::new(p)]).collect();
    let mut headers = MultiHeaders::<()>::preallocate(BATCH, None);
    let (begin, mut sent) = (Instant::now(), 0_u64);
    loop {
        let took = begin.elapsed();
        if took >= duration {
            return Ok(Flood { sent, took });
        }
        let due = (took.as_secs_f64() * f64::from(per_second)) as u64;
        let batch = usize::try_from(due.saturating_sub(sent))
            .unwrap_or(BATCH)
            .min(BATCH);
        if batch == 0 {
            std::thread::sleep(PAUSE);
            continue;
        }
        let from = usize::try_from(sent).unwrap_or(0) % slices.len();
        let result = sendmmsg(
            socket.as_raw_fd(),
            &mut headers,
            slices.iter().cycle().skip(from).take(batch),
            &[None; BATCH][..batch],
            [],
            MsgFlags::empty(),
        );
        match result {
            Ok(results) => sent += results.count() as u64,
            Err(Errno::EINTR | Errno::ENOBUFS | Errno::EAGAIN) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}
