//! What the running daemon says of itself.

use super::Findings;
use super::scene::Scene;
use crate::status::InstanceState;

pub(super) fn examine(scene: &Scene, findings: &mut Findings<'_>) {
    let status = match &scene.status {
        Ok(status) => status,
        Err(why) => {
            findings.warning(
                format!("vrrpd does not answer: {why}"),
                "start it, unless this host is to be examined before",
            );
            return;
        }
    };
    findings.ok(format!(
        "vrrpd {} is running, pid {}",
        status.version, status.pid
    ));
    if status.drained {
        findings.warning(
            "this host is drained and stays backup",
            "`vrrpd undrain` when the work on it is done",
        );
    }
    for instance in &status.instances {
        let name = &instance.name;
        if instance.state == InstanceState::Fault {
            findings.problem(
                format!("{name} is in fault: {}", instance.reason),
                "mend what the reason names; the daemon goes on by itself",
            );
        } else if instance.effective_priority < instance.priority {
            findings.warning(
                format!(
                    "{name} has the priority {} instead of {}: {}",
                    instance.effective_priority,
                    instance.priority,
                    instance.effective_priority_reason
                ),
                "see `vrrpd status` for what fails",
            );
        }
    }
    for warning in &status.warnings {
        findings.warning(warning.clone(), "see `vrrpd status`");
    }
}
