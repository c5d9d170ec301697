//! The status document's part on load balancers.

use crate::balancers::{BackendView, BalancerView, Condition};
use crate::status::{BackendStatus, InstanceState, LoadBalancerState, LoadBalancerStatus};
use crate::view::Running;

use super::document::rfc3339;

/// Each load balancer, as the host holds its address or not.
pub(super) fn load_balancers(running: &Running) -> Vec<LoadBalancerStatus> {
    let all = running.load_balancers.iter();
    all.map(|view| balancer(view, holds(running, view)))
        .collect()
}

/// What a person should know, a sentence each.
pub(super) fn warnings(running: &Running) -> impl Iterator<Item = String> {
    let all = running.load_balancers.iter();
    all.filter_map(|view| Some(format!("{}: {}", view.name, view.trouble()?)))
}

/// Whether an instance that has the address is master.
fn holds(running: &Running, view: &BalancerView) -> bool {
    let wanted = view.address.to_string();
    running.instances.iter().any(|instance| {
        let live = instance.live();
        let mut addresses = live.addresses.iter();
        live.state == InstanceState::Master
            && addresses.any(|address| address.split('/').next() == Some(&wanted))
    })
}

fn balancer(view: &BalancerView, holds: bool) -> LoadBalancerStatus {
    let address = view.address;
    let (state, reason) = match (view.condition(), holds) {
        (Condition::Starting, _) => (
            LoadBalancerState::Init,
            "no backend was probed yet".to_owned(),
        ),
        (Condition::Balancing, true) => (
            LoadBalancerState::Active,
            format!("this host holds {address} and balances its connections"),
        ),
        (Condition::Balancing, false) => (
            LoadBalancerState::Standby,
            format!("this host balances as soon as it holds {address}"),
        ),
        (Condition::FailOpen(what) | Condition::Degraded(what), _) => {
            (LoadBalancerState::Degraded, what)
        }
    };
    LoadBalancerStatus {
        name: view.name.clone(),
        address: address.to_string(),
        port: view.port,
        state,
        reason,
        backends: view.backends.iter().map(|view| backend(view)).collect(),
    }
}

fn backend(view: &BackendView) -> BackendStatus {
    let live = view.live().clone();
    BackendStatus {
        address: view.address.to_string(),
        state: live.state,
        since: rfc3339(live.since),
        weight: live.weight,
        drained: live.drained,
        active_connections: live.active,
        connections_total: live.connections,
        bytes_total: live.bytes,
        last_error: live.last_error,
    }
}
