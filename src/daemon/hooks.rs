//! The commands of `notify`: one worker for each instance that has one, so that its commands run
//! one after the other and no instance waits for another's. What waits is the newest change only.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;
use vrrp_check::{Commands, ExecSpec};
use vrrp_config::{Instance, Notify};

use crate::events::{EventLog, What};
use crate::log::limit::{Limiter, Verdict};
use crate::status::InstanceState;
use crate::view::{DaemonView, InstanceView};

/// Failures of one instance's commands that are logged in a period.
const LOGGED: u32 = 3;
const PERIOD: Duration = Duration::from_secs(60);

/// The commands of all instances.
pub(super) struct Hooks {
    view: Arc<DaemonView>,
    events: Arc<EventLog>,
    /// By name of the instance. One that a reload dropped stays until it has left.
    hooks: HashMap<String, Hook>,
    workers: JoinSet<()>,
}

struct Hook {
    instance: Instance,
    notify: Notify,
    /// The state that was last passed on.
    told: InstanceState,
    /// Counts what was passed on.
    number: u64,
    newest: watch::Sender<Option<Job>>,
}

/// One command to run.
#[derive(Clone, Debug)]
struct Job {
    /// Counts up by one, so that the worker knows what it has not seen.
    number: u64,
    spec: ExecSpec,
    timeout: Duration,
    state: InstanceState,
}

/// What a command is told.
#[derive(Clone, Copy, Debug)]
struct Change<'a> {
    instance: &'a str,
    from: InstanceState,
    to: InstanceState,
    reason: &'a str,
    interface: &'a str,
    vrid: u8,
    priority: u8,
    addresses: &'a str,
}

impl Hooks {
    pub(super) fn new(view: Arc<DaemonView>, events: Arc<EventLog>) -> Self {
        Self {
            view,
            events,
            hooks: HashMap::new(),
            workers: JoinSet::new(),
        }
    }

    /// Runs what `instances` ask for from now on.
    pub(super) fn apply(&mut self, instances: &[Instance]) {
        // One that is still configured but has no command any more is to be silent at once.
        self.hooks.retain(|name, _| {
            let mut configured = instances.iter().filter(|instance| instance.name == *name);
            configured.all(|instance| instance.notify.is_some())
        });
        for instance in instances {
            let Some(notify) = &instance.notify else {
                continue;
            };
            match self.hooks.get_mut(&instance.name) {
                Some(hook) => {
                    hook.instance = instance.clone();
                    hook.notify = notify.clone();
                }
                None => self.start(instance, notify),
            }
        }
    }

    fn start(&mut self, instance: &Instance, notify: &Notify) {
        let (newest, jobs) = watch::channel(None);
        let shown = self.shown(&instance.name);
        let told = shown.map_or(InstanceState::Init, |view| view.live().state);
        let hook = Hook {
            instance: instance.clone(),
            notify: notify.clone(),
            told,
            number: 0,
            newest,
        };
        self.hooks.insert(instance.name.clone(), hook);
        let worker = Worker {
            name: instance.name.clone(),
            view: Arc::clone(&self.view),
            events: Arc::clone(&self.events),
            failures: Limiter::new(LOGGED, PERIOD, 1),
        };
        self.workers.spawn(worker.run(jobs));
    }

    /// Passes on a change of state.
    pub(super) fn note(&mut self, what: &What) {
        if let What::Transition {
            instance,
            from,
            to,
            cause,
        } = what
        {
            self.changed(instance, *from, *to, cause);
        }
    }

    /// Passes on the states as they are now: events were missed.
    pub(super) fn catch_up(&mut self) {
        for view in &self.view.running().instances {
            let (name, state, reason) = {
                let live = view.live();
                (live.name.clone(), live.state, live.reason.clone())
            };
            let told = self.hooks.get(&name).map(|hook| hook.told);
            if let Some(told) = told.filter(|told| *told != state) {
                self.changed(&name, told, state, &reason);
            }
        }
    }

    fn changed(&mut self, name: &str, from: InstanceState, to: InstanceState, reason: &str) {
        let shown = self.shown(name);
        let Some(hook) = self.hooks.get_mut(name) else {
            return;
        };
        hook.told = to;
        hook.number += 1;
        let (interface, priority) = shown.map_or_else(
            || {
                let interface = hook.instance.interface.clone().unwrap_or_default();
                (interface, hook.instance.priority)
            },
            |view| {
                let live = view.live();
                (live.interface.clone(), live.effective_priority)
            },
        );
        let addresses: Vec<String> = hook
            .instance
            .addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        let change = Change {
            instance: name,
            from,
            to,
            reason,
            interface: &interface,
            vrid: hook.instance.vrid,
            priority,
            addresses: &addresses.join(" "),
        };
        // Where the worker has ended, so has the daemon.
        hook.newest.send_replace(Some(Job {
            number: hook.number,
            spec: change.spec(&hook.notify.command),
            timeout: hook.notify.timeout,
            state: to,
        }));
        // What left for good has nothing more to tell: its worker ends after this.
        let dropped = !self
            .view
            .running()
            .instances
            .iter()
            .any(|view| view.live().name == name);
        if to == InstanceState::Init && dropped {
            self.hooks.remove(name);
        }
    }

    fn shown(&self, name: &str) -> Option<Arc<InstanceView>> {
        let running = self.view.running();
        let mut instances = running.instances.iter();
        instances.find(|view| view.live().name == name).cloned()
    }

    /// Waits until all commands have ended; no new ones are taken.
    pub(super) async fn finish(&mut self) {
        self.hooks.clear();
        while self.workers.join_next().await.is_some() {}
    }
}

impl Change<'_> {
    fn spec(&self, command: &[String]) -> ExecSpec {
        let (vrid, priority) = (self.vrid.to_string(), self.priority.to_string());
        let variables = [
            ("VRRPD_INSTANCE", self.instance),
            ("VRRPD_STATE", self.to.as_str()),
            ("VRRPD_PREVIOUS", self.from.as_str()),
            ("VRRPD_REASON", self.reason),
            ("VRRPD_INTERFACE", self.interface),
            ("VRRPD_VRID", vrid.as_str()),
            ("VRRPD_PRIORITY", priority.as_str()),
            ("VRRPD_ADDRESSES", self.addresses),
        ];
        ExecSpec {
            command: command.iter().map(|word| self.filled_in(word)).collect(),
            user: None,
            environment: variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        }
    }

    fn filled_in(&self, word: &str) -> String {
        let keepalived = match self.to {
            InstanceState::Init => "STOP",
            InstanceState::Backup => "BACKUP",
            InstanceState::Master => "MASTER",
            InstanceState::Fault => "FAULT",
        };
        word.replace("{instance}", self.instance)
            .replace("{state}", self.to.as_str())
            .replace("{previous}", self.from.as_str())
            .replace("{keepalived_state}", keepalived)
            .replace("{priority}", &self.priority.to_string())
    }
}

/// Runs the commands of one instance.
struct Worker {
    name: String,
    view: Arc<DaemonView>,
    events: Arc<EventLog>,
    failures: Limiter<()>,
}

impl Worker {
    /// Ends when the last job is done and none can come any more.
    async fn run(mut self, mut jobs: watch::Receiver<Option<Job>>) {
        let mut commands = Commands::default();
        let mut done = 0;
        loop {
            tokio::select! {
                changed = jobs.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(PERIOD), if self.failures.holds_back() => {
                    self.tell_left_out();
                    continue;
                }
            }
            let Some(job) = jobs.borrow_and_update().clone() else {
                continue;
            };
            let name = &self.name;
            let superseded = job.number.saturating_sub(done + 1);
            done = job.number;
            if superseded > 0 {
                tracing::info!(
                    instance = name,
                    superseded,
                    "{name}: a newer state came before the command of `notify` could be told of {superseded} earlier"
                );
            }
            let result = commands.run(&job.spec, job.timeout).await;
            self.count(result.is_ok());
            if let Err(error) = result {
                self.failed(job.state, error.to_string());
            }
        }
    }

    fn count(&self, ok: bool) {
        let running = self.view.running();
        let mut instances = running.instances.iter();
        if let Some(view) = instances.find(|view| view.live().name == self.name) {
            view.counters.notify[usize::from(!ok)].up();
        }
    }

    fn failed(&mut self, state: InstanceState, error: String) {
        let name = &self.name;
        if let Verdict::Log { left_out } = self.failures.check(Instant::now(), ()) {
            tracing::warn!(
                instance = name,
                state = state.as_str(),
                left_out,
                "{name}: the command of `notify` failed: {error}"
            );
        }
        self.events.publish(What::NotifyFailed {
            instance: name.clone(),
            state,
            error,
        });
    }

    fn tell_left_out(&mut self) {
        let name = &self.name;
        for (_, left_out) in self.failures.take_left_out(Instant::now()) {
            tracing::warn!(
                instance = name,
                left_out,
                "{name}: the command of `notify` failed another {left_out} times"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_variables_tell_the_change() {
        let change = Change {
            instance: "control-plane",
            from: InstanceState::Backup,
            to: InstanceState::Init,
            reason: "told to stop",
            interface: "eth0",
            vrid: 51,
            priority: 100,
            addresses: "10.0.50.20/32 10.0.50.21/32",
        };
        let command = [
            "/bin/x",
            "{keepalived_state}",
            "{state}:{previous}",
            "{instance} {priority}",
            "{other}",
        ];
        let spec = change.spec(&command.map(str::to_owned));
        assert_eq!(
            spec.command,
            [
                "/bin/x",
                "STOP",
                "init:backup",
                "control-plane 100",
                "{other}"
            ]
        );
        let environment: Vec<String> = spec
            .environment
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            environment,
            [
                "VRRPD_INSTANCE=control-plane",
                "VRRPD_STATE=init",
                "VRRPD_PREVIOUS=backup",
                "VRRPD_REASON=told to stop",
                "VRRPD_INTERFACE=eth0",
                "VRRPD_VRID=51",
                "VRRPD_PRIORITY=100",
                "VRRPD_ADDRESSES=10.0.50.20/32 10.0.50.21/32",
            ]
        );
    }
}
