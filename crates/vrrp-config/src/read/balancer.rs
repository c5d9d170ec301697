//! One entry of `load_balancers`; its backends and their check are in `backend`.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::object::Object;
use super::scalar::{duration, number, word};
use super::{address, backend, name};
use crate::config::{Family, LoadBalancer, Network, Scheduler};
use crate::report::Report;
use crate::schema;
use crate::yaml::Node;

const DEFAULT_IDLE_TIMEOUT: Duration = Duration::from_secs(3600);
const TIMES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(7 * 86400));

pub(super) fn read(node: &Node, report: &mut Report) -> Option<LoadBalancer> {
    let object = Object::open(node, &schema::LOAD_BALANCER, report)?;
    let name = name::required(&object, report);
    let address = object.require("address", report).and_then(|field| {
        let address = address::host_address(field, report)?;
        backend::not_link_local(field.value, address, report).then_some(address)
    });
    let port = object
        .require("port", report)
        .and_then(|field| number(field, 1..=65535, report));
    let backends = object
        .require("backends", report)
        .map(|field| backend::list(field, address, report))
        .unwrap_or_default();
    let mut time = |name| {
        object
            .get(name)
            .and_then(|field| duration(field, TIMES.0..=TIMES.1, report))
    };
    let (persistence, idle_timeout) = (time("persistence"), time("idle_timeout"));
    let scheduler = object.get("scheduler").and_then(|field| {
        let schedulers = [
            ("source_hash", Scheduler::SourceHash),
            ("round_robin", Scheduler::RoundRobin),
            ("random", Scheduler::Random),
        ];
        word(field, &schedulers, report)
    });
    Some(LoadBalancer {
        name,
        address: address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        port: port.unwrap_or_default(),
        backends,
        scheduler: scheduler.unwrap_or_default(),
        persistence,
        idle_timeout: idle_timeout.unwrap_or(DEFAULT_IDLE_TIMEOUT),
        allow: allow(&object, address, report),
        check: object
            .get("check")
            .and_then(|field| backend::check(field, report)),
    })
}

fn allow(object: &Object<'_>, front: Option<IpAddr>, report: &mut Report) -> Vec<Network> {
    let Some(field) = object.get("allow") else {
        return Vec::new();
    };
    let Some(items) = field.list(report) else {
        return Vec::new();
    };
    if items.is_empty() {
        report
            .error(field.value, "`allow` is empty: nobody could connect")
            .hint("remove `allow` to let everyone connect");
    }
    let mut known: Vec<(Network, &Node)> = Vec::new();
    for item in items {
        let Some(network) = address::network(field.item(item), report) else {
            continue;
        };
        if let Some(front) = front
            && Family::of(front) != Family::of(network.address)
        {
            report.error(
                item,
                format!(
                    "{network} can match no client: the address is {}",
                    Family::of(front)
                ),
            );
        }
        if let Some((wider, first)) = known.iter().find(|(other, _)| other.contains(network)) {
            report
                .warning(item, format!("{network} is in {wider} already"))
                .related(first, "given here");
        }
        known.push((network, item));
    }
    known.into_iter().map(|(network, _)| network).collect()
}
