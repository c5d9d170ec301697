//! What the daemon is allowed to do.

use caps::{CapSet, Capability};

use super::Findings;
use super::scene::Scene;

const NEEDED: [Capability; 2] = [Capability::CAP_NET_ADMIN, Capability::CAP_NET_RAW];

pub(super) fn examine(scene: &Scene, findings: &mut Findings<'_>) {
    let pid = scene
        .status
        .as_ref()
        .ok()
        .and_then(|status| i32::try_from(status.pid).ok());
    let who = if pid.is_some() {
        "the running vrrpd"
    } else {
        "this command"
    };
    let Ok(effective) = caps::read(pid, CapSet::Effective) else {
        findings.warning(
            format!("the capabilities of {who} cannot be read"),
            "run this as root",
        );
        return;
    };
    let missing: Vec<String> = NEEDED
        .iter()
        .filter(|capability| !effective.contains(capability))
        .map(ToString::to_string)
        .collect();
    if missing.is_empty() {
        findings.ok(format!("{who} has CAP_NET_ADMIN and CAP_NET_RAW"));
    } else {
        findings.problem(
            format!("{who} lacks {}", missing.join(" and ")),
            "start the daemon by its systemd unit, or as root; run this command as root",
        );
    }
}
