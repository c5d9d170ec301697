//! `vrrpd backend`: takes a backend of a load balancer out of service, and back.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{SocketArgs, client};

/// Arguments of `vrrpd backend`.
#[derive(Debug, Args)]
pub(super) struct BackendArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Give a backend no new connections; those it has go on. Survives a restart of the daemon
    Drain(One),
    /// Give a drained backend new connections again
    Undrain(One),
}

#[derive(Debug, Args)]
struct One {
    /// Name of the load balancer
    name: String,
    /// Address of the backend; its port may be left out where that is clear
    address: String,
    #[command(flatten)]
    socket: SocketArgs,
}

pub(super) fn backend(args: &BackendArgs) -> ExitCode {
    let (one, command, done) = match &args.what {
        What::Drain(one) => (
            one,
            "backend/drain",
            "Drained: it keeps the connections it has, and new ones go elsewhere until \
             `vrrpd backend undrain`.",
        ),
        What::Undrain(one) => (one, "backend/undrain", "No longer drained."),
    };
    let parameters = [("load_balancer", &*one.name), ("backend", &*one.address)];
    client::command(&one.socket.socket, command, &parameters, done)
}
