//! Carries out a schedule and collects what came of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use vrrp_lab::{HolderChange, LabError, Report, Result, VIP};

use super::bounds::Bounds;
use super::cluster::Cluster;
use super::fault::Step;
use super::journal::Notes;
use super::schedule::Schedule;
use crate::span::Span;
use crate::stalls::Stalls;
use crate::subject::Software;

/// How long the hosts are watched after they have settled.
const WATCHED_FOR: Duration = Duration::from_millis(1_500);
/// How long before a fault a calm cluster is looked at.
const LOOK_BEFORE: Duration = Duration::from_millis(150);

/// A fault as it happened.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) step: Step,
    pub(super) begun: Instant,
    /// When mending it began; what takes long is the waiting for the kernel.
    pub(super) mending: Instant,
    pub(super) ended: Instant,
}

/// Everything that was seen.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) software: Software,
    pub(super) started: Instant,
    pub(super) finished: Instant,
    pub(super) windows: Vec<Window>,
    /// Who got and lost the VIP.
    pub(super) changes: Vec<HolderChange>,
    pub(super) report: Report,
    /// When this machine did not run what should have run.
    pub(super) stalls: Vec<Span>,
    pub(super) notes: Notes,
    /// Where a program and the kernel disagreed in calm times.
    pub(super) mismatches: Vec<(Instant, String)>,
    pub(super) stale: Vec<String>,
    /// From the last fault mended to one holder with all in agreement; `None` if never.
    pub(super) settled_after: Option<Duration>,
    /// Hosts, logs and wire at the end, if it did not settle.
    pub(super) diagnostics: Option<String>,
}

/// Runs `software` through `schedule`; `keep` is given the cluster at the end.
pub(super) fn run(
    software: Software,
    schedule: &Schedule,
    bounds: &Bounds,
    keep: impl FnOnce(&Cluster, &Seen) -> Result<()>,
) -> Result<Seen> {
    let cluster = Cluster::start(software, bounds.interval)?;
    let stalls = Stalls::watch()?;
    let started = Instant::now();
    let mut mismatches = Vec::new();
    let done = AtomicBool::new(false);
    let mut windows = thread::scope(|scope| {
        let supervisor = scope.spawn(|| cluster.supervise(|| done.load(Ordering::SeqCst)));
        let result = carry_out(&cluster, schedule, started, bounds, &mut mismatches);
        done.store(true, Ordering::SeqCst);
        supervisor
            .join()
            .map_err(|_| LabError::Other("the supervisor panicked".to_owned()))??;
        result
    })?;
    windows.sort_by_key(|window| window.begun);
    let mended = Instant::now();
    let settled = settle(&cluster, bounds);
    let settled_after = settled.is_ok().then(|| mended.elapsed());
    thread::sleep(WATCHED_FOR);
    look(&cluster, &mut mismatches)?;
    let mut stale = Vec::new();
    for node in &cluster.nodes {
        stale.extend(node.stale()?);
    }
    cluster.collect_logs();
    let finished = Instant::now();
    let mut changes = cluster.lab.holder_log().changes_of(VIP.into());
    changes.retain(|change| change.at <= finished);
    let seen = Seen {
        software,
        started,
        finished,
        windows,
        changes,
        report: cluster.prober.settle(),
        stalls: stalls.spans(),
        notes: cluster.journal.notes(),
        mismatches,
        stale,
        settled_after,
        diagnostics: settled.err().map(|error| error.to_string()),
    };
    keep(&cluster, &seen)?;
    Ok(seen)
}

fn carry_out(
    cluster: &Cluster,
    schedule: &Schedule,
    started: Instant,
    bounds: &Bounds,
    mismatches: &mut Vec<(Instant, String)>,
) -> Result<Vec<Window>> {
    thread::scope(|scope| {
        let mut threads = Vec::new();
        let mut settles: Instant = started;
        for (number, step) in schedule.steps.iter().enumerate() {
            let at = started + step.at;
            if at.checked_sub(LOOK_BEFORE).is_some_and(|at| at > settles) {
                sleep_until(at - LOOK_BEFORE);
                look(cluster, mismatches)?;
            }
            sleep_until(at);
            settles = settles.max(started + step.end() + bounds.recovery(step.fault));
            threads.push(scope.spawn(move || {
                eprintln!("{:4}  {step}", number + 1);
                happen(cluster, step, started)
            }));
        }
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(LabError::Other("a step panicked".to_owned())))
            })
            .collect()
    })
}

fn happen(cluster: &Cluster, step: &Step, started: Instant) -> Result<Window> {
    let begun = Instant::now();
    let turns = cluster.begin(step)?;
    sleep_until(started + step.end());
    let mending = Instant::now();
    cluster.mend(step)?;
    let ended = Instant::now();
    drop(turns);
    Ok(Window {
        step: step.clone(),
        begun,
        mending,
        ended,
    })
}

fn sleep_until(at: Instant) {
    thread::sleep(at.saturating_duration_since(Instant::now()));
}

/// Waits until cp1 alone holds the VIP and every program agrees with the kernel.
fn settle(cluster: &Cluster, bounds: &Bounds) -> Result<()> {
    let bound = bounds.settling();
    cluster
        .lab
        .wait_until("one holder, and all agree", bound, || {
            cluster
                .lab
                .holders(VIP)
                .is_ok_and(|holders| holders == ["cp1"])
                && cluster
                    .nodes
                    .iter()
                    .all(|node| node.mismatch().is_ok_and(|mismatch| mismatch.is_none()))
        })
}

/// Notes every program that does not agree with the kernel.
fn look(cluster: &Cluster, mismatches: &mut Vec<(Instant, String)>) -> Result<()> {
    for node in &cluster.nodes {
        // Two questions, one to the kernel and one to the program: the second look is for what
        // changed between them.
        if node.mismatch()?.is_some()
            && let Some(mismatch) = node.mismatch()?
        {
            mismatches.push((Instant::now(), mismatch));
        }
    }
    Ok(())
}
