//! `vrrpd check`: validates a configuration without running it.

use std::io;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use vrrp_config::{Diagnostics, HostFacts, Loaded, load};

use super::{ConfigArgs, exit, lacking, terminal};
use crate::host;

/// Arguments of `vrrpd check`.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Take warnings for errors
    #[arg(long)]
    deny_warnings: bool,
    /// Print one JSON document for editors and other programs
    #[arg(long)]
    json: bool,
}

/// What `--json` prints: a stable contract. Fields are added, never renamed.
#[derive(Debug, Serialize)]
struct Verdict {
    /// The file as it was given.
    file: String,
    /// Whether `vrrpd run` would take it.
    usable: bool,
    /// How many errors.
    errors: usize,
    /// How many warnings.
    warnings: usize,
    /// What is in the file, as a sentence; absent where it is not usable.
    summary: Option<String>,
    /// All of them, in the order of the file.
    diagnostics: Diagnostics,
}

pub(super) fn check(args: &CheckArgs) -> ExitCode {
    let local_addresses = match host::local_addresses() {
        Ok(addresses) => addresses,
        Err(error) => return exit::fail(exit::FAILED, &error),
    };
    let facts = HostFacts {
        own_addresses: host::own_addresses(),
        ..HostFacts::of_this_host(local_addresses)
    };
    let verdict = judge(&args.config, &facts);
    let denied = args.deny_warnings && verdict.warnings > 0;
    if args.json {
        let printed = serde_json::to_vec_pretty(&verdict)
            .map_err(io::Error::from)
            .and_then(|mut text| {
                text.push(b'\n');
                terminal::print(&text)
            });
        if let Err(error) = printed {
            return exit::fail(exit::FAILED, &format!("writing the result: {error}"));
        }
    } else {
        show(&verdict, denied);
    }
    if verdict.usable && !denied {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(exit::BAD_CONFIG)
    }
}

fn judge(config: &ConfigArgs, facts: &HostFacts) -> Verdict {
    let (diagnostics, summary) = match load(&config.config, &config.options(), facts) {
        Ok(Loaded::Config(mut loaded)) => {
            lacking::warn(&loaded.config, &mut loaded.warnings);
            let instances = count(loaded.config.instances.len(), "instance");
            let checks = count(loaded.config.checks.len(), "check");
            let mut summary = format!("{instances}, {checks}");
            let balancers = loaded.config.load_balancers.len();
            if balancers > 0 {
                summary = format!("{summary}, {}", count(balancers, "load balancer"));
            }
            (loaded.warnings, Some(summary))
        }
        Ok(Loaded::ExternalLoadBalancer(external)) => {
            let summary = external.to_string();
            (external.warnings, Some(summary))
        }
        Err(diagnostics) => (diagnostics, None),
    };
    Verdict {
        file: config.config.display().to_string(),
        usable: summary.is_some(),
        errors: diagnostics.errors(),
        warnings: diagnostics.warnings(),
        summary,
        diagnostics,
    }
}

fn show(verdict: &Verdict, denied: bool) {
    if !verdict.diagnostics.is_empty() {
        terminal::show(&verdict.diagnostics);
    }
    let file = &verdict.file;
    let warnings = count(verdict.warnings, "warning");
    match &verdict.summary {
        None => {
            let errors = count(verdict.errors, "error");
            eprintln!("vrrpd: {file} is not usable: {errors}");
        }
        Some(_) if denied => {
            eprintln!("vrrpd: {file} has {warnings}, and --deny-warnings is given");
        }
        Some(summary) => {
            // Nobody may be reading; the exit code is the answer.
            let _ = terminal::print(format!("{file} is good: {summary}\n").as_bytes());
        }
    }
}

fn count(n: usize, thing: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {thing}{plural}")
}
