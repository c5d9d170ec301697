//! A master that did not run for so long that others may have taken over. Not in the RFC, which
//! knows no host that stops and goes on.

use crate::{Cause, Event, Output, State};

use super::VirtualRouter;

impl VirtualRouter {
    /// Before anything else is done with an input: a master whose last advert is older than
    /// Master_Down_Interval is none any more, for its backups have stopped waiting. It gives
    /// the addresses back and listens; what it hears next may be its successor.
    ///
    /// One that is leaving just goes on leaving; see [`Self::end_overdue_leave`].
    pub(super) fn check_stall(&mut self) {
        if self.state != State::Master || self.is_leaving() {
            return;
        }
        let silence = self.now.since(self.last_sent);
        if silence <= self.master_down_interval() {
            return;
        }
        self.counters.stalls += 1;
        self.push(Output::Event(Event::Stalled { silence }));
        self.listen(Cause::Stalled { silence });
    }
}
