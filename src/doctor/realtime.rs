//! Whether the protocol thread may run ahead of everything else.

use vrrp_config::Realtime;

use super::scene::Scene;
use super::{Findings, processes};
use crate::daemon::realtime::PROTOCOL_PRIORITY;
use crate::privileges;

const REMEDY: &str = "LimitRTPRIO=50 and LimitMEMLOCK=infinity in the systemd unit, as the shipped \
                      one has them; in a container CAP_SYS_NICE and CAP_IPC_LOCK";

pub(super) fn examine(scene: &Scene, findings: &mut Findings<'_>) {
    let off = |config: &vrrp_config::Config| config.realtime == Realtime::Off;
    if scene.config.as_ref().is_some_and(off) {
        findings.ok("real-time scheduling is switched off by `realtime: off`");
        return;
    }
    match &scene.status {
        Ok(status) => running(status.pid, findings),
        Err(_) => allowed(findings),
    }
}

/// What the running daemon got.
fn running(pid: u32, findings: &mut Findings<'_>) {
    let (Some(scheduled), Some(locked)) = (
        processes::has_realtime_thread(pid),
        processes::has_locked_memory(pid),
    ) else {
        findings.warning(
            "how the running vrrpd is scheduled cannot be read",
            "run this as root",
        );
        return;
    };
    tell(
        findings,
        "the protocol thread is scheduled in real time, and memory is locked",
        [
            (
                scheduled,
                "the protocol thread is not scheduled in real time: on a busy host adverts may be late",
            ),
            (
                locked,
                "the memory of the running vrrpd is not locked: on a host that swaps adverts may be late",
            ),
        ],
    );
}

/// What this command might have; the daemon's own limits are its unit's.
fn allowed(findings: &mut Findings<'_>) {
    tell(
        findings,
        "real-time scheduling and locked memory can be had",
        [
            (
                privileges::may_schedule(PROTOCOL_PRIORITY),
                "real-time scheduling is not allowed here (RLIMIT_RTPRIO, and no CAP_SYS_NICE)",
            ),
            (
                privileges::may_lock_memory(),
                "memory may not be locked here (RLIMIT_MEMLOCK, and no CAP_IPC_LOCK)",
            ),
        ],
    );
}

/// A warning for each that is not had, or that all is well.
fn tell(findings: &mut Findings<'_>, well: &str, wanted: [(bool, &str); 2]) {
    if wanted.iter().all(|(had, _)| *had) {
        findings.ok(well);
    }
    for (_, warning) in wanted.iter().filter(|(had, _)| !had) {
        findings.warning(*warning, REMEDY);
    }
}
