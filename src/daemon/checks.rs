//! The running health checks: started, kept or stopped with the configuration, their results
//! shown and passed to the protocol thread.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use vrrp_check::{Check, CheckHandle, CheckSpec, Report, SpecError};

use super::command::Command;
use crate::events::{EventLog, What};
use crate::status::CheckState;
use crate::view::CheckView;

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

    /// What is shown of them.
    pub(super) fn views(&self) -> Vec<Arc<CheckView>> {
        self.running
            .iter()
            .map(|(_, view)| Arc::clone(view))
            .collect()
    }

    fn start(&self, spec: CheckSpec) -> Result<(CheckHandle, Arc<CheckView>), SpecError> {
        let view = Arc::new(CheckView::new(spec.name.clone()));
        let shown = Arc::clone(&view);
        let (commands, events) = (self.commands.clone(), Arc::clone(&self.events));
        // A check of the same name may have been down in the earlier configuration.
        let _ = commands.send(Command::Check {
            name: spec.name.clone(),
            down_since: None,
        });
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
        live.last_error = error.map(|error| (error.kind().as_str(), error.to_string()));
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
