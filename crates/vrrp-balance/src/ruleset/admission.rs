//! Which connections may begin, and how long they may be silent.

use super::family::words;
use super::names::Names;
use super::{Chain, Timeout, seconds};
use crate::service::{Network, Service};

/// How long an ended connection is remembered, in seconds. As long as Linux keeps the sockets
/// and half of conntrack's default: until then its port cannot serve another connection to the
/// same backend.
const TIME_WAIT: u32 = 60;

pub(super) fn timeout(service: &Service) -> Timeout {
    let layer3 = words(service.address).ip;
    let (name, established) = match service.idle_timeout.map(seconds) {
        Some(idle) => (
            format!("idle_{layer3}_{idle}"),
            format!("established : {idle}, "),
        ),
        None => (format!("usual_{layer3}"), String::new()),
    };
    Timeout {
        name,
        layer3,
        policy: format!("{established}time_wait : {TIME_WAIT}"),
    }
}

/// Judges packets that begin a connection, or belong to none, if this host holds the address.
pub(super) fn admit(service: &Service) -> Chain {
    let words = words(service.address);
    let mut rules = vec![
        "fib daddr type != local return".to_owned(),
        // The host's own TCP must not answer what conntrack finds wrong in a live connection.
        "ct state invalid drop".to_owned(),
        // In the middle of a connection that this host does not know: another host's, before a
        // takeover, or one that was reset.
        "tcp flags & (fin | syn | rst | ack) != syn reject with tcp reset".to_owned(),
    ];
    let allowed: Vec<String> = networks(service);
    if !allowed.is_empty() {
        rules.push(format!(
            "{} saddr != {{ {} }} reject with tcp reset",
            words.ip,
            allowed.join(", ")
        ));
    } else if !service.allow.is_empty() {
        rules.push("reject with tcp reset".to_owned());
    }
    rules.push(format!("ct timeout set \"{}\"", timeout(service).name));
    Chain {
        name: Names::new(service).admit(),
        hook: None,
        rules,
    }
}

/// The networks of the service's family that may connect, none inside another.
fn networks(service: &Service) -> Vec<String> {
    let of_family: Vec<Network> = service
        .allow
        .iter()
        .filter(|network| network.address.is_ipv4() == service.address.is_ipv4())
        .map(Network::canonical)
        .collect();
    let mut kept: Vec<Network> = of_family
        .iter()
        .filter(|network| {
            !of_family
                .iter()
                .any(|other| other != *network && other.contains(network))
        })
        .copied()
        .collect();
    kept.sort_by_key(|network| (network.address, network.prefix));
    kept.dedup();
    kept.iter().map(ToString::to_string).collect()
}
