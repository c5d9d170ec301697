//! Whether the protocol thread may run ahead of everything else.

use nix::sys::resource::{Resource, getrlimit};
use vrrp_config::Realtime;

use super::scene::Scene;
use super::{Findings, processes};

const REMEDY: &str = "LimitRTPRIO=50 and LimitMEMLOCK=infinity in the systemd unit, as the shipped \
                      one has them; in a container CAP_SYS_NICE and CAP_IPC_LOCK";

pub(super) fn examine(scene: &Scene, findings: &mut Findings<'_>) {
    let off = |config: &vrrp_config::Config| config.realtime == Realtime::Off;
    if scene.config.as_ref().is_some_and(off) {
        findings.ok("real-time scheduling is switched off by `realtime: off`");
        return;
    }
    if let Ok(status) = &scene.status {
        match processes::has_realtime_thread(status.pid) {
            Some(true) => findings.ok("the protocol thread is scheduled in real time"),
            Some(false) => findings.warning(
                "the protocol thread is not scheduled in real time: on a busy host adverts may be late",
                REMEDY,
            ),
            None => findings.warning(
                "how the running vrrpd is scheduled cannot be read",
                "run this as root",
            ),
        }
        return;
    }
    // As root the limit is no obstacle, and the daemon's own is its unit's.
    let limit = getrlimit(Resource::RLIMIT_RTPRIO).map_or(0, |(soft, _)| soft);
    if limit > 0 || nix::unistd::geteuid().is_root() {
        findings.ok("real-time scheduling can be had");
    } else {
        findings.warning(
            "real-time scheduling is not allowed here (RLIMIT_RTPRIO is 0)",
            REMEDY,
        );
    }
}
