//! The health of backends: a check for each, and what its reports change.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use vrrp_balance::Takes;
use vrrp_check::{Check, CheckHandle, CheckSpec, Report, SpecError};

use super::task::Order;
use crate::balancers::{BackendLive, BackendView};
use crate::events::{EventLog, What};
use crate::status::CheckState;

/// A backend of a load balancer with its check, which runs until this is dropped.
#[derive(Debug)]
pub(super) struct Runner {
    /// The load balancer.
    pub(super) balancer: String,
    pub(super) view: Arc<BackendView>,
    check: Option<CheckHandle>,
}

impl Runner {
    /// Of a backend that nothing checks yet.
    pub(super) fn new(balancer: &str, view: Arc<BackendView>) -> Self {
        Self {
            balancer: balancer.to_owned(),
            view,
            check: None,
        }
    }

    /// Checks it as `spec` says from now on. Its state stands until the new check knows better.
    ///
    /// # Errors
    /// The check cannot be started; the earlier one runs on.
    pub(super) fn check(
        &mut self,
        spec: Option<&CheckSpec>,
        orders: &mpsc::UnboundedSender<Order>,
        events: &Arc<EventLog>,
    ) -> Result<(), SpecError> {
        if self.check.as_ref().map(CheckHandle::spec) == spec {
            return Ok(());
        }
        self.check = match spec {
            None => {
                let mut live = self.view.live();
                live.state = CheckState::Unknown;
                live.well = None;
                live.doomed = false;
                live.last_error = None;
                None
            }
            Some(spec) => {
                let (view, orders, events) =
                    (Arc::clone(&self.view), orders.clone(), Arc::clone(events));
                let balancer = self.balancer.clone();
                let sink = move |report: &Report| {
                    on_report(report, &balancer, &view, &orders, &events);
                };
                Some(Check::spawn(spec.clone(), &Handle::current(), sink)?)
            }
        };
        self.view.live().checked = spec.is_some();
        Ok(())
    }
}

/// Which connections a backend gets. One that is not known to be down gets some once a probe of
/// it has succeeded; until then there may be others.
pub(super) fn takes(live: &BackendLive) -> Takes {
    let well = match live.state {
        CheckState::Up => true,
        CheckState::Down => false,
        CheckState::Unknown => !live.checked || live.well == Some(true),
    };
    match (live.drained, well) {
        (true, _) => Takes::Established,
        (false, true) => Takes::New,
        (false, false) => Takes::Nothing,
    }
}

fn on_report(
    report: &Report,
    balancer: &str,
    view: &BackendView,
    orders: &mpsc::UnboundedSender<Order>,
    events: &EventLog,
) {
    let error = report.status.last_error.as_ref().map(ToString::to_string);
    let (before, state, changed) = {
        let mut live = view.live();
        let (before, taking, first) = (live.state, takes(&live), live.well.is_none());
        live.well = Some(report.outcome.is_ok());
        live.last_error.clone_from(&error);
        match report.status.state {
            // A new check does not know yet; what the earlier one knew stands.
            vrrp_check::CheckState::Unknown => {}
            vrrp_check::CheckState::Up => live.state = CheckState::Up,
            vrrp_check::CheckState::Down => live.state = CheckState::Down,
        }
        if live.state != before {
            live.since = report.status.since;
            live.doomed = live.state == CheckState::Down;
        }
        (
            before,
            live.state,
            first || takes(&live) != taking || live.doomed,
        )
    };
    if changed {
        // Its receiver ends with the daemon.
        let _ = orders.send(Order::Changed);
    }
    if before == state {
        return;
    }
    let backend = view.address;
    match (&error, state) {
        (Some(error), CheckState::Down) => tracing::warn!(
            load_balancer = balancer,
            %backend,
            "backend {backend} of {balancer} is down now: {error}"
        ),
        _ => tracing::info!(
            load_balancer = balancer,
            %backend,
            "backend {backend} of {balancer} is {} now",
            state.as_str()
        ),
    }
    events.publish(What::Backend {
        load_balancer: balancer.to_owned(),
        backend: backend.to_string(),
        from: before,
        to: state,
        error,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(state: CheckState, change: impl FnOnce(&mut BackendLive)) -> BackendLive {
        let address = "10.0.50.11:6443".parse().expect("an address");
        let mut live = BackendView::new(address, 1).live().clone();
        live.checked = true;
        live.state = state;
        change(&mut live);
        live
    }

    #[test]
    fn a_backend_gets_connections_once_a_probe_succeeded_and_until_it_is_down() {
        let unknown = |well| takes(&live(CheckState::Unknown, |live| live.well = well));
        assert_eq!(unknown(None), Takes::Nothing);
        assert_eq!(unknown(Some(false)), Takes::Nothing);
        assert_eq!(unknown(Some(true)), Takes::New);
        let failing = takes(&live(CheckState::Up, |live| live.well = Some(false)));
        assert_eq!(failing, Takes::New);
        let returning = takes(&live(CheckState::Down, |live| live.well = Some(true)));
        assert_eq!(returning, Takes::Nothing);
    }

    #[test]
    fn a_backend_that_nothing_checks_is_taken_for_well() {
        let unchecked = live(CheckState::Unknown, |live| live.checked = false);
        assert_eq!(takes(&unchecked), Takes::New);
    }

    #[test]
    fn a_drained_backend_keeps_what_it_has() {
        for state in [CheckState::Up, CheckState::Down, CheckState::Unknown] {
            let drained = live(state, |live| live.drained = true);
            assert_eq!(takes(&drained), Takes::Established);
        }
    }
}
