//! Requests to hand over and to stay backup: by the operator, and by a sync group.

use core::net::IpAddr;

use crate::{Cause, GroupOrder, State};

use super::VirtualRouter;
use super::leave::Leave;

/// Who forbids this router to become master.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Withheld {
    drained: bool,
    held: bool,
}

impl Withheld {
    pub(super) const fn any(self) -> bool {
        self.drained || self.held
    }

    pub(super) const fn drained(self) -> bool {
        self.drained
    }

    /// Why the router stays backup, `None` if it need not; `to` took over from it.
    pub(super) const fn cause(self, to: Option<IpAddr>) -> Option<Cause> {
        match self {
            Self { drained: true, .. } => Some(Cause::Drained { to }),
            Self { held: true, .. } => Some(Cause::GroupHeld),
            _ => None,
        }
    }
}

impl VirtualRouter {
    pub(super) fn on_resign(&mut self) {
        self.yield_to_others(Leave::Resign);
    }

    pub(super) fn on_drain(&mut self) {
        self.withheld.drained = true;
        self.withhold();
    }

    pub(super) fn on_undrain(&mut self) {
        self.yielded = false;
        if self.withheld.drained {
            self.withheld.drained = false;
            let wait = self.master_down_interval();
            self.end_withholding(Cause::Undrained { wait });
        }
    }

    pub(super) fn on_group(&mut self, order: GroupOrder) {
        match order {
            GroupOrder::Master => {
                if self.state == State::Backup && !self.withheld.any() {
                    self.change_state(State::Master, Cause::GroupMaster);
                }
            }
            GroupOrder::Backup => self.yield_to_others(Leave::Group),
            GroupOrder::Hold => {
                self.withheld.held = true;
                self.withhold();
            }
            GroupOrder::Free => {
                if self.withheld.held {
                    self.withheld.held = false;
                    let wait = self.master_down_interval();
                    self.end_withholding(Cause::GroupFree { wait });
                }
            }
        }
    }

    fn yield_to_others(&mut self, kind: Leave) {
        if self.state == State::Master && !self.is_leaving() {
            self.begin_leave(kind);
        }
    }

    fn withhold(&mut self) {
        match (self.state, self.leave) {
            (State::Master, Some(Leave::Shutdown | Leave::Withheld)) => {}
            (State::Master, _) => self.begin_leave(Leave::Withheld),
            (State::Backup, _) => {
                if let Some(cause) = self.withheld.cause(None) {
                    self.cause = cause;
                }
                self.arm_master_down(self.master_down_interval());
            }
            _ => {}
        }
    }

    fn end_withholding(&mut self, cause: Cause) {
        if self.withheld.any() {
            return;
        }
        match (self.state, self.leave) {
            (State::Backup, _) => {
                self.cause = cause;
                self.restart_master_down_timer();
            }
            // Nobody took over yet: the handover is called off.
            (State::Master, Some(Leave::Withheld)) => self.resume_mastership(),
            _ => {}
        }
    }
}
