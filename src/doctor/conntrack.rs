//! The kernel's table of connections: where it is full, new connections to the address are dropped.

use std::fs;

use super::Findings;
use super::scene::Scene;

const COUNT: &str = "/proc/sys/net/netfilter/nf_conntrack_count";
const MAX: &str = "/proc/sys/net/netfilter/nf_conntrack_max";

pub(super) fn examine(_: &Scene, findings: &mut Findings<'_>) {
    let read = |path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    match (read(COUNT), read(MAX)) {
        (Some(count), Some(max)) => judge(count, max, findings),
        _ => findings.ok("connections are not tracked in this network namespace"),
    }
}

fn judge(count: u64, max: u64, findings: &mut Findings<'_>) {
    let told = format!("{count} of at most {max} connections are tracked");
    let remedy = "raise net.netfilter.nf_conntrack_max, or find what opens so many connections: \
                  `conntrack -S` counts what was dropped";
    if count >= max {
        findings.problem(format!("{told}: new ones are dropped"), remedy);
    } else if count.saturating_mul(10) >= max.saturating_mul(8) {
        findings.warning(
            format!("{told}: when there is no room new ones are dropped"),
            remedy,
        );
    } else {
        findings.ok(told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn a_table_that_fills_up_is_a_warning_and_a_full_one_a_problem() {
        for (count, level) in [
            (0, Level::Ok),
            (799, Level::Ok),
            (800, Level::Warning),
            (1000, Level::Problem),
        ] {
            let mut list = Vec::new();
            let mut findings = Findings {
                family: "conntrack",
                instance: None,
                list: &mut list,
            };
            judge(count, 1000, &mut findings);
            assert_eq!(list.first().map(|one| one.level), Some(level), "{count}");
        }
    }
}
