//! The exit codes, which are part of the contract.

use std::process::ExitCode;

use crate::control::client::ClientError;
use crate::status::{InstanceState, Status};

/// Failed.
pub(super) const FAILED: u8 = 1;
/// The configuration is wrong.
pub(super) const BAD_CONFIG: u8 = 2;
/// No daemon is running.
pub(super) const NO_DAEMON: u8 = 3;

/// The code of `vrrpd status`.
pub(super) fn of_status(status: &Status) -> u8 {
    let takes_part = |state| matches!(state, InstanceState::Master | InstanceState::Backup);
    if status
        .instances
        .iter()
        .all(|instance| takes_part(instance.state))
    {
        0
    } else {
        FAILED
    }
}

/// The code for a daemon that could not be asked or said no.
pub(super) fn of_client_error(error: &ClientError) -> u8 {
    if error.no_daemon() { NO_DAEMON } else { FAILED }
}

/// Says what went wrong and gives its code.
pub(super) fn fail(code: u8, error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("vrrpd: {error}");
    ExitCode::from(code)
}
