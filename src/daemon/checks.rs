//! The running health checks: started, kept or stopped with the configuration, their results
//! shown and passed to the protocol thread.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use vrrp_check::{Check, CheckHandle, CheckSpec, ProbeSpec, Report, SpecError};
use vrrp_config::Tracked;

use super::command::Command;
use crate::events::{EventLog, What};
use crate::status::{CheckState, InstanceState};
use crate::view::{CheckView, InstanceView};

/// All running checks, in the order of the configuration.
pub(super) struct Checks {
    running: Vec<(CheckHandle, Arc<CheckView>)>,
    commands: mpsc::UnboundedSender<Command>,
    events: Arc<EventLog>,
}

impl Checks {
    pub(super) fn new(commands: mpsc::UnboundedSender<Command>, events: Arc<EventLog>) -> Self {
        Self {
            running: Vec::new(),
            commands,
            events,
        }
    }

    /// Runs `specs` from now on. A check that is equal in both goes on with its state.
    ///
    /// # Errors
    /// A check that cannot be started. The earlier ones run on then.
    pub(super) fn apply(&mut self, specs: &[CheckSpec]) -> Result<(), SpecError> {
        let mut fresh = Vec::new();
        for spec in specs {
            if !self.running.iter().any(|(handle, _)| handle.spec() == spec) {
                fresh.push(self.start(spec.clone())?);
            }
        }
        let mut old = std::mem::take(&mut self.running);
        for spec in specs {
            let from = |checks: &mut Vec<(CheckHandle, Arc<CheckView>)>| {
                let position = checks
                    .iter()
                    .position(|(handle, _)| handle.spec() == spec)?;
                Some(checks.swap_remove(position))
            };
            self.running
                .extend(from(&mut old).or_else(|| from(&mut fresh)));
        }
        Ok(())
    }

    /// Tells every command which instances track its check and in which state they are.
    pub(super) fn tell_states(
        &self,
        instances: &[vrrp_config::Instance],
        views: &[Arc<InstanceView>],
    ) {
        for (handle, _) in &self.running {
            if matches!(handle.spec().probe, ProbeSpec::Exec(_)) {
                let tracking = instances.iter().filter(|instance| {
                    let mut tracks = instance.track.iter();
                    tracks.any(|track| track.target == Tracked::Check(handle.name().to_owned()))
                });
                let states = tracking.filter_map(|instance| {
                    let mut lives = views.iter().map(|view| view.live());
                    let live = lives.find(|live| live.name == instance.name)?;
                    Some((instance.name.as_str(), live.state))
                });
                handle.set_environment(environment(&states.collect::<Vec<_>>()));
            }
        }
    }

    /// What is shown of them.
    pub(super) fn views(&self) -> Vec<Arc<CheckView>> {
        self.running
            .iter()
            .map(|(_, view)| Arc::clone(view))
            .collect()
    }

    fn start(&self, spec: CheckSpec) -> Result<(CheckHandle, Arc<CheckView>), SpecError> {
        // Where a check of this name was down in the earlier configuration, that stands until
        // the new one knows better: unknown neither lowers nor raises.
        let view = Arc::new(CheckView::new(spec.name.clone()));
        let shown = Arc::clone(&view);
        let (commands, events) = (self.commands.clone(), Arc::clone(&self.events));
        let sink = move |report: &Report| on_report(report, &shown, &commands, &events);
        Ok((Check::spawn(spec, &Handle::current(), sink)?, view))
    }
}

fn on_report(
    report: &Report,
    view: &CheckView,
    commands: &mpsc::UnboundedSender<Command>,
    events: &EventLog,
) {
    view.duration.observe(report.duration.as_secs_f64());
    let error = report.status.last_error.as_ref();
    let before;
    let state = shown(report.status.state);
    {
        let mut live = view.live();
        before = std::mem::replace(&mut live.state, state);
        live.since = report.status.since;
        live.last_duration = report.status.last_duration;
        live.last_error = error.map(|error| (error.kind(), error.to_string()));
        live.held_until = report
            .status
            .held_until
            .map(|until| SystemTime::now() + until.saturating_duration_since(Instant::now()));
    }
    if let Err(error) = &report.outcome {
        view.failures[error.kind().index()].up();
        let (name, count) = (&*report.name, report.status.failures);
        tracing::debug!(check = name, count, "a probe of {name} failed: {error}");
    }
    if before == state {
        return;
    }
    let name = &*report.name;
    let error = error.map(ToString::to_string);
    match (&error, state) {
        (Some(error), CheckState::Down) => {
            tracing::warn!(check = name, "check {name} is down now: {error}");
        }
        _ => tracing::info!(check = name, "check {name} is {} now", state.as_str()),
    }
    let down_since = (state == CheckState::Down).then_some(report.status.since);
    // The protocol thread drops its end only when the daemon ends.
    let _ = commands.send(Command::Check {
        name: name.to_owned(),
        down_since,
    });
    events.publish(What::Check {
        check: name.to_owned(),
        from: before,
        to: state,
        error,
    });
}

const fn shown(state: vrrp_check::CheckState) -> CheckState {
    match state {
        vrrp_check::CheckState::Up => CheckState::Up,
        vrrp_check::CheckState::Down => CheckState::Down,
        vrrp_check::CheckState::Unknown => CheckState::Unknown,
    }
}

/// What a command is told of the instances that track its check.
fn environment(states: &[(&str, InstanceState)]) -> Vec<(String, String)> {
    const FOREMOST: [InstanceState; 4] = [
        InstanceState::Master,
        InstanceState::Backup,
        InstanceState::Fault,
        InstanceState::Init,
    ];
    let foremost = FOREMOST
        .into_iter()
        .find(|wanted| states.iter().any(|(_, state)| state == wanted));
    let all: Vec<String> = states
        .iter()
        .map(|(name, state)| format!("{name}={}", state.as_str()))
        .collect();
    vec![
        (
            "VRRPD_STATE".into(),
            foremost.map_or("", InstanceState::as_str).into(),
        ),
        ("VRRPD_INSTANCES".into(), all.join(" ")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_told_each_state_and_the_foremost() {
        let states = [("v4", InstanceState::Backup), ("v6", InstanceState::Master)];
        let told = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            environment(&states),
            [
                told("VRRPD_STATE", "master"),
                told("VRRPD_INSTANCES", "v4=backup v6=master"),
            ]
        );
        assert_eq!(
            environment(&[]),
            [told("VRRPD_STATE", ""), told("VRRPD_INSTANCES", "")]
        );
    }
}
