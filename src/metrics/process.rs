//! The usual `process_*` metrics, from /proc. What cannot be read is left out.

use std::fmt;
use std::time::SystemTime;

use procfs::process::{LimitValue, Process};

use super::collector::unix_seconds;
use super::families::{Families, Labels};

pub(super) fn encode(families: &mut Families<'_>, started_at: SystemTime) -> fmt::Result {
    let none = Labels::new;
    families.gauges(
        "process_start_time_seconds",
        "Unix time at which the process started.",
        [(none(), unix_seconds(started_at))],
    )?;
    let Ok(process) = Process::myself() else {
        return Ok(());
    };
    if let Ok(stat) = process.stat() {
        #[expect(clippy::cast_precision_loss, reason = "ticks stay far below 2^53")]
        let seconds = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
        families.counters(
            "process_cpu_seconds",
            "Processor time used, in user and system mode.",
            [(none(), seconds)],
        )?;
        families.gauges(
            "process_virtual_memory_bytes",
            "Virtual memory.",
            [(none(), stat.vsize)],
        )?;
        families.gauges(
            "process_resident_memory_bytes",
            "Resident memory.",
            [(none(), stat.rss.saturating_mul(procfs::page_size()))],
        )?;
        families.gauges("process_threads", "Threads.", [(none(), stat.num_threads)])?;
    }
    if let Ok(open) = process.fd_count() {
        families.gauges(
            "process_open_fds",
            "Open file descriptors.",
            [(none(), open)],
        )?;
    }
    if let Ok(limits) = process.limits()
        && let LimitValue::Value(most) = limits.max_open_files.soft_limit
    {
        families.gauges(
            "process_max_fds",
            "File descriptors the process may open.",
            [(none(), most)],
        )?;
    }
    Ok(())
}
