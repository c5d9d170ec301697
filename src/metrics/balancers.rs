//! Metrics of load balancers and their backends.

use std::fmt;
use std::sync::Arc;

use super::families::{Families, Labels};
use crate::balancers::{BackendLive, BalancerView};
use crate::status::CheckState;

/// Without a load balancer nothing is written.
pub(super) fn encode(families: &mut Families<'_>, balancers: &[Arc<BalancerView>]) -> fmt::Result {
    let backends: Vec<(Labels, BackendLive)> = balancers
        .iter()
        .flat_map(|balancer| {
            balancer.backends.iter().map(|backend| {
                let mut labels = of(balancer);
                labels.push(("backend", backend.address.to_string()));
                (labels, backend.live().clone())
            })
        })
        .collect();
    let each = |value: fn(&BackendLive) -> u64| {
        let backends = backends.iter();
        backends.map(move |(labels, live)| (labels.clone(), value(live)))
    };
    families.gauges(
        "vrrpd_load_balancer_degraded",
        "Whether connections are not balanced over backends that are well; the status says why.",
        balancers
            .iter()
            .map(|balancer| (of(balancer), u32::from(balancer.trouble().is_some()))),
    )?;
    families.gauges(
        "vrrpd_backend_up",
        "Whether the backend is up; absent until enough probes have run to tell.",
        backends.iter().filter_map(|(labels, live)| {
            let up = match live.state {
                CheckState::Up => 1_u32,
                CheckState::Down => 0,
                CheckState::Unknown => return None,
            };
            Some((labels.clone(), up))
        }),
    )?;
    families.gauges(
        "vrrpd_backend_drained",
        "Whether the backend was drained and gets no new connections.",
        each(|live| live.drained.into()),
    )?;
    families.gauges(
        "vrrpd_backend_weight",
        "The backend's share of new connections relative to the others'.",
        each(|live| live.weight.into()),
    )?;
    families.gauges(
        "vrrpd_backend_active_connections",
        "Connections to the backend that are open through this host now.",
        each(|live| live.active),
    )?;
    families.counters(
        "vrrpd_backend_connections",
        "Connections to the backend that began through this host.",
        each(|live| live.connections),
    )?;
    families.counters(
        "vrrpd_backend_bytes",
        "Bytes of IP packets in both directions between clients and the backend.",
        each(|live| live.bytes),
    )
}

fn of(balancer: &BalancerView) -> Labels {
    vec![("load_balancer", balancer.name.clone())]
}
