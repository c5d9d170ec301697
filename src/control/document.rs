//! The status document, made from what the protocol thread shows.

use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use vrrp_wire::DropReason;

use super::balancers;
use crate::status::{
    CheckStatus, ConfigStatus, CountersStatus, InstanceStatus, MasterStatus, PeerStatus, Status,
    TransitionStatus,
};
use crate::view::{CheckView, Counters, DaemonView, InstanceView};

/// The document of `GET /v1/status`.
#[must_use]
pub fn status_document(view: &DaemonView) -> Status {
    let running = view.running();
    let mut warnings = running.warnings.clone();
    for instance in &running.instances {
        let live = instance.live();
        let unheard = instance.unheard();
        let of_instance = live.warnings.iter().chain(unheard.as_ref());
        warnings.extend(of_instance.map(|text| format!("{}: {text}", live.name)));
    }
    warnings.extend(balancers::warnings(&running));
    Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        started_at: rfc3339(view.started_at),
        config: ConfigStatus {
            path: running.config_path.clone(),
            loaded_at: running.config_loaded_at.map_or_else(String::new, rfc3339),
        },
        drained: view.drained.load(Ordering::Relaxed),
        instances: running
            .instances
            .iter()
            .map(|view| instance(view))
            .collect(),
        checks: running.checks.iter().map(|view| check(view)).collect(),
        load_balancers: balancers::load_balancers(&running),
        warnings,
    }
}

pub(super) fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn instance(view: &InstanceView) -> InstanceStatus {
    let live = view.live().clone();
    let peers = view
        .peers()
        .clone()
        .into_iter()
        .map(|(address, heard)| PeerStatus {
            address: address.to_string(),
            last_heard_ms: heard.age().map(millis),
        });
    let heard = if live.master_is_self {
        Some(Duration::ZERO)
    } else {
        view.master_heard.age()
    };
    InstanceStatus {
        name: live.name,
        state: live.state,
        reason: live.reason,
        since: rfc3339(live.since),
        interface: live.interface,
        vrid: view.vrid,
        version: view.version.number(),
        family: view.family.to_string(),
        priority: live.priority,
        effective_priority: live.effective_priority,
        effective_priority_reason: live.effective_priority_reason,
        advert_interval_ms: millis(live.advert_interval),
        master: live.master.map(|(address, priority)| MasterStatus {
            address: address.to_string(),
            priority,
            last_heard_ms: heard.map_or(0, millis),
            this_host: live.master_is_self,
        }),
        addresses: live.addresses,
        addresses_present: view.addresses_present.load(Ordering::Relaxed),
        peers: peers.collect(),
        transitions: view
            .last_transitions()
            .into_iter()
            .map(|transition| TransitionStatus {
                time: rfc3339(transition.at),
                from: transition.from,
                to: transition.to,
                cause: transition.cause,
            })
            .collect(),
        probes: view
            .probes()
            .into_iter()
            .map(|(address, heard)| PeerStatus {
                address: address.to_string(),
                last_heard_ms: heard.map(millis),
            })
            .collect(),
        counters: counters(&view.counters),
    }
}

fn counters(counters: &Counters) -> CountersStatus {
    let dropped = DropReason::ALL.iter().filter_map(|reason| {
        let count = counters.dropped(*reason);
        (count > 0).then(|| (reason.as_str().to_owned(), count))
    });
    CountersStatus {
        adverts_sent: counters.adverts_sent.get(),
        adverts_received: counters.adverts_received.get(),
        adverts_dropped: dropped.collect(),
        transitions: counters
            .transitions
            .iter()
            .map(crate::view::Count::get)
            .sum(),
        master_conflicts: counters.master_conflicts.get(),
        announcements_sent: counters.gratuitous_arps.get() + counters.unsolicited_nas.get(),
        lease_renewals: counters.lease_renewals.get(),
    }
}

fn check(view: &CheckView) -> CheckStatus {
    let live = view.live().clone();
    CheckStatus {
        name: view.name.clone(),
        state: live.state,
        since: rfc3339(live.since),
        last_duration_ms: live
            .last_duration
            .map(|duration| duration.as_secs_f64() * 1000.0),
        last_error_kind: live
            .last_error
            .as_ref()
            .map(|(kind, _)| kind.as_str().to_owned()),
        last_error: live.last_error.map(|(_, text)| text),
        held_until: live.held_until.map(rfc3339),
    }
}
