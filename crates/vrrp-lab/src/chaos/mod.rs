//! `vrrp-lab chaos`: three hosts, a client, and a random schedule of faults. What must hold is
//! judged, and what did not hold can be had again by its seed.

mod bounds;
mod cluster;
mod dice;
mod fault;
mod files;
mod journal;
mod judge;
mod run;
mod schedule;
mod summary;

use std::time::Duration;

use clap::Args;
use vrrp_lab::{LabError, Result};

use crate::subject::{Peer, Software};
use bounds::Bounds;
use judge::judge;
use schedule::Schedule;
use summary::Summary;

/// Command line of `vrrp-lab chaos`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ChaosOptions {
    /// Decides what happens and when; the same seed is the same schedule
    #[arg(long)]
    seed: u64,
    /// How long faults go on
    #[arg(long, default_value = "60s", value_parser = humantime::parse_duration)]
    duration: Duration,
    /// Put this program through the same; it is not judged
    #[arg(long, value_enum)]
    peer: Option<Peer>,
    /// Advert interval, whole milliseconds
    #[arg(long, default_value = "100ms", value_parser = humantime::parse_duration)]
    interval: Duration,
    /// Keep the capture and the log under target/chaos also when everything holds
    #[arg(long)]
    keep: bool,
    /// Only show the schedule
    #[arg(long)]
    dry_run: bool,
    /// One JSON document on standard output; what happens goes to standard error
    #[arg(long)]
    json: bool,
}

/// Breaks, judges, prints.
pub(crate) fn run(options: &ChaosOptions) -> Result<()> {
    let schedule = Schedule::new(options.seed, options.duration, options.interval);
    eprintln!(
        "seed {}, {} faults, schedule {:016x}",
        schedule.seed,
        schedule.steps.len(),
        schedule.hash()
    );
    if options.dry_run {
        print!("{schedule}");
        return Ok(());
    }
    let bounds = Bounds {
        interval: options.interval,
    };
    let mut software = vec![Software::Vrrpd];
    if let Some(Peer::Keepalived) = options.peer {
        software.push(Software::Keepalived);
    }
    for software in &software {
        software.program()?;
    }
    let mut summaries = Vec::new();
    for software in software {
        let mut summary = None;
        run::run(software, &schedule, &bounds, |cluster, seen| {
            let judgement = judge(seen, &bounds);
            let judged = software == Software::Vrrpd;
            let mut made = Summary::new(seen, judgement, judged);
            if options.keep || (judged && !made.violations.is_empty()) {
                made.files = Some(files::keep(cluster, seen, &schedule, &made)?);
            }
            summary = Some(made);
            Ok(())
        })?;
        summaries.extend(summary);
    }
    if options.json {
        println!("{:#}", summary::document(&schedule, &bounds, &summaries));
    } else {
        println!("{}", summary::table(&summaries));
        println!("{}", summary::by_fault(&summaries));
    }
    let violated: Vec<&Summary> = summaries
        .iter()
        .filter(|summary| summary.judged && !summary.violations.is_empty())
        .collect();
    if violated.is_empty() {
        return Ok(());
    }
    eprintln!("{}", summary::story(&schedule, &violated));
    let number: usize = violated.iter().map(|s| s.violations.len()).sum();
    Err(LabError::Other(format!(
        "{number} invariants did not hold; the same again: vrrp-lab chaos --seed {} --duration {} \
         --interval {}",
        schedule.seed,
        humantime::format_duration(options.duration),
        humantime::format_duration(options.interval),
    )))
}
