//! When a packet really arrived: the kernel's stamp, on the clock the lab reckons with.

use std::time::{Duration, Instant, SystemTime};

use nix::sys::socket::ControlMessageOwned;
use nix::sys::time::TimeSpec;

/// As far apart as the two clocks may be read for a stamp to be carried over at once.
const CLOSE: Duration = Duration::from_micros(20);
/// How often they are read again when the thread stood still between them.
const ATTEMPTS: usize = 8;

/// Bytes for a control message with a stamp.
pub(crate) fn space() -> Vec<u8> {
    nix::cmsg_space!(TimeSpec)
}

/// The stamp among `messages`: monotonic, and since the epoch. Now, if there is none.
pub(crate) fn arrival(
    messages: impl IntoIterator<Item = ControlMessageOwned>,
) -> (Instant, Duration) {
    let stamp = messages.into_iter().find_map(|message| match message {
        ControlMessageOwned::ScmTimestampns(stamp) => Some(Duration::from(stamp)),
        _ => None,
    });
    // The stamp is wall-clock time; its age, not itself, is carried over.
    let now = closest(Reading::now);
    let stamp = stamp.unwrap_or(now.wall);
    let age = now.wall.saturating_sub(stamp);
    (
        now.monotonic.checked_sub(age).unwrap_or(now.monotonic),
        stamp,
    )
}

/// Both clocks, read one after the other.
#[derive(Clone, Copy)]
struct Reading {
    monotonic: Instant,
    /// Since the epoch.
    wall: Duration,
    /// Time from one read to the other.
    apart: Duration,
}

impl Reading {
    fn now() -> Self {
        let monotonic = Instant::now();
        let wall = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            monotonic,
            wall,
            apart: monotonic.elapsed(),
        }
    }
}

/// The reading whose clocks are closest to each other. A thread that is stopped between the two
/// would take every packet for as much older as it stood.
fn closest(mut read: impl FnMut() -> Reading) -> Reading {
    let mut best = read();
    for _ in 1..ATTEMPTS {
        if best.apart < CLOSE {
            break;
        }
        let next = read();
        if next.apart < best.apart {
            best = next;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_were_read_far_apart_are_read_again() {
        let origin = Instant::now();
        let after = Duration::from_micros;
        let mut apart = [1000, 30, 5, 0].into_iter();
        let mut reads = 0;
        let reading = closest(|| {
            reads += 1;
            Reading {
                monotonic: origin + after(reads),
                wall: after(reads),
                apart: after(apart.next().expect("no further read")),
            }
        });
        assert_eq!(reads, 3);
        assert_eq!(reading.wall, after(3));
    }

    #[test]
    fn where_no_reading_is_close_the_closest_one_counts() {
        let mut reads = 0;
        let reading = closest(|| {
            reads += 1;
            Reading {
                monotonic: Instant::now(),
                wall: Duration::from_secs(reads),
                apart: Duration::from_millis(10 - reads),
            }
        });
        assert_eq!(reads, ATTEMPTS as u64);
        assert_eq!(reading.wall, Duration::from_secs(ATTEMPTS as u64));
    }
}
