//! The exec probe: a command whose code tells.

use super::Context;
use crate::command::Commands;
use crate::error::ProbeError;
use crate::spec::ExecSpec;

pub(crate) struct ExecProber {
    check: String,
    spec: ExecSpec,
    commands: Commands,
}

impl ExecProber {
    pub(crate) fn new(check: &str, spec: &ExecSpec) -> Self {
        Self {
            check: check.to_owned(),
            spec: spec.clone(),
            commands: Commands::default(),
        }
    }

    pub(crate) async fn probe(&mut self, context: &Context) -> Result<(), ProbeError> {
        let mut spec = self.spec.clone();
        let state = context.state.as_str().to_owned();
        spec.environment.extend(context.environment.iter().cloned());
        spec.environment.extend([
            ("VRRPD_CHECK".to_owned(), self.check.clone()),
            ("VRRPD_CHECK_STATE".to_owned(), state),
        ]);
        self.commands.run(&spec, context.timeout).await
    }
}
