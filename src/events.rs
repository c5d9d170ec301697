//! What happened, as told to `vrrpd events` and `GET /v1/events`: the event type, a bounded
//! history, and a broadcast to whoever follows. Publishing never waits for a reader.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::status::{CheckState, InstanceState};

/// Events kept for readers that ask for the past.
pub const HISTORY: usize = 256;

/// One event. Fields are added, never renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Counts up from 1 since the daemon started.
    pub id: u64,
    /// When it happened, RFC 3339 in UTC.
    pub time: String,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened; `kind` tells which in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A virtual router changed its state.
    Transition {
        /// Name of the instance.
        instance: String,
        /// State before.
        from: InstanceState,
        /// State now.
        to: InstanceState,
        /// Why, as a sentence.
        cause: String,
    },
    /// A check changed its state.
    Check {
        /// Name of the check.
        check: String,
        /// State before.
        from: CheckState,
        /// State now.
        to: CheckState,
        /// What the last probe said, if it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// Another router acts as master for the same virtual router, or claims the same identity.
    Conflict {
        /// Name of the instance.
        instance: String,
        /// Address of the other router.
        address: String,
        /// Priority it advertised.
        priority: u8,
        /// What it means, as a sentence.
        message: String,
    },
    /// A backend of a load balancer changed its state.
    Backend {
        /// Name of the load balancer.
        load_balancer: String,
        /// Address and port of the backend.
        backend: String,
        /// State before.
        from: CheckState,
        /// State now.
        to: CheckState,
        /// What the last probe said, if it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// A drain of a backend began or ended.
    BackendDrain {
        /// Name of the load balancer.
        load_balancer: String,
        /// Address and port of the backend.
        backend: String,
        /// Whether it is drained now.
        drained: bool,
    },
    /// What becomes of connections to a load balancer changed.
    LoadBalancer {
        /// Name of the load balancer.
        load_balancer: String,
        /// Whether it is not as it should be.
        degraded: bool,
        /// What becomes of them, as a sentence.
        message: String,
    },
    /// The configuration was read again.
    Reload {
        /// Whether it was applied.
        applied: bool,
        /// What changed, or why it was refused.
        message: String,
    },
    /// A drain began or ended.
    Drain {
        /// Whether the host is drained now.
        drained: bool,
    },
    /// An advert left late enough to matter.
    Lateness {
        /// Name of the instance.
        instance: String,
        /// How late, in milliseconds.
        late_ms: f64,
        /// What it means, as a sentence.
        message: String,
    },
    /// The command of `notify` failed.
    NotifyFailed {
        /// Name of the instance.
        instance: String,
        /// The state that it was told of.
        state: InstanceState,
        /// How it failed, as a sentence.
        error: String,
    },
    /// A step of the protocol that changes no state and asks nothing of anybody.
    Notice {
        /// Name of the instance.
        instance: String,
        /// What happened, as a sentence.
        message: String,
    },
    /// Something a person should know of that fits no other kind.
    Warning {
        /// Name of the instance, where it concerns one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance: Option<String>,
        /// What is wrong or doubtful, as a sentence.
        message: String,
    },
    /// The reader was too slow: this many events before the next one are missing.
    Missed {
        /// How many.
        count: u64,
    },
}

/// Where a reader wants to begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Since {
    /// Only what happens from now on.
    Now,
    /// Everything kept with a greater id; 0 for all of it.
    Id(u64),
    /// Everything kept that happened after this time.
    Time(SystemTime),
}

/// History and broadcast of events.
#[derive(Debug)]
pub struct EventLog {
    sender: broadcast::Sender<Event>,
    history: Mutex<History>,
}

#[derive(Debug, Default)]
struct History {
    last_id: u64,
    kept: VecDeque<(SystemTime, Event)>,
}

impl Default for EventLog {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(HISTORY),
            history: Mutex::default(),
        }
    }
}

impl EventLog {
    /// Records an event that happened now and passes it to all followers.
    pub fn publish(&self, what: What) {
        let now = SystemTime::now();
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        history.last_id += 1;
        let time = humantime::format_rfc3339_micros(now).to_string();
        let event = Event {
            id: history.last_id,
            time,
            what,
        };
        if history.kept.len() == HISTORY {
            history.kept.pop_front();
        }
        history.kept.push_back((now, event.clone()));
        // Sent under the lock, so that `follow` neither misses an event nor gets one twice.
        // An error says only that nobody follows.
        let _ = self.sender.send(event);
    }

    /// The kept events that `since` asks for, and a receiver of all later ones.
    #[must_use]
    pub fn follow(&self, since: Since) -> (Vec<Event>, broadcast::Receiver<Event>) {
        let history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |(at, event): &&(SystemTime, Event)| match since {
            Since::Now => false,
            Since::Id(id) => event.id > id,
            Since::Time(time) => *at > time,
        };
        let past = history
            .kept
            .iter()
            .filter(wanted)
            .map(|(_, event)| event.clone())
            .collect();
        (past, self.sender.subscribe())
    }
}

impl Event {
    /// Stands for `count` events that a slow reader has missed.
    #[must_use]
    pub fn missed(count: u64) -> Self {
        let time = humantime::format_rfc3339_micros(SystemTime::now()).to_string();
        Self {
            id: 0,
            time,
            what: What::Missed { count },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn warning(message: &str) -> What {
        What::Warning {
            instance: None,
            message: message.to_owned(),
        }
    }

    #[test]
    fn a_follower_gets_the_past_it_asked_for_and_then_each_event_once() {
        let log = EventLog::default();
        log.publish(warning("one"));
        log.publish(warning("two"));
        let (past, mut later) = log.follow(Since::Id(1));
        log.publish(warning("three"));
        assert_eq!(past.iter().map(|e| e.id).collect::<Vec<_>>(), [2]);
        assert_eq!(later.try_recv().map(|e| e.id), Ok(3));
        assert!(later.try_recv().is_err());
    }

    #[test]
    fn history_is_bounded_and_keeps_the_newest() {
        let log = EventLog::default();
        for n in 0..HISTORY + 10 {
            log.publish(warning(&n.to_string()));
        }
        let (past, _) = log.follow(Since::Id(0));
        assert_eq!(past.len(), HISTORY);
        assert_eq!(past[0].id, 11);
    }

    #[test]
    fn since_takes_a_time_as_well() {
        let log = EventLog::default();
        let before = SystemTime::now() - Duration::from_secs(1);
        log.publish(warning("one"));
        assert_eq!(log.follow(Since::Time(before)).0.len(), 1);
        let after = SystemTime::now() + Duration::from_secs(1);
        assert_eq!(log.follow(Since::Time(after)).0, []);
        assert_eq!(log.follow(Since::Now).0, []);
    }

    #[test]
    fn json_names_the_kind_beside_its_fields() {
        let what = What::Transition {
            instance: "a".into(),
            from: InstanceState::Backup,
            to: InstanceState::Master,
            cause: "nobody else".into(),
        };
        let event = Event {
            id: 7,
            time: "2026-01-01T00:00:00Z".into(),
            what,
        };
        let json = serde_json::to_value(&event).expect("events serialise");
        assert_eq!(json["kind"], "transition");
        assert_eq!(json["from"], "backup");
        assert_eq!(json["id"], 7);
        let back: Event = serde_json::from_value(json).expect("and come back");
        assert_eq!(back, event);
    }
}
