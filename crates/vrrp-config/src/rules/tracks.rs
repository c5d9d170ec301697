//! Whether what an instance tracks can make a difference: warnings.

use std::time::Duration;

use super::names::{at_key, items_of};
use crate::config::{Check, Instance, Tracked, Version};
use crate::read::{Draft, Read, show};
use crate::report::Report;
use crate::words::quoted;
use crate::yaml::{Node, Value};

pub(super) fn check(draft: &Draft<'_>, report: &mut Report) {
    for instance in &draft.instances {
        tracks(instance, report);
        penalties(instance, report);
    }
    for check in &draft.checks {
        let slowest = draft
            .instances
            .iter()
            .filter(|instance| tracks_check(instance, &check.value.name))
            .max_by_key(|instance| skew_time(&instance.value));
        if let Some(instance) = slowest {
            recovers_too_soon(check, instance, report);
        }
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

/// A penalty is there to leave something of the priority.
fn penalties(instance: &Read<'_, Instance>, report: &mut Report) {
    let priority = instance.value.priority;
    // The lowest priority has a warning of its own.
    for node in items_of(instance.node, "track")
        .iter()
        .filter(|_| priority > 1)
    {
        let Some(place) = node.get("penalty") else {
            continue;
        };
        if let Value::Int(penalty) = place.value
            && (i128::from(priority)..=254).contains(&penalty)
        {
            report
                .warning(
                    place,
                    format!("the penalty {penalty} leaves nothing of the priority {priority}"),
                )
                .label("lowers the priority to 1, as no penalty does")
                .hint("remove `penalty`, or make it smaller, so that of two hosts with failures the better one wins");
        }
    }
}

/// A check that is up again before a backup can have taken over: its failure changes nothing.
fn recovers_too_soon(check: &Read<'_, Check>, instance: &Read<'_, Instance>, report: &mut Report) {
    let Check {
        interval,
        rise,
        hold_down,
        ..
    } = check.value;
    let skew_time = skew_time(&instance.value);
    let down = hold_down.map_or(interval * u32::from(rise), |hold| hold.initial);
    if down >= skew_time {
        return;
    }
    let enough = skew_time.as_nanos().div_ceil(interval.as_nanos().max(1));
    let longer = if check.value.hold_down.is_some() {
        format!("make `initial` {} or more", show(skew_time))
    } else if enough <= u8::MAX.into() {
        format!("write `rise: {enough}` or more")
    } else {
        "make `interval` longer".to_owned()
    };
    let place = ["hold_down", "rise", "interval", "name"]
        .iter()
        .find_map(|key| check.node.get(key));
    let cause = ["advert_interval", "priority", "name"]
        .iter()
        .find_map(|key| instance.node.get(key));
    report
        .warning(
            place.unwrap_or(check.node),
            format!(
                "the check {} is up again {} after it recovers, which can be before a backup has taken over",
                quoted(&check.value.name),
                show(down)
            ),
        )
        .related(
            cause.unwrap_or(instance.node),
            format!("a backup takes over {} after the master's failure (Skew_Time)", show(skew_time)),
        )
        .hint(format!(
            "{longer}; or give the hosts high priorities such as 254, 253 and 252, for a short Skew_Time"
        ));
}

fn tracks_check(instance: &Read<'_, Instance>, name: &str) -> bool {
    instance
        .value
        .track
        .iter()
        .any(|track| matches!(&track.target, Tracked::Check(tracked) if tracked == name))
}

/// `Skew_Time` in whole centiseconds (RFC 9568 section 6.1, version 2: RFC 3768 section 6.1).
pub(super) fn skew_time(instance: &Instance) -> Duration {
    let base = match instance.version {
        Version::V2 => Duration::from_secs(1),
        Version::V3 => instance.advert_interval,
    };
    base * (256 - u32::from(instance.priority)) / 256
}
