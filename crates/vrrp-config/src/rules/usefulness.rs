//! What is allowed but does nothing, or not what was meant: warnings.

use std::net::IpAddr;
use std::time::Duration;

use super::names::at_key;
use super::tracks::skew_time;
use crate::config::{Check, Instance, Lease, Probe, Tracked};
use crate::read::{Draft, Read, show};
use crate::report::Report;
use crate::words::quoted;

/// A lease this short, in seconds, is never worth a warning.
const SHORT_LEASE: u64 = 10;

pub(super) fn check(draft: &Draft<'_>, report: &mut Report) {
    for instance in &draft.instances {
        lease(instance, report);
        owner_delay(instance, report);
    }
    for check in &draft.checks {
        untracked(draft, check, report);
        targets_vip(draft, check, report);
    }
}

/// A lease that leaves a dead host's address in place long after another took over.
fn lease(instance: &Read<'_, Instance>, report: &mut Report) {
    let Lease::Seconds(seconds) = instance.value.lease else {
        return;
    };
    let takeover = master_down_interval(&instance.value);
    let sensible = takeover.as_secs().saturating_mul(3).max(SHORT_LEASE);
    if u64::from(seconds) > sensible {
        report
            .warning(
                at_key(instance.node, "lease"),
                format!(
                    "a lease of {seconds} s is long: the others take over after {}",
                    show(takeover)
                ),
            )
            .label("a killed daemon's address stays beside the new master's until then")
            .hint("write `lease: auto`");
    }
}

/// Rounded up to 10 ms (RFC 9568 section 6.1).
fn master_down_interval(instance: &Instance) -> Duration {
    let exact = (instance.advert_interval * 3 + skew_time(instance)).as_millis();
    Duration::from_millis(u64::try_from(exact.div_ceil(10) * 10).unwrap_or(u64::MAX))
}

/// The owner takes its addresses at once (RFC 9568 section 6.4.1).
fn owner_delay(instance: &Read<'_, Instance>, report: &mut Report) {
    if instance.value.is_owner() && !instance.value.preempt_delay.is_zero() {
        report
            .warning(
                at_key(instance.node, "preempt_delay"),
                "`preempt_delay` has no effect on the owner of the addresses",
            )
            .related(
                at_key(instance.node, "priority"),
                "the owner takes its addresses at once (RFC 9568 section 6.4.1)",
            )
            .hint("remove `preempt_delay`, or give a priority from 1 to 254");
    }
}

fn untracked(draft: &Draft<'_>, check: &Read<'_, Check>, report: &mut Report) {
    let name = &check.value.name;
    let mut tracked = draft
        .instances
        .iter()
        .flat_map(|instance| &instance.value.track)
        .filter_map(|track| match &track.target {
            Tracked::Check(tracked) => Some(tracked),
            Tracked::Interface(_) => None,
        });
    // A reference to nothing is an error of its own, and may well mean this check.
    let exists = |name: &String| draft.checks.iter().any(|check| check.value.name == *name);
    let is_tracked = tracked.any(|tracked| tracked == name || !exists(tracked));
    if !is_tracked && !name.is_empty() {
        report
            .warning(
                at_key(check.node, "name"),
                format!(
                    "the check {} changes nothing: no instance tracks it",
                    quoted(name)
                ),
            )
            .hint(format!("add `track: [{{check: {name}}}]` to an instance"));
    }
}

/// A check through the VIP asks whichever host is master, and fails on every host at once.
fn targets_vip(draft: &Draft<'_>, check: &Read<'_, Check>, report: &mut Report) {
    let (target, keys) = match &check.value.probe {
        Probe::Http(http) => (&http.url.target, ["http", "url"]),
        Probe::Tcp(target) => (target, ["tcp", "address"]),
        Probe::Exec(_) | Probe::File(_) => return,
    };
    let Ok(address) = target.host.parse::<IpAddr>() else {
        return;
    };
    let holder = draft.instances.iter().find(|instance| {
        instance
            .value
            .addresses
            .iter()
            .any(|virtual_address| virtual_address.address == address)
    });
    if let Some(holder) = holder {
        report
            .warning(
                check.node.at(&keys).unwrap_or(check.node),
                format!(
                    "the check asks the virtual address {address}, that is whichever host is master"
                ),
            )
            .related(
                at_key(holder.node, "addresses"),
                "the address of this instance",
            )
            .hint("check the server of this host, through 127.0.0.1 or its own address");
    }
}
