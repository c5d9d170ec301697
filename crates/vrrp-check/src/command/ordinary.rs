//! Makes a child process an ordinary one: what this process was given because others depend on
//! it is not for the commands it runs.

use std::fs;

use nix::unistd::Pid;
use rustix::process::{Resource, Rlimit, prlimit};

/// What the kernel gives a process that nobody has given more, in bytes.
const LOCKED_MEMORY: u64 = 8 << 20;

/// Takes from `child` real-time scheduling, locked memory and what spares it when memory runs
/// out. It was started a moment ago; what it starts in turn is as it is by then.
///
/// A command that has ended already needs none of it, and one that cannot be changed is as
/// privileged as its user made this process.
pub(super) fn make_ordinary(child: Pid) {
    let spared = read_spared("self").is_some_and(|spared| spared < 0);
    if spared && let Err(error) = fs::write(format!("/proc/{child}/oom_score_adj"), "0") {
        tracing::debug!(%child, %error, "a command is spared like the daemon when memory runs out");
    }
    for (resource, most) in [
        (Resource::Rtprio, 0),
        (Resource::Nice, 0),
        (Resource::Memlock, LOCKED_MEMORY),
    ] {
        limit(child, resource, most);
    }
}

/// Lowers a limit of `child` to at most `most`.
fn limit(child: Pid, resource: Resource, most: u64) {
    let own = rustix::process::getrlimit(resource);
    // `None` is no limit.
    let lower = |limit: Option<u64>| Some(limit.map_or(most, |limit| limit.min(most)));
    let lowered = Rlimit {
        current: lower(own.current),
        maximum: lower(own.maximum),
    };
    // Without a process it would be our own limit.
    let child = rustix::process::Pid::from_raw(child.as_raw());
    if lowered != own
        && let Some(child) = child
        && let Err(error) = prlimit(Some(child), resource, lowered)
    {
        tracing::debug!(?child, ?resource, %error, "a command keeps a limit of the daemon's");
    }
}

/// How much a process is spared when memory runs out: below 0 more than others.
fn read_spared(process: &str) -> Option<i32> {
    let text = fs::read_to_string(format!("/proc/{process}/oom_score_adj")).ok()?;
    text.trim().parse().ok()
}
