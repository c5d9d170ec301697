//! `vrrpd cleanup`: removes what a dead daemon left behind, and says what.

use std::path::Path;
use std::process::ExitCode;

use super::{exit, terminal};
use crate::cleanup;

/// Exit code 0 when nothing is left, 1 when something could not be removed or a daemon runs.
pub(super) fn cleanup(socket: &Path) -> ExitCode {
    let outcome = match cleanup::run(socket) {
        Ok(outcome) => outcome,
        Err(error) => return exit::fail(exit::FAILED, &error),
    };
    let mut text = String::new();
    for removed in &outcome.removed {
        text += &format!("removed {removed}\n");
    }
    if outcome.removed.is_empty() && outcome.failed.is_empty() {
        text += "nothing was left behind\n";
    }
    // What was to be removed is removed, whether anybody reads of it or not.
    let _ = terminal::print(text.as_bytes());
    let mut code = ExitCode::SUCCESS;
    for error in &outcome.failed {
        code = exit::fail(exit::FAILED, error);
    }
    code
}
