//! `vrrpd check`: validates a configuration without running it.

use std::io;
use std::process::ExitCode;

use vrrp_config::{HostFacts, Loaded, Style, load};

use super::{ConfigArgs, exit, terminal};
use crate::host;

pub(super) fn check(args: &ConfigArgs) -> ExitCode {
    let local_addresses = match host::local_addresses() {
        Ok(addresses) => addresses,
        Err(error) => return exit::fail(exit::FAILED, &error),
    };
    let options = args.options();
    let facts = HostFacts::of_this_host(local_addresses);
    let style = if terminal::colour(&io::stderr()) {
        Style::Colour
    } else {
        Style::Plain
    };
    let file = args.config.display();
    let (warnings, summary) = match load(&args.config, &options, &facts) {
        Ok(Loaded::Config(loaded)) => {
            let instances = count(loaded.config.instances.len(), "instance");
            let checks = count(loaded.config.checks.len(), "check");
            (
                loaded.warnings,
                format!("{file} is good: {instances}, {checks}"),
            )
        }
        Ok(Loaded::ExternalLoadBalancer(external)) => {
            let summary = format!("{file} is good: {external}");
            (external.warnings, summary)
        }
        Err(diagnostics) => {
            eprintln!("{}", diagnostics.render(style).trim_end());
            let errors = count(diagnostics.errors(), "error");
            eprintln!("vrrpd: {file} is not usable: {errors}");
            return ExitCode::from(exit::BAD_CONFIG);
        }
    };
    if !warnings.is_empty() {
        eprintln!("{}", warnings.render(style).trim_end());
    }
    // Nobody may be reading; the exit code is the answer.
    let _ = terminal::print(format!("{summary}\n").as_bytes());
    ExitCode::SUCCESS
}

fn count(n: usize, thing: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {thing}{plural}")
}
