//! The warning of an instance that has never heard another router: either no other host is there,
//! or adverts are blocked on their way and each host is master for itself.
//!
//! Backups are silent in VRRP, so a master that nobody has ever challenged cannot tell one from the
//! other. Whoever has heard another router once, as backup or in a handover, knows that they arrive.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vrrp_wire::DropReason;

use crate::events::{EventLog, What};
use crate::status::InstanceState;
use crate::view::{DaemonView, InstanceView};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(5);
/// So many advert intervals a single host is nothing to speak of, while the others are set up.
const INTERVALS: u32 = 300;
/// And at least this long.
const LEAST: Duration = Duration::from_secs(30);

/// Looks for such instances until dropped.
pub(super) async fn watch(view: Arc<DaemonView>, events: Arc<EventLog>) {
    let mut watch = Watch::default();
    let mut interval = tokio::time::interval(LOOK);
    loop {
        interval.tick().await;
        watch.look(&view, &events, Instant::now());
    }
}

/// Since when each instance takes part without having heard anybody, by its name.
#[derive(Debug, Default)]
struct Watch(HashMap<String, Instant>);

impl Watch {
    fn look(&mut self, view: &DaemonView, events: &EventLog, now: Instant) {
        let running = view.running();
        let mut listening = HashMap::new();
        for instance in &running.instances {
            let (name, state, interval) = {
                let live = instance.live();
                (live.name.clone(), live.state, live.advert_interval)
            };
            if instance.counters.adverts_received.get() > 0 {
                heard(&name, instance, events);
                continue;
            }
            if !matches!(state, InstanceState::Master | InstanceState::Backup) {
                continue;
            }
            let since = self.0.get(&name).copied().unwrap_or(now);
            if now.saturating_duration_since(since) >= patience(interval) {
                unheard(&name, instance, events, now - since);
            }
            listening.insert(name, since);
        }
        self.0 = listening;
    }
}

fn patience(interval: Duration) -> Duration {
    (interval * INTERVALS).max(LEAST)
}

/// Takes the warning back.
fn heard(name: &str, instance: &InstanceView, events: &EventLog) {
    if instance.unheard().take().is_some() {
        let message = "another router was heard for the first time: adverts arrive here";
        tracing::info!(instance = name, "{name}: {message}");
        events.publish(What::Notice {
            instance: name.to_owned(),
            message: message.to_owned(),
        });
    }
}

fn unheard(name: &str, instance: &InstanceView, events: &EventLog, since: Duration) {
    if instance.unheard().is_some() {
        return;
    }
    let message = sentence(instance, since);
    tracing::warn!(
        instance = name,
        interface = instance.live().interface,
        vrid = instance.vrid,
        "{name}: {message}"
    );
    events.publish(What::Warning {
        instance: Some(name.to_owned()),
        message: message.clone(),
    });
    *instance.unheard() = Some(message);
}

fn sentence(instance: &InstanceView, since: Duration) -> String {
    let vrid = instance.vrid;
    let peers: Vec<String> = instance.peers().keys().map(ToString::to_string).collect();
    let whom = if peers.is_empty() {
        format!("no other router was ever heard on VRID {vrid}")
    } else {
        format!(
            "none of the peers {} was ever heard on VRID {vrid}",
            peers.join(", ")
        )
    };
    let dropped: u64 = DropReason::ALL
        .iter()
        .filter(|reason| **reason != DropReason::OwnSource)
        .map(|reason| instance.counters.dropped(*reason))
        .sum();
    let dropped = if dropped > 0 {
        format!(", and {dropped} adverts were dropped (the log has the reasons)")
    } else {
        String::new()
    };
    let since = since.as_secs();
    format!(
        "{whom} in {since} s{dropped}: if another host is master as well, adverts are blocked \
         (`vrrpd doctor` there); if all others are backup, which say nothing, prove it with \
         `vrrpd resign`"
    )
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use super::*;
    use crate::events::Since;
    use crate::testing;

    /// The view of a daemon with one instance, its peers, and the instance.
    fn scene(state: InstanceState, peers: &[&str]) -> (DaemonView, Arc<InstanceView>) {
        let view = DaemonView::default();
        let instance = Arc::new(testing::instance("one", state));
        for peer in peers {
            let peer: IpAddr = peer.parse().expect("an address");
            instance.peers().insert(peer, Arc::default());
        }
        view.update(|running| running.instances = vec![Arc::clone(&instance)]);
        (view, instance)
    }

    fn published(events: &EventLog) -> Vec<What> {
        let (past, _) = events.follow(Since::Id(0));
        past.into_iter().map(|event| event.what).collect()
    }

    #[test]
    fn a_single_host_is_normal_for_300_intervals_and_then_told_once() {
        let (view, instance) = scene(InstanceState::Master, &[]);
        let events = EventLog::default();
        let mut watch = Watch::default();
        let start = Instant::now();
        let patience = patience(instance.live().advert_interval);
        assert_eq!(patience, Duration::from_secs(300));
        watch.look(&view, &events, start);
        watch.look(&view, &events, start + patience - Duration::from_secs(1));
        assert_eq!(*instance.unheard(), None);
        for more in [0, 5, 10] {
            watch.look(&view, &events, start + patience + Duration::from_secs(more));
        }
        let told = instance.unheard().clone().expect("a warning");
        assert!(
            told.starts_with("no other router was ever heard on VRID 51 in 300 s: "),
            "{told}"
        );
        assert_eq!(published(&events).len(), 1);
    }

    #[test]
    fn peers_are_named_with_what_was_dropped_and_the_first_advert_takes_it_back() {
        let (view, instance) = scene(InstanceState::Backup, &["10.0.50.12", "10.0.50.13"]);
        let events = EventLog::default();
        let mut watch = Watch::default();
        let start = Instant::now();
        watch.look(&view, &events, start);
        instance.counters.drop_more(DropReason::Ttl, 7);
        instance.counters.drop_more(DropReason::OwnSource, 7);
        watch.look(&view, &events, start + Duration::from_secs(400));
        let told = instance.unheard().clone().expect("a warning");
        let words = "none of the peers 10.0.50.12, 10.0.50.13 was ever heard on VRID 51 in 400 s, \
                     and 7 adverts were dropped";
        assert!(told.starts_with(words), "{told}");
        instance.counters.adverts_received.up();
        watch.look(&view, &events, start + Duration::from_secs(405));
        assert_eq!(*instance.unheard(), None);
        assert!(matches!(
            published(&events).last(),
            Some(What::Notice { .. })
        ));
    }

    #[test]
    fn the_time_begins_anew_after_a_fault() {
        let (view, instance) = scene(InstanceState::Master, &[]);
        let events = EventLog::default();
        let mut watch = Watch::default();
        let start = Instant::now();
        watch.look(&view, &events, start);
        instance.live().state = InstanceState::Fault;
        watch.look(&view, &events, start + Duration::from_secs(200));
        instance.live().state = InstanceState::Master;
        watch.look(&view, &events, start + Duration::from_secs(205));
        watch.look(&view, &events, start + Duration::from_secs(400));
        assert_eq!(*instance.unheard(), None);
        watch.look(&view, &events, start + Duration::from_secs(505));
        assert!(instance.unheard().is_some());
    }

    #[test]
    fn short_intervals_are_patient_for_30_seconds() {
        assert_eq!(patience(Duration::from_millis(10)), LEAST);
        assert_eq!(patience(Duration::from_millis(100)), LEAST);
    }
}
