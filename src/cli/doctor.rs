//! `vrrpd doctor`: shows what was found on this host, worst last.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;
use vrrp_config::{Diagnostics, HostFacts, Loaded, load};

use super::{ConfigArgs, exit, terminal};
use crate::control::DEFAULT_SOCKET;
use crate::doctor::{Finding, Level, Scene, examine};
use crate::host;

/// Arguments of `vrrpd doctor`.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// Also send one packet to the other hosts, which drop it; a vrrpd that it reaches notes it in its
    /// status
    #[arg(long)]
    probe: bool,
    /// Where the daemon's control socket is if the configuration cannot be read
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    socket: PathBuf,
}

/// What `--json` prints: a stable contract. Fields are added, never renamed.
#[derive(Debug, Serialize)]
struct Document<'a> {
    /// How many findings are problems.
    problems: usize,
    /// How many are warnings.
    warnings: usize,
    /// All of them.
    findings: &'a [Finding],
}

pub(super) fn doctor(args: &DoctorArgs) -> ExitCode {
    let local_addresses = match host::local_addresses() {
        Ok(addresses) => addresses,
        Err(error) => return exit::fail(exit::FAILED, &error),
    };
    let facts = HostFacts {
        own_addresses: host::own_addresses(),
        ..HostFacts::of_this_host(local_addresses)
    };
    let path = &args.config.config;
    let (config, said) = match load(path, &args.config.options(), &facts) {
        Ok(Loaded::Config(loaded)) => (Some(loaded.config), loaded.warnings),
        Ok(Loaded::ExternalLoadBalancer(_)) => (None, Diagnostics::new()),
        Err(diagnostics) => (None, diagnostics),
    };
    let scene = match Scene::look(path, config, said, &args.socket, args.probe) {
        Ok(scene) => scene,
        Err(error) => return exit::fail(exit::FAILED, &error),
    };
    let findings = examine(&scene);
    let count = |level| findings.iter().filter(|one| one.level == level).count();
    let document = Document {
        problems: count(Level::Problem),
        warnings: count(Level::Warning),
        findings: &findings,
    };
    let text = if args.json {
        serde_json::to_string_pretty(&document)
            .map_or_else(|error| error.to_string(), |text| text + "\n")
    } else {
        shown(&document)
    };
    // Nobody may be reading; the exit code is the answer.
    let _ = terminal::print(text.as_bytes());
    if document.problems == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(exit::FAILED)
    }
}

fn shown(document: &Document<'_>) -> String {
    let colour = terminal::colour(&io::stdout());
    let mut text = String::new();
    let mut findings: Vec<&Finding> = document.findings.iter().collect();
    findings.sort_by_key(|one| one.level);
    for one in findings {
        text.push_str(&line(one, colour));
    }
    text.push_str(&format!(
        "\n{} problems, {} warnings\n",
        document.problems, document.warnings
    ));
    text
}

fn line(one: &Finding, colour: bool) -> String {
    let word = format!("{:<8}", one.level.as_str());
    let hue = match one.level {
        Level::Ok => AnsiColor::Green,
        Level::Warning => AnsiColor::Yellow,
        Level::Problem => AnsiColor::Red,
    };
    let style = Style::new().fg_color(Some(hue.into()));
    let word = if colour {
        format!("{style}{word}{style:#}")
    } else {
        word
    };
    let about = one.instance.as_deref().unwrap_or("host");
    let mut text = format!("{word} {about}, {}: {}\n", one.family, one.message);
    if let Some(remedy) = &one.remedy {
        text.push_str(&format!("         -> {remedy}\n"));
    }
    text
}
