//! One entry of `load_balancers`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::check::one_of;
use super::object::{Field, Object};
use super::scalar::{duration, number, word};
use super::timing::Timing;
use super::{address, headers, http, name, url};
use crate::config::{
    Backend, BackendCheck, BackendProbe, Family, LoadBalancer, Network, Scheduler,
};
use crate::report::Report;
use crate::schema;
use crate::yaml::{Node, Value};

const DEFAULT_CHECK_INTERVAL: Duration = Duration::from_secs(5);
const DEFAULT_IDLE_TIMEOUT: Duration = Duration::from_secs(3600);
const TIMES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(7 * 86400));

pub(super) fn read(node: &Node, report: &mut Report) -> Option<LoadBalancer> {
    let object = Object::open(node, &schema::LOAD_BALANCER, report)?;
    let name = name::required(&object, report);
    let address = object
        .require("address", report)
        .and_then(|field| address::host_address(field, report));
    let port = object
        .require("port", report)
        .and_then(|field| number(field, 1..=65535, report));
    let backends = object
        .require("backends", report)
        .map(|field| backends(field, address, report))
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
        check: object.get("check").and_then(|field| check(field, report)),
    })
}

fn backends(field: Field<'_>, front: Option<IpAddr>, report: &mut Report) -> Vec<Backend> {
    let Some(items) = field.list(report) else {
        return Vec::new();
    };
    if items.is_empty() {
        report.error(
            field.value,
            "`backends` is empty: there is nobody to send clients to",
        );
    }
    let mut known: Vec<(SocketAddr, &Node)> = Vec::new();
    let mut backends = Vec::new();
    for item in items {
        let Some(backend) = backend(field.item(item), report) else {
            continue;
        };
        let ip = backend.address.ip();
        if let Some(front) = front
            && Family::of(front) != Family::of(ip)
        {
            report.error(
                item,
                format!(
                    "the backend {ip} is {}, the address {front} is not",
                    Family::of(ip)
                ),
            );
        }
        if front == Some(ip) {
            report
                .error(
                    item,
                    format!("the backend {ip} is the load balancer's own address"),
                )
                .hint("write the hosts' own addresses");
        }
        if let Some((_, first)) = known
            .iter()
            .find(|(address, _)| *address == backend.address)
        {
            report
                .error(
                    item,
                    format!("the backend {} is given twice", backend.address),
                )
                .related(first, "first given here");
        }
        known.push((backend.address, item));
        backends.push(backend);
    }
    backends
}

fn backend(field: Field<'_>, report: &mut Report) -> Option<Backend> {
    if let Value::Text(_) = field.value.value {
        let address = address::socket_address(field, report)?;
        return Some(Backend { address, weight: 1 });
    }
    let object = Object::open(field.value, &schema::BACKEND, report)?;
    let weight = object
        .get("weight")
        .and_then(|field| number(field, 1..=255, report));
    let address = object.require("address", report)?;
    let address = address::socket_address(address, report)?;
    Some(Backend {
        address,
        weight: weight.unwrap_or(1),
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
    let mut networks = Vec::new();
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
        networks.push(network);
    }
    networks
}

fn check(field: Field<'_>, report: &mut Report) -> Option<BackendCheck> {
    let object = Object::open(field.value, &schema::BACKEND_CHECK, report)?;
    let Timing {
        interval,
        timeout,
        fall,
        rise,
    } = Timing::read(&object, DEFAULT_CHECK_INTERVAL, report);
    let field = one_of(&object, &["http", "tcp"], report)?;
    let probe = if field.name == "tcp" {
        Object::open(field.value, &schema::BACKEND_TCP, report)?;
        BackendProbe::Tcp
    } else {
        http_probe(field, report)?
    };
    Some(BackendCheck {
        probe,
        interval,
        timeout,
        fall,
        rise,
    })
}

fn http_probe(field: Field<'_>, report: &mut Report) -> Option<BackendProbe> {
    let object = Object::open(field.value, &schema::HTTP, report)?;
    let url = object
        .require("url", report)
        .and_then(|field| url::backend_url(field, report));
    let tls = http::tls(&object, url.as_ref().map(|(scheme, _)| *scheme), report);
    let status = http::status(&object, report);
    let body = http::body(&object, report);
    let headers = headers::read(&object, report);
    let (scheme, path) = url?;
    Some(BackendProbe::Http {
        scheme,
        path,
        tls,
        status,
        body,
        headers,
    })
}
