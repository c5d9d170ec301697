//! The task behind one check: probe, judge, report, wait for the interval or for the connection's end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tracing::warn;

use crate::error::ProbeError;
use crate::pace::{Pace, phase};
use crate::probe::{Context, Prober};
use crate::rise_fall::{CheckState, RiseFall};
use crate::spec::CheckSpec;
use crate::status::{CheckStatus, Report};
use crate::validate::{SpecError, validate};

/// Starts checks.
#[derive(Debug)]
pub struct Check;

/// A running check; dropping it stops the check and kills a command it runs.
#[derive(Debug)]
pub struct CheckHandle {
    spec: CheckSpec,
    status: watch::Receiver<CheckStatus>,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    wake: Notify,
    environment: Mutex<Vec<(String, String)>>,
}

impl Check {
    /// Starts a check on `runtime`; its first probe begins at once.
    ///
    /// `sink` is called on that runtime after each probe and must return quickly: send the report on.
    ///
    /// # Errors
    /// What [`validate`] refuses. Files that cannot be read and hosts that cannot be reached are no errors
    /// here but failures of the probes.
    pub fn spawn<S>(spec: CheckSpec, runtime: &Handle, sink: S) -> Result<CheckHandle, SpecError>
    where
        S: FnMut(&Report) + Send + 'static,
    {
        for warning in validate(&spec)? {
            warn!("{warning}");
        }
        let prober = Prober::new(&spec)?;
        let (sender, status) = watch::channel(CheckStatus {
            state: CheckState::Unknown,
            since: SystemTime::now(),
            since_instant: Instant::now(),
            last_duration: None,
            last_error: None,
            failures: 0,
            successes: 0,
            held_until: None,
        });
        let shared = Arc::new(Shared::default());
        let task = runtime.spawn(run(spec.clone(), prober, sender, Arc::clone(&shared), sink));
        Ok(CheckHandle {
            spec,
            status,
            shared,
            task,
        })
    }
}

impl CheckHandle {
    /// The check's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// What the check was started with.
    #[must_use]
    pub const fn spec(&self) -> &CheckSpec {
        &self.spec
    }

    /// The status after the latest probe.
    #[must_use]
    pub fn status(&self) -> CheckStatus {
        self.status.borrow().clone()
    }

    /// A receiver that sees each new status.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<CheckStatus> {
        self.status.clone()
    }

    /// Probes now instead of at the end of the interval. During a probe: once more after it.
    pub fn probe_now(&self) {
        self.shared.wake.notify_one();
    }

    /// Variables for commands from the next probe on, such as the state of the instances that use the check.
    pub fn set_environment(&self, variables: Vec<(String, String)>) {
        *self
            .shared
            .environment
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = variables;
    }

    /// Stops the check and waits until the sink will not be called any more.
    pub async fn stop(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for CheckHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run<S>(
    spec: CheckSpec,
    mut prober: Prober,
    status: watch::Sender<CheckStatus>,
    shared: Arc<Shared>,
    mut sink: S,
) where
    S: FnMut(&Report) + Send + 'static,
{
    let name: Arc<str> = spec.name.as_str().into();
    let epoch = Instant::now();
    let mut judge = RiseFall::new(spec.fall, spec.rise, spec.hold_down);
    let mut pace = Pace::new(spec.interval, phase(&name));
    loop {
        let started = tokio::time::Instant::now();
        let context = Context {
            timeout: spec.timeout,
            state: judge.state(),
            environment: shared
                .environment
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        };
        let outcome = prober.probe(&context).await;
        let took = started.elapsed();
        let repeat = record(&name, epoch, &mut judge, outcome, took, &status, &mut sink);

        let due = started + pace.next(took, repeat);
        let idle_since = tokio::time::Instant::now();
        let mut sentinel = prober.is_always_watched() || judge.state() != CheckState::Down;
        loop {
            tokio::select! {
                biased;
                () = shared.wake.notified() => break,
                () = prober.changed(), if sentinel => {
                    if prober.is_always_watched() || pace.on_loss(idle_since.elapsed()) {
                        break;
                    }
                    sentinel = false;
                }
                () = tokio::time::sleep_until(due) => {
                    if prober.is_watching() && sentinel {
                        pace.on_lasted();
                    }
                    break;
                }
            }
        }
    }
}

/// Judges one probe and tells everybody; returns whether to repeat it without waiting for the interval.
fn record<S: FnMut(&Report)>(
    name: &Arc<str>,
    epoch: Instant,
    judge: &mut RiseFall,
    outcome: Result<(), ProbeError>,
    took: Duration,
    status: &watch::Sender<CheckStatus>,
    sink: &mut S,
) -> bool {
    let now = epoch.elapsed();
    let change = judge.on_result(outcome.is_ok(), now);
    let prompt = outcome
        .as_ref()
        .is_err_and(|error| error.kind().is_prompt());
    status.send_modify(|status| {
        if change.is_some() {
            status.since = SystemTime::now();
            status.since_instant = epoch + now;
        }
        status.state = judge.state();
        status.last_duration = Some(took);
        status.last_error = outcome.as_ref().err().cloned();
        status.failures = judge.failures();
        status.successes = judge.successes();
        status.held_until = judge
            .held_until()
            .and_then(|until| epoch.checked_add(until));
    });
    let report = Report {
        name: Arc::clone(name),
        outcome,
        duration: took,
        change,
        status: status.borrow().clone(),
    };
    sink(&report);
    prompt && judge.state() != CheckState::Down
}
