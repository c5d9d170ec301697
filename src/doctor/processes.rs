//! The processes of this host, as far as they share its network.

use std::fs;
use std::path::Path;

/// Process ids of the programs with one of these names in this network namespace.
pub(super) fn named(names: &[&str]) -> Vec<(u32, String)> {
    let here = fs::read_link("/proc/self/ns/net").ok();
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let mut found: Vec<(u32, String)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let name = fs::read_to_string(entry.path().join("comm")).ok()?;
            let name = name.trim().to_owned();
            let same = fs::read_link(entry.path().join("ns/net")).ok() == here;
            (same && names.contains(&name.as_str())).then_some((pid, name))
        })
        .collect();
    found.sort_unstable();
    found
}

/// Whether a thread of the process is scheduled in real time (SCHED_FIFO or SCHED_RR).
pub(super) fn has_realtime_thread(pid: u32) -> Option<bool> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let policies = tasks.filter_map(|task| policy(&task.ok()?.path()));
    Some(policies.into_iter().any(|policy| matches!(policy, 1 | 2)))
}

/// Whether the process has locked memory, so that it is not swapped out.
pub(super) fn has_locked_memory(pid: u32) -> Option<bool> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let locked = status
        .lines()
        .find_map(|line| line.strip_prefix("VmLck:"))?;
    Some(locked.split_whitespace().next()? != "0")
}

/// Field 41 of `stat`; the name before may have anything in it.
fn policy(task: &Path) -> Option<u32> {
    let stat = fs::read_to_string(task.join("stat")).ok()?;
    let (_, after) = stat.rsplit_once(')')?;
    // The first field after the name is number 3.
    after.split_whitespace().nth(41 - 3)?.parse().ok()
}
