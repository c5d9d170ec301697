//! Keeping step with other routers: what each sends periodically leaves at common times.
//!
//! A wake-up costs about as much as an advert. 250 routers with adverts every 10 ms that each began
//! when it happened to become master would wake the host 25,000 times a second; in step they
//! wake it 3,200 times.

use core::time::Duration;

use crate::Instant;

use super::VirtualRouter;

/// Steps in one period. The pause for a master that we may keep from being heard is one of them,
/// so that it leads from step to step.
pub(super) const STEPS_PER_PERIOD: u32 = 32;

impl VirtualRouter {
    /// When something that comes up once in `period` comes up next after `base`: later than that,
    /// and not later than a period.
    pub(super) fn next_in_step(&self, base: Instant, period: Duration) -> Instant {
        let next = base + period;
        // The last instant there is, to which a sum saturates, is no step.
        if self.config.in_step && next.since(base) == period {
            next.rounded_down(period / STEPS_PER_PERIOD)
        } else {
            next
        }
    }
}
