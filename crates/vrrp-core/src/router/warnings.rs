//! The limit on what peers can make us say.

use core::time::Duration;

use crate::{Event, Instant, Output};

use super::VirtualRouter;

const WINDOW: Duration = Duration::from_secs(10);
const PER_WINDOW: u8 = 8;

/// At most [`PER_WINDOW`] things in each [`WINDOW`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limit {
    window: Option<Instant>,
    count: u8,
}

impl Limit {
    pub(super) fn allow(&mut self, now: Instant) -> bool {
        let fresh = self.window.is_none_or(|start| now.since(start) >= WINDOW);
        if fresh {
            *self = Self {
                window: Some(now),
                count: 0,
            };
        }
        let allowed = self.count < PER_WINDOW;
        self.count += u8::from(allowed);
        allowed
    }
}

impl VirtualRouter {
    pub(super) fn warn(&mut self, event: Event) {
        if self.warning_limit.allow(self.now) {
            self.push(Output::Event(event));
        }
    }
}
