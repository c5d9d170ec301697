//! What tracked checks and interfaces mean for the priority of each instance.

use std::time::SystemTime;

use vrrp_core::Input;

use super::Protocol;
use crate::daemon::plan::TrackTarget;
use crate::daemon::tracking::{self, Failing};

impl Protocol {
    /// A check went down, or is not down any more.
    pub(super) fn check_changed(&mut self, name: String, down_since: Option<SystemTime>) {
        match down_since {
            Some(since) => {
                self.down.insert(name, since);
            }
            None => {
                self.down.remove(&name);
            }
        }
        self.retrack();
    }

    /// Works out what fails for each instance, and tells those for which it changed.
    pub(super) fn retrack(&mut self) {
        for index in 0..self.instances.len() {
            let failing = self.failing(index);
            let instance = &mut self.instances[index];
            if instance.failing == failing {
                continue;
            }
            instance.failing = failing;
            self.tell_priority(index);
        }
    }

    /// Tells an instance its priority after tracking.
    pub(super) fn tell_priority(&mut self, index: usize) {
        let instance = &self.instances[index];
        let effective = tracking::effective(instance.plan.router.priority, &instance.failing);
        let degraded = effective.degraded.as_deref();
        self.give(
            index,
            Input::Priority {
                effective: effective.priority,
                degraded,
            },
        );
        self.instances[index].show();
    }

    fn failing(&self, index: usize) -> Vec<Failing> {
        let instance = &self.instances[index];
        let known_since = |name: &str| {
            let known = instance.failing.iter().find(|failed| failed.name == name);
            known.map_or_else(SystemTime::now, |failed| failed.since)
        };
        instance
            .plan
            .tracks
            .iter()
            .filter_map(|track| {
                let (name, since) = match &track.target {
                    TrackTarget::Check(name) => (name, *self.down.get(name)?),
                    TrackTarget::Interface(name) if self.network.is_usable(name) => return None,
                    TrackTarget::Interface(name) => (name, known_since(name)),
                };
                Some(Failing {
                    name: name.clone(),
                    penalty: track.penalty,
                    since,
                })
            })
            .collect()
    }
}
