//! The one function that changes the state.

use core::time::Duration;

use crate::timers::Timer;
use crate::{Cause, Output, State};

use super::VirtualRouter;

impl VirtualRouter {
    /// Leaves the present state with all its timers and enters `to`. What a state holds is given
    /// back or taken here and nowhere else, so that no path can forget it. The caller arms what
    /// is particular to its own case afterwards.
    pub(super) fn change_state(&mut self, to: State, cause: Cause) {
        if to != State::Master {
            self.release_addresses();
        }
        self.enter(to, cause);
    }

    /// As [`VirtualRouter::change_state`], for a master whose successor was heard: its addresses
    /// linger, unless frames already go to the successor.
    pub(super) fn make_way(&mut self, to: State, cause: Cause) {
        if self.config.virtual_mac {
            self.change_state(to, cause);
        } else {
            self.enter(to, cause);
            self.linger();
        }
    }

    fn enter(&mut self, to: State, cause: Cause) {
        let from = self.state;
        self.timers.cancel_all();
        self.leave = None;
        let before = self.master.take().filter(|_| !self.master_left);
        self.predecessor = before.map(|master| master.address);
        self.master_left = false;
        self.learned_interval = None;
        self.inferior_since = None;
        self.passed_over = None;
        self.listened_again = false;
        self.yielded = false;
        self.last_conflict = None;
        self.echo = None;
        self.announcement_waits = false;
        self.former_pace = None;
        self.peers.tell_again();

        self.state = to;
        self.since = self.now;
        self.cause = cause.clone();
        self.counters.transitions[to.number() as usize] += 1;
        if to == State::Master {
            self.begin_mastership();
        }
        self.push(Output::Transition { from, to, cause });
    }

    /// To backup, listening for a whole Master_Down_Interval of our own interval; for ever
    /// while withheld.
    pub(super) fn listen(&mut self, cause: Cause) {
        self.change_state(State::Backup, cause);
        self.restart_master_down_timer();
    }

    /// Sets Master_Down_Timer to Master_Down_Interval, unless we may not become master.
    pub(super) fn restart_master_down_timer(&mut self) {
        self.arm_master_down(self.master_down_interval());
    }

    pub(super) fn arm_master_down(&mut self, wait: Duration) {
        if self.withheld.any() {
            self.timers.cancel(Timer::MasterDown);
        } else {
            self.timers.arm(Timer::MasterDown, self.now + wait);
        }
    }
}
