//! `vrrp-lab`: see, measure and break a VIP on hosts that are network namespaces.
#![forbid(unsafe_code)]

mod bench;
mod chaos;
mod demo;
mod interrupt;
mod span;
mod stalls;
mod subject;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use vrrp_lab::apiserver::{self, ServerOptions};
use vrrp_lab::{LabError, Result};

/// Test hosts as network namespaces: see, measure and break a virtual IP.
#[derive(Debug, Parser)]
#[command(name = "vrrp-lab", version)]
struct Cli {
    #[command(subcommand)]
    command: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show each kind of failover between three hosts from a Konvoy file
    Demo(demo::DemoOptions),
    /// Measure how long clients go without service
    Bench(bench::BenchOptions),
    /// Break three hosts at random and see what holds
    Chaos(chaos::ChaosOptions),
    /// A stand-in API server; the lab starts one in each host
    #[command(hide = true)]
    Apiserver(ServerOptions),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Action::Demo(options) => lab(|| demo::run(&options)),
        Action::Bench(options) => lab(|| bench::run(&options)),
        Action::Chaos(options) => lab(|| chaos::run(&options)),
        Action::Apiserver(options) => apiserver::serve(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vrrp-lab: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs something that makes labs: it is taken down when the user asks to stop.
fn lab<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    interrupt::install()
        .map_err(|error| LabError::Other(format!("waiting for signals: {error}")))?;
    work()
}
