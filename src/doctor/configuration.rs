//! Whether there is a configuration to judge the host by.

use super::Findings;
use super::scene::Scene;

pub(super) fn examine(scene: &Scene, findings: &mut Findings<'_>) {
    let path = &scene.path;
    let check = format!("see `vrrpd check --config {path}`");
    match (&scene.config, scene.said.errors(), scene.said.warnings()) {
        (Some(_), _, 0) => findings.ok(format!("{path} is good")),
        (Some(_), _, warnings) => {
            findings.warning(format!("{path} has warnings: {warnings}"), check);
        }
        (None, 0, _) => findings.ok(format!(
            "{path} leaves the virtual address to somebody else's load balancer"
        )),
        (None, errors, _) => findings.problem(
            format!("{path} cannot be used, errors: {errors}; no instance is examined"),
            check,
        ),
    }
}
