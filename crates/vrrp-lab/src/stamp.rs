//! When a packet really arrived: the kernel's stamp, on the clock the lab reckons with.

use std::time::{Duration, Instant, SystemTime};

use nix::sys::socket::ControlMessageOwned;
use nix::sys::time::TimeSpec;

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
    let now = Instant::now();
    let wall = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let stamp = stamp.unwrap_or(wall);
    (
        now.checked_sub(wall.saturating_sub(stamp)).unwrap_or(now),
        stamp,
    )
}
