//! `virtual_server`: load balancers.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::checker::{self, Defaults};
use super::globals::Globals;
use super::names::Names;
use super::{reasons, words};
use crate::keepalived::Effect;
use crate::keepalived::ledger::Ledger;
use crate::keepalived::number::{self, show};
use crate::keepalived::output::{Backend, BackendCheck, LoadBalancer};
use crate::keepalived::tree::Directive;
use crate::read::not_unicast;

/// The longest time for which vrrpd remembers a client.
const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// Where load balancers can listen, and where they do.
#[derive(Debug, Default)]
pub(super) struct Fronts {
    /// The addresses of the instances.
    addresses: HashSet<IpAddr>,
    taken: HashSet<SocketAddr>,
    names: Names,
}

impl Fronts {
    pub(super) fn new(addresses: HashSet<IpAddr>) -> Self {
        Self {
            addresses,
            ..Self::default()
        }
    }
}

/// The load balancer, or `None` where vrrpd cannot run it.
pub(super) fn convert(
    directive: &Directive,
    fronts: &mut Fronts,
    globals: &Globals,
    ledger: &mut Ledger,
) -> Option<LoadBalancer> {
    let front = match front(directive, fronts) {
        Ok(front) => front,
        Err(why) => {
            ledger.note_all(directive, why, Effect::Changed);
            return None;
        }
    };
    let mut server = Server::default();
    for inner in directive.block() {
        server.directive(inner, ledger);
    }
    if directive.find("protocol").is_none() {
        ledger.remark(
            &directive.origin,
            "there is no `protocol`; vrrpd balances TCP",
        );
    }
    let mut backends: Vec<(SocketAddr, u8)> = Vec::new();
    let mut checks = Vec::new();
    for real in &server.backends {
        match backend(real, front, fronts, server.direct, ledger) {
            Some((address, _)) if backends.iter().any(|(known, _)| *known == address) => {
                ledger.note_all(real, "this backend is given twice", Effect::Changed);
            }
            Some(backend) => {
                backends.push(backend);
                checks.push((
                    *real,
                    checker::convert(real, &server.checks, globals, ledger),
                ));
            }
            None => {}
        }
    }
    if backends.is_empty() {
        ledger.lost(directive, "there is no backend that can be carried over");
        return None;
    }
    fronts.taken.insert(front);
    let check = common_check(checks, ledger);
    let backends = backends.into_iter().map(|(address, weight)| Backend {
        address: address.to_string(),
        weight,
    });
    Some(LoadBalancer {
        name: fronts
            .names
            .give(&format!("{}-{}", front.ip(), front.port()), "load-balancer"),
        address: front.ip().to_string(),
        port: front.port(),
        backends: backends.collect(),
        scheduler: server.scheduler.unwrap_or("round_robin"),
        persistence: server.persistence.map(show),
        idle_timeout: globals.idle_timeout.map(show),
        allow: Vec::new(),
        check,
    })
}

/// The directives of one virtual server, as far as read.
#[derive(Debug, Default)]
struct Server<'a> {
    scheduler: Option<&'static str>,
    persistence: Option<Duration>,
    /// Whether real servers get packets with the virtual address and port in them.
    direct: bool,
    checks: Defaults<'a>,
    backends: Vec<&'a Directive>,
}

impl<'a> Server<'a> {
    fn directive(&mut self, inner: &'a Directive, ledger: &mut Ledger) {
        match inner.keyword() {
            "protocol" => {}
            "real_server" => self.backends.push(inner),
            "lb_algo" | "lvs_sched" => self.scheduler = scheduler(inner, ledger),
            "lb_kind" | "lvs_method" if inner.arg(1) == Some("NAT") => {
                ledger.needless(inner, "vrrpd always translates addresses");
            }
            "lb_kind" | "lvs_method" => {
                self.direct = true;
                let why = "vrrpd translates addresses (NAT): answers must come back through this host, and backends need no virtual address";
                ledger.lost(inner, why);
            }
            "persistence_timeout" => {
                // Without a value Keepalived takes six minutes.
                let time = if inner.arg(1).is_none() {
                    Some(Duration::from_secs(360))
                } else {
                    words::seconds(inner, ledger)
                };
                self.persistence = time
                    .filter(|time| !time.is_zero())
                    .map(|time| time.min(WEEK));
            }
            _ if self.checks.read(inner, ledger) => {}
            keyword => {
                let (effect, why) = reasons::virtual_server(keyword);
                ledger.note_all(inner, why, effect);
            }
        }
    }
}

/// Address and port, or why there is no load balancer.
fn front(directive: &Directive, fronts: &Fronts) -> Result<SocketAddr, &'static str> {
    match directive.arg(1) {
        Some("group") => {
            return Err(
                "a load balancer of vrrpd has one address and one port; write one for each of the group",
            );
        }
        Some("fwmark") => return Err("vrrpd balances by address and port, not by firewall marks"),
        _ => {}
    }
    let address: IpAddr = directive
        .arg(1)
        .and_then(|text| text.parse().ok())
        .ok_or("it does not begin with an address")?;
    let port = directive
        .arg(2)
        .and_then(|text| number::whole(text, 1..=65_535))
        .and_then(|port| u16::try_from(port).ok())
        .ok_or("a load balancer of vrrpd has one port, from 1 to 65535")?;
    if directive
        .find("protocol")
        .and_then(|inner| inner.arg(1))
        .is_some_and(|name| name != "TCP")
    {
        return Err("vrrpd balances TCP only");
    }
    if !fronts.addresses.contains(&address) {
        return Err("vrrpd balances on addresses of its instances only, and this is none");
    }
    if not_forwarded(address) {
        return Err("nothing is forwarded from or to a link-local address");
    }
    let front = SocketAddr::new(address, port);
    if fronts.taken.contains(&front) {
        return Err("there is a virtual server with this address and port already");
    }
    Ok(front)
}

fn scheduler(directive: &Directive, ledger: &mut Ledger) -> Option<&'static str> {
    let (name, exact) = match words::value(directive, ledger)? {
        "rr" | "wrr" => ("round_robin", true),
        "sh" | "mh" => ("source_hash", true),
        "twos" => ("random", false),
        _ => ("round_robin", false),
    };
    if !exact {
        let why = format!("vrrpd has no such scheduler; it takes {name}");
        ledger.lost(directive, why);
    }
    Some(name)
}

/// Address and weight of a `real_server`.
fn backend(
    directive: &Directive,
    front: SocketAddr,
    fronts: &Fronts,
    direct: bool,
    ledger: &mut Ledger,
) -> Option<(SocketAddr, u8)> {
    let address: Option<IpAddr> = directive.arg(1).and_then(|text| text.parse().ok());
    let port = match directive.arg(2) {
        Some(text) => number::whole(text, 1..=65_535).and_then(|port| u16::try_from(port).ok()),
        None => Some(front.port()),
    };
    let why = match (address, port) {
        (Some(address), _) if address.is_ipv4() != front.is_ipv4() => {
            "a backend must be of the family of the virtual address"
        }
        (Some(address), _) if fronts.addresses.contains(&address) => {
            "a backend cannot be a virtual address: that is whichever host is master"
        }
        (Some(address), _) if not_forwarded(address) => {
            "vrrpd forwards to addresses on the network only: write the host's own"
        }
        (Some(address), Some(port)) => {
            let weight = weight(directive, ledger)?;
            if direct && port != front.port() {
                let text = "Keepalived cannot change the port without NAT; clients reach the port of the virtual server";
                ledger.remark(&directive.origin, text);
                return Some((SocketAddr::new(address, front.port()), weight));
            }
            return Some((SocketAddr::new(address, port), weight));
        }
        _ => "it needs an address and a port",
    };
    ledger.note_all(directive, why, Effect::Changed);
    None
}

/// Whether the kernel sends nothing to that address on another host's behalf.
fn not_forwarded(address: IpAddr) -> bool {
    let link_local = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    link_local || not_unicast(address).is_some()
}

/// From 1 to 255; `None` for a server that gets no clients.
fn weight(directive: &Directive, ledger: &mut Ledger) -> Option<u8> {
    let Some(inner) = directive.find("weight") else {
        return Some(1);
    };
    match words::whole::<u16>(inner, 0..=65_535, ledger) {
        None => Some(1),
        Some(0) => {
            let why = "a weight of 0 keeps clients away; vrrpd has no such backends";
            ledger.note_all(directive, why, Effect::Changed);
            None
        }
        Some(weight) => Some(u8::try_from(weight).unwrap_or_else(|_| {
            ledger.lost(inner, "weights of vrrpd end at 255");
            u8::MAX
        })),
    }
}

/// The check of the first real server that has one; another one elsewhere is noted.
fn common_check(
    checks: Vec<(&Directive, Option<BackendCheck>)>,
    ledger: &mut Ledger,
) -> Option<BackendCheck> {
    let common = checks.iter().find_map(|(_, check)| check.clone())?;
    for (real, check) in checks {
        let text = match check {
            Some(check) if check == common => continue,
            Some(_) => "vrrpd checks all backends of a load balancer alike, as the first of them",
            None => "it has no check in Keepalived; vrrpd checks it like the others",
        };
        ledger.remark(&real.origin, format!("{}: {text}", real.text()));
    }
    Some(common)
}
