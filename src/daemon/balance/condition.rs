//! In which condition a load balancer is, and telling of its changes.

use vrrp_balance::{Missing, Service, Takes};

use crate::balancers::{BalancerView, Condition};
use crate::events::{EventLog, What};

/// The condition of a service whose rules are in place.
///
/// `judged` is whether each backend was probed once.
pub(super) fn of(service: &Service, judged: bool) -> Condition {
    let is = |takes: Takes| service.backends.iter().filter(move |it| it.takes == takes);
    if is(Takes::New).next().is_some() {
        return Condition::Balancing;
    }
    if !judged {
        return Condition::Starting;
    }
    let all = service.backends.len();
    let drained = is(Takes::Established).count();
    Condition::FailOpen(match drained {
        0 => "no backend is well: new connections go to all of them".to_owned(),
        _ if drained == all => {
            "all backends are drained: new connections go to all of them".to_owned()
        }
        _ => "no backend that is not drained is well: new connections go to those all the same"
            .to_owned(),
    })
}

/// The condition of a service that the host lacks something for.
pub(super) fn lacking(missing: &[Missing]) -> Condition {
    let parts = missing
        .iter()
        .map(|missing| format!("{}; {}", missing.what, missing.remedy));
    let parts: Vec<String> = parts.collect();
    Condition::Degraded(format!(
        "not balanced, this host serves all clients: {}",
        parts.join("; ")
    ))
}

/// Shows a condition, and tells of it where it is another one. Gives the one of before.
pub(super) fn show(view: &BalancerView, condition: &Condition, events: &EventLog) -> Condition {
    let before = view.become_(condition.clone());
    if before == *condition {
        return before;
    }
    let name = &view.name;
    let message = match condition {
        Condition::Starting => return before,
        Condition::Balancing => {
            let message = "connections are balanced over the backends that are well";
            tracing::info!(load_balancer = name, "{name}: {message}");
            message.to_owned()
        }
        Condition::FailOpen(message) | Condition::Degraded(message) => {
            tracing::warn!(load_balancer = name, "{name}: {message}");
            message.clone()
        }
    };
    events.publish(What::LoadBalancer {
        load_balancer: name.clone(),
        degraded: matches!(condition, Condition::FailOpen(_) | Condition::Degraded(_)),
        message,
    });
    before
}

/// Tells that somebody had changed the table.
pub(super) fn repaired(events: &EventLog) {
    let message = "somebody changed the nftables table inet vrrpd; it was written again";
    tracing::warn!("{message}");
    events.publish(What::Warning {
        instance: None,
        message: message.to_owned(),
    });
}
