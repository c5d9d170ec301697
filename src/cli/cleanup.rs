//! `vrrpd cleanup`: removes what a dead daemon left behind, and says what.

use std::process::ExitCode;

use clap::Args;

use super::{SocketArgs, exit, terminal};
use crate::cleanup::{self, Leased};

/// Arguments of `vrrpd cleanup`.
#[derive(Debug, Args)]
pub(super) struct CleanupArgs {
    /// Leave addresses that expire by themselves: they serve clients until another host takes
    /// over, or until the daemon that is started next adopts them
    #[arg(long)]
    keep_leased: bool,
    #[command(flatten)]
    socket: SocketArgs,
}

/// Exit code 0 when nothing is left, 1 when something could not be removed or a daemon runs.
pub(super) fn cleanup(args: &CleanupArgs) -> ExitCode {
    let leased = if args.keep_leased {
        Leased::Keep
    } else {
        Leased::Remove
    };
    let outcome = match cleanup::run(&args.socket.socket, leased) {
        Ok(outcome) => outcome,
        Err(error) => return exit::fail(exit::FAILED, &error),
    };
    let mut text = String::new();
    for removed in &outcome.removed {
        text += &format!("removed {removed}\n");
    }
    for kept in &outcome.kept {
        text += &format!("left {kept}, which expires by itself\n");
    }
    if text.is_empty() && outcome.failed.is_empty() {
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
