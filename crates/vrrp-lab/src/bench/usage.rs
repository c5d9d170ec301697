//! What a program costs: processor time and memory of its process and of all it has started.

use std::fs;
use std::time::{Duration, Instant};

use nix::unistd::{SysconfVar, sysconf};
use vrrp_lab::{LabError, Result};

use crate::subject::Running;

/// Looks at the memory; the one in the middle counts, since scripts come and go.
const LOOKS: usize = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// Field of `/proc/PID/stat` after the name's parenthesis: ticks in user mode of processes that
/// have ended and were waited for. In kernel mode is the next one.
const CHILDREN_USER: usize = 13;
/// Field of `/proc/PID/task/TID/stat` after the name's parenthesis: how it is scheduled.
const POLICY: usize = 38;

/// Processor time of a program from now on.
#[derive(Debug)]
pub(super) struct Meter {
    pid: u32,
    before: Duration,
    since: Instant,
}

impl Meter {
    pub(super) fn start(running: &Running) -> Result<Self> {
        let pid = running.process().pid();
        Ok(Self {
            pid,
            before: processor_time(pid)?,
            since: Instant::now(),
        })
    }

    /// Hundredths of one processor since it was started.
    pub(super) fn percent(&self) -> Result<f64> {
        let used = processor_time(self.pid)?.saturating_sub(self.before);
        Ok(used.as_secs_f64() / self.since.elapsed().as_secs_f64() * 100.0)
    }
}

/// Proportional set size of all processes of a program, in MiB (2^20 bytes).
pub(super) fn memory(running: &Running) -> Result<f64> {
    let mut looks = Vec::new();
    for _ in 0..LOOKS {
        looks.push(proportional_set_size(running.process().pid())?);
        std::thread::sleep(BETWEEN_LOOKS);
    }
    looks.sort_unstable();
    Ok(looks[LOOKS / 2] as f64 / 1024.0)
}

/// In KiB.
fn proportional_set_size(pid: u32) -> Result<u64> {
    let mut sum = 0;
    for pid in family(pid)? {
        let path = format!("/proc/{pid}/smaps_rollup");
        // A script may have ended since.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        let value = line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<u64>().ok());
        sum += value.unwrap_or(0);
    }
    if sum == 0 {
        return Err(LabError::Other(format!(
            "the kernel tells no proportional set size of process {pid}"
        )));
    }
    Ok(sum)
}

/// On a processor so far: all threads of a process and of all its children, to the nanosecond,
/// and children that have ended, to the tick.
fn processor_time(pid: u32) -> Result<Duration> {
    let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
    let mut sum = Duration::ZERO;
    for pid in family(pid)? {
        for task in tasks(pid) {
            let text = fs::read_to_string(format!("/proc/{pid}/task/{task}/schedstat"));
            let nanos = text.ok().and_then(|text| {
                let first = text.split_ascii_whitespace().next()?;
                first.parse().ok()
            });
            sum += Duration::from_nanos(nanos.unwrap_or(0));
        }
        let ticks = ended_children(pid).unwrap_or(0);
        sum += Duration::from_secs_f64(ticks as f64 / per_second as f64);
    }
    if sum.is_zero() {
        return Err(LabError::Other(format!(
            "the kernel tells no processor time of process {pid}; it may have ended"
        )));
    }
    Ok(sum)
}

/// In ticks.
fn ended_children(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    let user: u64 = fields.get(CHILDREN_USER)?.parse().ok()?;
    let system: u64 = fields.get(CHILDREN_USER + 1)?.parse().ok()?;
    Some(user + system)
}

/// Whether a thread of the program is scheduled in real time.
pub(super) fn in_real_time(running: &Running) -> Result<bool> {
    for pid in family(running.process().pid())? {
        for task in tasks(pid) {
            let text = fs::read_to_string(format!("/proc/{pid}/task/{task}/stat"));
            let policy = text.ok().and_then(|text| {
                let (_, fields) = text.rsplit_once(')')?;
                fields.split_ascii_whitespace().nth(POLICY)?.parse().ok()
            });
            if let Some(libc::SCHED_FIFO | libc::SCHED_RR) = policy {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// A process and all its descendants.
fn family(pid: u32) -> Result<Vec<u32>> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        next += 1;
        for task in tasks(parent) {
            let path = format!("/proc/{parent}/task/{task}/children");
            let children = fs::read_to_string(path).unwrap_or_default();
            found.extend(
                children
                    .split_ascii_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            );
        }
    }
    if tasks(pid).is_empty() {
        return Err(LabError::Other(format!("process {pid} has ended")));
    }
    Ok(found)
}

fn tasks(pid: u32) -> Vec<u32> {
    let entries = fs::read_dir(format!("/proc/{pid}/task"));
    entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_grows_with_work_in_any_thread() {
        let own = std::process::id();
        let before = processor_time(own).expect("a time");
        let work = move || {
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_millis(50) {
                std::hint::spin_loop();
            }
            processor_time(own).expect("a time")
        };
        let after = std::thread::spawn(work).join().expect("a time");
        assert!(after > before, "{before:?} and {after:?}");
    }

    #[test]
    fn a_process_that_has_ended_is_an_error() {
        let mut child = std::process::Command::new("true").spawn().expect("a start");
        let pid = child.id();
        child.wait().expect("an end");
        assert!(processor_time(pid).is_err());
        assert!(proportional_set_size(pid).is_err());
    }
}
