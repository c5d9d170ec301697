//! What is kept of a run in which an invariant did not hold: the capture, and everything that
//! happened as one text in the order of time.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs};

use vrrp_lab::{LabError, Result, tools};

use super::cluster::Cluster;
use super::judge::describe;
use super::run::Seen;
use super::schedule::Schedule;
use super::summary::Summary;
use crate::subject::Software;

/// Shorter times without an answer are left out of the log: there are many.
const WORTH_A_LINE: Duration = Duration::from_millis(5);

/// Where the two files are.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) capture: PathBuf,
    pub(super) log: PathBuf,
}

/// Writes both.
pub(super) fn keep(
    cluster: &Cluster,
    seen: &Seen,
    schedule: &Schedule,
    summary: &Summary,
) -> Result<Files> {
    let root = tools::repository().map_or_else(env::current_dir, Ok);
    let root =
        root.map_err(|error| LabError::Other(format!("no directory to write to: {error}")))?;
    let directory = root.join("target/chaos");
    let name = match seen.software {
        Software::Vrrpd => format!("seed-{}", schedule.seed),
        Software::Keepalived => format!("seed-{}-keepalived", schedule.seed),
    };
    let files = Files {
        capture: directory.join(format!("{name}.pcap")),
        log: directory.join(format!("{name}.log")),
    };
    let write =
        fs::create_dir_all(&directory).and_then(|()| fs::write(&files.log, log(seen, summary)));
    write.map_err(|error| LabError::Other(format!("writing {}: {error}", files.log.display())))?;
    cluster.lab.capture().write_pcap(&files.capture)?;
    Ok(files)
}

fn log(seen: &Seen, summary: &Summary) -> String {
    let mut lines: Vec<(Instant, String)> = Vec::new();
    for window in &seen.windows {
        let name = window.step.fault.name();
        let hosts: Vec<String> = window
            .step
            .hosts
            .iter()
            .copied()
            .map(super::fault::host_name)
            .collect();
        let hosts = hosts.join("+");
        lines.push((window.begun, format!(">>> {hosts}: {name}")));
        lines.push((window.mending, format!("<<< {hosts}: {name}, being mended")));
        lines.push((window.ended, format!("<<< {hosts}: {name}, mended")));
    }
    for change in &seen.changes {
        lines.push((change.at, format!("=== {}", describe(change))));
    }
    for gap in seen
        .report
        .gaps
        .iter()
        .filter(|gap| gap.length > WORTH_A_LINE)
    {
        let text = format!(
            "... nobody answers for {:?}, from {:?} to {:?}, {} lost, {} unsent",
            gap.length, gap.from, gap.to, gap.lost, gap.unsent
        );
        lines.push((gap.start, text));
    }
    for span in &seen.stalls {
        lines.push((
            span.from,
            format!("~~~ this machine stalls for {:?}", span.length()),
        ));
    }
    for violation in &summary.violations {
        lines.push((violation.at, format!("!!! {}", violation.text)));
    }
    for (at, host, text) in &seen.notes.lines {
        lines.push((*at, format!("    {host}: {text}")));
    }
    lines.sort_by_key(|(at, _)| *at);
    let mut text = String::new();
    for (at, line) in lines {
        let since = at.checked_duration_since(seen.started);
        let before = seen.started.saturating_duration_since(at).as_secs_f64();
        let seconds = since.map_or(-before, |since| since.as_secs_f64());
        let _ = writeln!(text, "{seconds:9.4} {line}");
    }
    if let Some(diagnostics) = &seen.diagnostics {
        text += diagnostics;
    }
    text
}
