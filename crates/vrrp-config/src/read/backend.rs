//! The backends of a load balancer, and how their health is known.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::address::{self, split_host_port};
use super::check::{exec_probe, one_of};
use super::object::{Field, Object};
use super::scalar::{number, text};
use super::timing::{self, Timing};
use super::{headers, http, url};
use crate::config::{BACKEND, Backend, BackendCheck, BackendProbe, Family};
use crate::report::Report;
use crate::schema;
use crate::words::quoted;
use crate::yaml::{Node, Value};

const DEFAULT_CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// `backends`, for clients that connect to `front`.
pub(super) fn list(field: Field<'_>, front: Option<IpAddr>, report: &mut Report) -> Vec<Backend> {
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
        let Some(backend) = read(field.item(item), report) else {
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

fn read(field: Field<'_>, report: &mut Report) -> Option<Backend> {
    if let Value::Text(_) = field.value.value {
        let address = endpoint(field, report)?;
        return Some(Backend { address, weight: 1 });
    }
    let object = Object::open(field.value, &schema::BACKEND, report)?;
    let weight = object
        .get("weight")
        .and_then(|field| number(field, 1..=255, report));
    let address = object.require("address", report)?;
    let address = endpoint(address, report)?;
    Some(Backend {
        address,
        weight: weight.unwrap_or(1),
    })
}

/// Address and port of a host that packets can be forwarded to.
fn endpoint(field: Field<'_>, report: &mut Report) -> Option<SocketAddr> {
    let given = text(field, report)?;
    let problem = match split_host_port(given) {
        Err(problem) => problem,
        Ok((_, None)) => "the port is missing".to_owned(),
        Ok((host, Some(port))) => match host.parse::<IpAddr>() {
            Ok(address) if address.is_loopback() => {
                report
                    .error(
                        field.value,
                        format!("{address} is each host's own: no other host can be sent there"),
                    )
                    .hint("write the address that this host has on the network");
                return None;
            }
            Ok(address) => match address::not_unicast(address) {
                None => {
                    return not_link_local(field.value, address, report)
                        .then_some(SocketAddr::new(address, port));
                }
                Some(kind) => format!("{address} is {kind}, not the address of a host"),
            },
            Err(_) => format!(
                "{} is no IP address, and names are not looked up",
                quoted(host)
            ),
        },
    };
    report
        .error(
            field.value,
            format!("the backend {} cannot be used: {problem}", quoted(given)),
        )
        .hint("write address:port, such as \"10.0.50.11:6443\" or \"[fd00::11]:6443\"");
    None
}

/// Link-local addresses of IPv6 are refused: the kernel forwards nothing from or to them (RFC 4291
/// section 2.5.6).
pub(super) fn not_link_local(place: &Node, address: IpAddr, report: &mut Report) -> bool {
    let link_local = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    if link_local {
        report
            .error(
                place,
                format!("{address} is a link-local address: nothing is forwarded from or to it"),
            )
            .hint("load balancers and their backends need addresses that are routed");
    }
    !link_local
}

/// `check` of a load balancer.
pub(super) fn check(field: Field<'_>, report: &mut Report) -> Option<BackendCheck> {
    let object = Object::open(field.value, &schema::BACKEND_CHECK, report)?;
    let Timing {
        interval,
        timeout,
        fall,
        rise,
    } = Timing::read(&object, DEFAULT_CHECK_INTERVAL, report);
    let hold_down = timing::hold_down(&object, report);
    let field = one_of(&object, report)?;
    let probe = match field.name {
        "tcp" => tcp_probe(field, report)?,
        "exec" => BackendProbe::Exec(exec_probe(field, report)?),
        _ => http_probe(field, report)?,
    };
    Some(BackendCheck {
        probe,
        interval,
        timeout,
        fall,
        rise,
        hold_down,
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

/// `tcp: {}`; the address may be written out as what it is.
fn tcp_probe(field: Field<'_>, report: &mut Report) -> Option<BackendProbe> {
    let object = Object::open(field.value, &schema::BACKEND_TCP, report)?;
    if let Some(address) = object.get("address") {
        let given = text(address, report)?;
        if given != BACKEND {
            report
                .error(
                    address.value,
                    format!("`address` is {}, the same for every backend", quoted(given)),
                )
                .hint(format!("write \"{BACKEND}\", or `tcp: {{}}` for short"));
            return None;
        }
    }
    Some(BackendProbe::Tcp)
}
