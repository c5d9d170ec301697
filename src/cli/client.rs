//! The commands that ask a running daemon to do something, and what all its clients share.

use std::path::Path;
use std::process::ExitCode;

use hyper::StatusCode;

use super::{exit, terminal};
use crate::control::client::{Client, ClientError};

/// Runs the work of a command to its end.
pub(super) fn block_on(work: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(work),
        Err(cause) => exit::fail(
            exit::FAILED,
            &format!("could not start the client's runtime: {cause}"),
        ),
    }
}

pub(super) fn reload(socket: &Path) -> ExitCode {
    command(
        socket,
        "reload",
        &[],
        "The configuration was read again and applied.",
    )
}

pub(super) fn resign(socket: &Path, instance: Option<&str>) -> ExitCode {
    let parameters: Vec<_> = instance
        .map(|name| ("instance", name))
        .into_iter()
        .collect();
    command(socket, "resign", &parameters, "Resigned.")
}

pub(super) fn drain(socket: &Path) -> ExitCode {
    command(
        socket,
        "drain",
        &[],
        "Drained: this host stays backup until `vrrpd undrain`.",
    )
}

pub(super) fn undrain(socket: &Path) -> ExitCode {
    command(socket, "undrain", &[], "No longer drained.")
}

pub(super) fn command(
    socket: &Path,
    name: &str,
    parameters: &[(&str, &str)],
    done: &str,
) -> ExitCode {
    block_on(async {
        match Client::new(socket).command(name, parameters).await {
            Ok(()) => {
                // Nobody may be reading; the exit code is the answer.
                let _ = terminal::print(format!("{done}\n").as_bytes());
                ExitCode::SUCCESS
            }
            Err(ClientError::Refused {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                message,
            }) => {
                eprintln!("{}", message.trim_end());
                eprintln!("vrrpd: the old configuration keeps running");
                ExitCode::from(exit::BAD_CONFIG)
            }
            Err(error) => exit::fail(exit::of_client_error(&error), &error),
        }
    })
}
