//! What is allowed but does nothing, or not what was meant: warnings.

use std::net::IpAddr;
use std::time::Duration;

use super::names::{at_key, items_of};
use crate::config::{Check, Instance, Lease, Probe, Tracked, Version};
use crate::read::{Draft, Read, show};
use crate::report::Report;
use crate::words::quoted;
use crate::yaml::Node;

/// A lease this short, in seconds, is never worth a warning.
const SHORT_LEASE: u64 = 10;

pub(super) fn check(draft: &Draft<'_>, report: &mut Report) {
    for instance in &draft.instances {
        tracks(instance, report);
        lease(instance, report);
    }
    for check in &draft.checks {
        untracked(draft, check, report);
        targets_vip(draft, check, report);
    }
}

fn tracks(instance: &Read<'_, Instance>, report: &mut Report) {
    let nodes = items_of(instance.node, "track");
    if instance.value.priority == 1 && !nodes.is_empty() {
        report
            .warning(
                at_key(instance.node, "track"),
                "`track` has no effect: the priority is 1, the lowest",
            )
            .related(at_key(instance.node, "priority"), "1 here")
            .hint("give the instance a higher priority, such as 100");
    }
    for node in nodes {
        let interface = node.get("interface").and_then(Node::text);
        if let Some(name) = interface
            && instance.value.interface.as_deref() == Some(name)
        {
            report
                .warning(
                    node,
                    format!("tracking {name} has no effect: the instance runs on it"),
                )
                .hint("an instance whose own interface is down is in fault anyway");
        }
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

/// Rounded up to 10 ms (RFC 9568 section 6.1, version 2: RFC 3768 section 6.1).
fn master_down_interval(instance: &Instance) -> Duration {
    let skew_base = match instance.version {
        Version::V2 => Duration::from_secs(1),
        Version::V3 => instance.advert_interval,
    };
    let skew = skew_base * (256 - u32::from(instance.priority)) / 256;
    let exact = (instance.advert_interval * 3 + skew).as_millis();
    Duration::from_millis(u64::try_from(exact.div_ceil(10) * 10).unwrap_or(u64::MAX))
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
