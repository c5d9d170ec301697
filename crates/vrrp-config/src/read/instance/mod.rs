//! One entry of `instances`.

mod addresses;
mod options;
mod track;

use std::time::Duration;

use super::object::Object;
use super::scalar::{duration, number, show, switch, word};
use super::{address, name};
use crate::config::{Checksum, Family, Instance, Version};
use crate::report::Report;
use crate::schema;
use crate::vrid::derived_vrid;
use crate::yaml::Node;

const STEP: Duration = Duration::from_millis(10);
const LONGEST_INTERVAL: Duration = Duration::from_millis(40_950);
const LONGEST_V2_INTERVAL: Duration = Duration::from_secs(255);
const LONGEST_PREEMPT_DELAY: Duration = Duration::from_secs(3600);
const DEFAULT_PRIORITY: u8 = 100;

pub(super) fn read(node: &Node, report: &mut Report) -> Option<Instance> {
    let object = Object::open(node, &schema::INSTANCE, report)?;
    let name = name::required(&object, report);
    let (addresses, first) = addresses::read(&object, report);
    let family = first.map(Family::of);
    let version = version(&object, family, report);
    let priority = priority(&object, report);
    let preempt = object
        .get("preempt")
        .and_then(|field| switch(field, report))
        .unwrap_or(true);
    let peers = addresses::peers(&object, &addresses, report);
    let vrid = object
        .get("vrid")
        .and_then(|field| number(field, 1..=255, report))
        .or_else(|| first.map(derived_vrid))
        .unwrap_or(1);
    let instance = Instance {
        name,
        interface: object
            .get("interface")
            .and_then(|field| name::interface(field, report)),
        vrid,
        priority,
        advert_interval: interval(&object, version, report),
        version,
        preempt,
        preempt_delay: preempt_delay(&object, preempt, report),
        checksum: checksum(&object, version, family, report),
        auth: options::auth(&object, version, report),
        source: addresses::source(&object, &addresses, peers.is_some(), priority, report),
        min_ttl: options::min_ttl(&object, peers.is_some(), report),
        peers,
        lease: options::lease(&object, report),
        vmac: object
            .get("vmac")
            .and_then(|field| switch(field, report))
            .unwrap_or_default(),
        announce: options::announce(&object, report),
        track: track::read(&object, report),
        notify: options::notify(&object, report),
        addresses,
    };
    Some(instance)
}

fn version(object: &Object<'_>, family: Option<Family>, report: &mut Report) -> Version {
    let Some(field) = object.get("version") else {
        return Version::V3;
    };
    match number::<u8>(field, 2..=3, report) {
        Some(2) => {
            if family == Some(Family::Ipv6) {
                report
                    .error(
                        field.value,
                        "version 2 has no IPv6, but the addresses are IPv6",
                    )
                    .hint("remove `version`: IPv6 takes version 3");
            }
            Version::V2
        }
        _ => Version::V3,
    }
}

fn priority(object: &Object<'_>, report: &mut Report) -> u8 {
    let Some(field) = object.get("priority") else {
        return DEFAULT_PRIORITY;
    };
    let Some(priority) = number(field, 1..=255, report) else {
        return DEFAULT_PRIORITY;
    };
    if priority == 255 {
        if let Some((key, _)) = object.node.entry("track") {
            report
                .error(
                    key,
                    "`track` cannot lower the priority 255 of an address owner",
                )
                .related(
                    field.value,
                    "the owner's priority never changes (RFC 9568 section 6.1)",
                )
                .hint("use a priority from 1 to 254, or remove `track`");
        }
        if let Some((key, value)) = object.node.entry("preempt")
            && value.value == crate::yaml::Value::Bool(false)
        {
            report
                .warning(
                    key,
                    "`preempt: false` has no effect on the owner of the addresses",
                )
                .related(
                    field.value,
                    "the owner always preempts (RFC 9568 section 6.1)",
                );
        }
    }
    priority
}

fn interval(object: &Object<'_>, version: Version, report: &mut Report) -> Duration {
    let default = Duration::from_secs(1);
    let Some(field) = object.get("advert_interval") else {
        return default;
    };
    let range = match version {
        Version::V2 => default..=LONGEST_V2_INTERVAL,
        Version::V3 => STEP..=LONGEST_INTERVAL,
    };
    let Some(interval) = duration(field, range, report) else {
        return default;
    };
    let (step, unit) = match version {
        Version::V2 => (Duration::from_secs(1), "whole seconds in version 2"),
        Version::V3 => (STEP, "a multiple of 10ms"),
    };
    let beyond = interval.as_nanos() % step.as_nanos();
    if beyond != 0 {
        let steps = u32::try_from(interval.as_nanos() / step.as_nanos()).unwrap_or(u32::MAX);
        report
            .error(
                field.value,
                format!(
                    "`advert_interval` is {}, but must be {unit}",
                    show(interval)
                ),
            )
            .hint(format!(
                "write {} or {}",
                show(step * steps),
                show(step * (steps + 1))
            ));
    }
    interval
}

fn preempt_delay(object: &Object<'_>, preempt: bool, report: &mut Report) -> Duration {
    let Some(field) = object.get("preempt_delay") else {
        return Duration::ZERO;
    };
    let delay = duration(field, Duration::ZERO..=LONGEST_PREEMPT_DELAY, report).unwrap_or_default();
    if !preempt && !delay.is_zero() {
        report.warning(
            field.value,
            "`preempt_delay` has no effect with `preempt: false`",
        );
    }
    delay
}

fn checksum(
    object: &Object<'_>,
    version: Version,
    family: Option<Family>,
    report: &mut Report,
) -> Checksum {
    let Some(field) = object.get("checksum") else {
        return Checksum::Auto;
    };
    let words = [
        ("auto", Checksum::Auto),
        ("rfc9568", Checksum::Rfc9568),
        ("rfc5798", Checksum::Rfc5798),
    ];
    let checksum = word(field, &words, report).unwrap_or_default();
    if checksum != Checksum::Auto && (version == Version::V2 || family == Some(Family::Ipv6)) {
        report
            .error(
                field.value,
                "only version 3 over IPv4 has more than one form of checksum",
            )
            .hint("remove `checksum`");
    }
    checksum
}
