//! Processor time of the whole machine.

use std::fs;

use nix::unistd::{SysconfVar, sysconf};
use vrrp_lab::{LabError, Result};

/// Fields of the first line of `/proc/stat` in which a processor is busy for somebody on this
/// machine: user, nice, system, irq, softirq. Rules of the kernel have no process: what they
/// cost is in system and softirq.
const BUSY: [usize; 5] = [1, 2, 3, 6, 7];

/// Seconds of processor time used on all processors since the machine started.
pub(super) fn busy() -> Result<f64> {
    let failed = |why: String| LabError::Other(format!("reading /proc/stat: {why}"));
    let text = fs::read_to_string("/proc/stat").map_err(|error| failed(error.to_string()))?;
    let fields: Vec<&str> = text
        .lines()
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let ticks: Option<u64> = BUSY
        .iter()
        .map(|field| fields.get(*field)?.parse::<u64>().ok())
        .sum();
    let ticks = ticks.ok_or_else(|| failed("it has another form".to_owned()))?;
    let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
    Ok(ticks as f64 / per_second as f64)
}
