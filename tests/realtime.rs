//! `realtime: auto`: which threads are scheduled before all others and what is kept in memory,
//! or the one line that says why not.

use std::fs;
use std::path::Path;
use std::time::Duration;

use vrrp_lab::{CONFIG_FILE, Daemon, Lab, User, VIP};

type Result = vrrp_lab::Result<()>;

/// Far longer than anything here takes, for machines that are busy with something else.
const BOUND: Duration = Duration::from_secs(30);

const SCHED_OTHER: u32 = 0;
const SCHED_RR: u32 = 2;

fn config(realtime: &str) -> String {
    format!(
        "instances: [{{name: one, addresses: [{VIP}], interface: ens20f0, vrid: 51, \
         advert_interval: 100ms}}]\nrealtime: {realtime}\n"
    )
}

/// Name, real-time priority and scheduling policy of each thread.
fn threads(daemon: &Daemon) -> Vec<(String, u32, u32)> {
    let tasks = format!("/proc/{}/task", daemon.process().pid());
    let tasks = fs::read_dir(tasks).expect("it runs");
    let read = |path: &Path| {
        let stat = fs::read_to_string(path.join("stat")).ok()?;
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // The 40th and 41st of proc_pid_stat(5), which counts from 1; two are cut off.
        let number = |field: usize| fields.get(field - 3)?.parse().ok();
        Some((name.to_owned(), number(40)?, number(41)?))
    };
    tasks
        .flatten()
        .filter_map(|task| read(&task.path()))
        .collect()
}

/// Kilobytes of a line in `/proc/PID/status`.
fn kilobytes(daemon: &Daemon, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.process().pid()));
    let status = status.expect("it runs");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let value = line.and_then(|rest| rest.split_whitespace().next());
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or_else(|| panic!("{name} in {status}"))
}

fn lines_about_realtime(daemon: &Daemon) -> Vec<String> {
    let text = daemon.process().text();
    text.lines()
        .filter(|line| line.contains("real-time") || line.contains("memory is"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_threads_that_keep_time_go_before_all_others_and_memory_is_locked() -> Result {
    let lab = Lab::new(1)?;
    let daemon = lab.host("cp1")?.start_vrrpd(&config("auto"))?;
    daemon.wait_state("master", BOUND)?;
    let threads = threads(&daemon);
    for (name, priority, policy) in &threads {
        match name.as_str() {
            "vrrpd-protocol" => assert_eq!((*priority, *policy), (10, SCHED_RR)),
            // The kernel keeps 15 characters of a name, and this one has them all.
            "vrrpd-kernel" => assert_eq!((*priority, *policy), (9, SCHED_RR)),
            _ => assert_eq!((*priority, *policy), (0, SCHED_OTHER), "{name}"),
        }
    }
    for name in ["vrrpd-protocol", "vrrpd-kernel"] {
        assert!(threads.iter().any(|thread| thread.0 == name), "{threads:?}");
    }
    assert!(kilobytes(&daemon, "VmLck") > 0);
    let lines = lines_about_realtime(&daemon);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("real-time scheduling is on"), "{lines:?}");
    Ok(())
}

#[test]
fn stacks_that_nobody_uses_are_not_pulled_into_memory() -> Result {
    let lab = Lab::new(2)?;
    let with = lab.host("cp1")?.start_vrrpd(&config("auto"))?;
    let without = lab.host("cp2")?.start_vrrpd(&config("off"))?;
    for daemon in [&with, &without] {
        daemon.wait_instance("master or backup", BOUND, |one| {
            one["state"] == "master" || one["state"] == "backup"
        })?;
    }
    let anonymous = |daemon| kilobytes(daemon, "RssAnon");
    let (with, without) = (anonymous(&with), anonymous(&without));
    assert!(with < without + 1024, "{with} kB, {without} kB without");
    Ok(())
}

#[test]
fn where_the_host_does_not_allow_it_one_line_says_what_to_do() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config("auto"))?;
    let daemon = host.vrrpd().user(User::NOBODY).start()?;
    daemon.wait_state("master", BOUND)?;
    assert!(
        threads(&daemon)
            .iter()
            .all(|thread| thread.2 == SCHED_OTHER)
    );
    assert_eq!(kilobytes(&daemon, "VmLck"), 0);
    let lines = lines_about_realtime(&daemon);
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in ["LimitRTPRIO=", "LimitMEMLOCK=infinity", "`realtime: off`"] {
        assert!(lines[0].contains(part), "{part} in {lines:?}");
    }
    Ok(())
}

#[test]
fn off_is_off_and_needs_no_line() -> Result {
    let lab = Lab::new(1)?;
    let daemon = lab.host("cp1")?.start_vrrpd(&config("off"))?;
    daemon.wait_state("master", BOUND)?;
    assert!(
        threads(&daemon)
            .iter()
            .all(|thread| thread.2 == SCHED_OTHER)
    );
    assert_eq!(kilobytes(&daemon, "VmLck"), 0);
    assert!(lines_about_realtime(&daemon).is_empty());
    Ok(())
}
