//! Other programs that would have the same address.

use super::scene::Scene;
use super::{Findings, processes};

const OTHERS: [&str; 3] = ["keepalived", "kube-vip", "ucarp"];

pub(super) fn examine(_: &Scene, findings: &mut Findings<'_>) {
    let mut found = processes::named(&OTHERS);
    found.dedup_by(|one, other| one.1 == other.1);
    if found.is_empty() {
        findings.ok("no other program for virtual addresses is running");
    }
    for (pid, name) in found {
        findings.warning(
            format!("{name} is running on this host, pid {pid}"),
            format!(
                "if it has the same address, stop it before vrrpd starts here: `systemctl disable \
                 --now {name}`, or take its manifest away; `vrrpd import` takes its configuration over"
            ),
        );
    }
}
