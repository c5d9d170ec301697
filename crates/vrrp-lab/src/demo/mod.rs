//! `vrrp-lab demo`: three control-plane hosts from a Konvoy file, each kind of failover in turn,
//! and what clients noticed.

mod cluster;
mod screen;
mod steps;

use std::sync::Arc;

use clap::Args;
use serde_json::json;
use vrrp_lab::{LabError, Result, VIP};

use crate::subject::{Peer, Software};
use crate::table::{millis, table, time};
use cluster::Cluster;
use screen::Screen;
use steps::{Outcome, steps};

/// Command line of `vrrp-lab demo`.
#[derive(Clone, Debug, Args)]
pub(crate) struct DemoOptions {
    /// One JSON document on standard output; what happens goes to standard error
    #[arg(long)]
    json: bool,
    /// The same with this program instead of vrrpd
    #[arg(long, value_enum)]
    peer: Option<Peer>,
}

/// Runs all steps and prints the table of outages.
pub(crate) fn run(options: &DemoOptions) -> Result<()> {
    let software = match options.peer {
        Some(Peer::Keepalived) => Software::Keepalived,
        None => Software::Vrrpd,
    };
    // Before the first line: a build takes minutes, in which Cargo tells what it does.
    software.program()?;
    let screen = Arc::new(Screen::new(options.json));
    screen.say(&format!(
        "Three hosts cp1, cp2, cp3 on one switch, the VIP {VIP}, and a client that asks for it.",
    ));
    let cluster = Cluster::start(software)?;
    let live = screen::Live::start(Arc::clone(&screen), cluster.view());
    let mut outcomes = Vec::new();
    for step in steps() {
        screen.announce(&step.event);
        let outcome = step.run(&cluster);
        screen.say(&outcome.sentence());
        let held = outcome.problem.is_none();
        outcomes.push(outcome);
        if !held {
            // What follows would start from the wrong state.
            break;
        }
    }
    drop(live);
    if options.json {
        println!("{:#}", document(software, &outcomes));
    } else {
        println!("\n{}", summary(&outcomes));
    }
    match outcomes.iter().find_map(|outcome| outcome.problem.as_ref()) {
        None => Ok(()),
        Some(problem) => Err(LabError::Other(problem.clone())),
    }
}

fn summary(outcomes: &[Outcome]) -> comfy_table::Table {
    let mut table = table([
        "event",
        "new master",
        "time without service",
        "of it VIP unanswered",
    ]);
    for outcome in outcomes {
        let gap = |gap: Option<_>| gap.map_or_else(|| "none".to_owned(), time);
        let master = outcome.master.as_deref().unwrap_or("nobody");
        let verdict = if outcome.problem.is_none() {
            master.to_owned()
        } else {
            format!("{master} instead of {}", outcome.expected)
        };
        table.add_row([
            outcome.event.clone(),
            verdict,
            gap(outcome.without_service()),
            gap(outcome.vip_gap),
        ]);
    }
    table
}

fn document(software: Software, outcomes: &[Outcome]) -> serde_json::Value {
    let steps: Vec<_> = outcomes
        .iter()
        .map(|outcome| {
            json!({
                "event": outcome.event,
                "expected_master": outcome.expected,
                "master": outcome.master,
                "held": outcome.problem.is_none(),
                "problem": outcome.problem,
                "without_service_ms": outcome.without_service().map_or(0.0, millis),
                "api_unanswered_ms": outcome.api_gap.map_or(0.0, millis),
                "api_requests_failed": outcome.api_failed,
                "vip_unanswered_ms": outcome.vip_gap.map_or(0.0, millis),
                "probes_unsent": outcome.unsent,
            })
        })
        .collect();
    json!({
        "software": software.name(),
        "held": outcomes.iter().all(|outcome| outcome.problem.is_none()),
        "steps": steps,
    })
}
