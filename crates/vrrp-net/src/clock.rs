//! The one clock: `CLOCK_MONOTONIC`, which no clock step touches.

use nix::time::{ClockId, clock_gettime};

/// Nanoseconds since an arbitrary point, the same for the whole host and never going back.
#[must_use]
pub fn now() -> u64 {
    // CLOCK_MONOTONIC cannot be refused on Linux; 0 would only mean "long ago".
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |time| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
        let nanoseconds = u64::try_from(time.tv_nsec()).unwrap_or(0);
        seconds * 1_000_000_000 + nanoseconds
    })
}
