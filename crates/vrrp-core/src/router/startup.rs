//! Startup, fault, recovery and Shutdown (RFC 9568 §6.4.1).

use core::net::IpAddr;

use vrrp_wire::Family;

use crate::{Cause, FaultReason, Output, State};

use super::VirtualRouter;
use super::leave::Leave;

/// Priority of the router that owns the addresses (RFC 9568 §5.2.4).
pub(super) const OWNER: u8 = 255;

impl VirtualRouter {
    pub(super) fn on_up(&mut self, source: IpAddr) {
        if Family::of(&source) != self.config.family() {
            self.on_down(FaultReason::NoSourceAddress);
            return;
        }
        self.source = Some(source);
        if matches!(self.state, State::Init | State::Fault) {
            self.start();
        }
    }

    /// The Startup event (RFC 9568 §6.4.1), also on recovery: the owner is master at once,
    /// everybody else listens first.
    fn start(&mut self) {
        if let Some(cause) = self.withheld.cause(None) {
            self.listen(cause);
        } else if self.effective == OWNER {
            self.change_state(State::Master, Cause::Owner);
        } else {
            let wait = self.master_down_interval();
            self.listen(Cause::Listening { wait });
        }
    }

    pub(super) fn on_down(&mut self, reason: FaultReason) {
        if reason.can_send() && self.state == State::Master && !self.is_leaving() {
            self.send_leave();
        }
        self.source = None;
        if self.leave == Some(Leave::Shutdown) {
            self.finish_leave(None);
        } else if self.state == State::Fault {
            self.cause = Cause::Fault(reason);
        } else {
            self.change_state(State::Fault, Cause::Fault(reason));
        }
    }

    /// Shutdown (RFC 9568 §6.4.2, §6.4.3). A master keeps the addresses until somebody takes
    /// over, or until it is asked a second time.
    pub(super) fn on_shutdown(&mut self) {
        match (self.state, self.leave) {
            _ if self.departing => self.end_linger(),
            (State::Master, Some(Leave::Shutdown)) => self.finish_leave(None),
            (State::Master, _) => self.begin_leave(Leave::Shutdown),
            _ => self.depart(None),
        }
    }

    /// Ends in Init, and with nothing held once the addresses have lingered behind `to`.
    pub(super) fn depart(&mut self, to: Option<IpAddr>) {
        let cause = Cause::Shutdown { to };
        if self.state == State::Init {
            self.cause = cause;
        } else if to.is_some() {
            self.make_way(State::Init, cause);
        } else {
            self.change_state(State::Init, cause);
        }
        self.departing = self.lingers();
        if !self.departing {
            self.leave_for_good();
        }
    }

    pub(super) fn leave_for_good(&mut self) {
        self.departing = false;
        self.left = true;
        self.push(Output::Left);
    }
}
