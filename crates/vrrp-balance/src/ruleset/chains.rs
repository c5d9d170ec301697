//! The rules themselves. `docs/load-balancing.md` has the picture.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::names::{Names, connections_counter, data_counter};
use super::shares::{self, Weighted};
use super::{Chain, Ruleset, Sticky, Timeout};
use crate::service::{Network, Scheduler, Service};

/// Seed of the hash of client addresses, the same on all hosts.
const SEED: u32 = 0x7672_7270;

/// nft's words for one address family.
struct Words {
    ip: &'static str,
    address: &'static str,
    family: &'static str,
}

const V4: Words = Words {
    ip: "ip",
    address: "ipv4_addr",
    family: "ipv4",
};
const V6: Words = Words {
    ip: "ip6",
    address: "ipv6_addr",
    family: "ipv6",
};

fn words(address: IpAddr) -> &'static Words {
    if address.is_ipv4() { &V4 } else { &V6 }
}

pub(super) fn ruleset(services: &[Service]) -> Ruleset {
    let services: Vec<&Service> = services
        .iter()
        .filter(|service| !service.backends.is_empty())
        .collect();
    let mut ruleset = Ruleset::default();
    if services.is_empty() {
        return ruleset;
    }
    for service in &services {
        for backend in &service.backends {
            ruleset
                .counters
                .push(connections_counter(service, backend.address));
            ruleset
                .counters
                .push(data_counter(service, backend.address));
        }
        ruleset.timeouts.push(timeout(service));
        ruleset.sets.extend(sets(service));
    }
    ruleset.timeouts.sort();
    ruleset.timeouts.dedup();
    let base = |name: &str, hook: &'static str, rules: Vec<String>| Chain {
        name: name.to_owned(),
        hook: Some(hook),
        rules,
    };
    let shared = |name: &str, rules: Vec<String>| Chain {
        name: name.to_owned(),
        hook: None,
        rules,
    };
    let mut chains = Vec::new();
    for service in &services {
        for index in 0..service.backends.len() {
            chains.push(to(service, index));
        }
        chains.push(select(service));
        chains.push(admit(service));
    }
    let both = |rule: &dyn Fn(&Words, &[&Service]) -> String| -> Vec<String> {
        [V4, V6]
            .iter()
            .filter_map(|words| {
                let of: Vec<&Service> = services
                    .iter()
                    .filter(|service| service.address.is_ipv4() == (words.ip == "ip"))
                    .copied()
                    .collect();
                (!of.is_empty()).then(|| rule(words, &of))
            })
            .collect()
    };
    chains.push(shared(
        "choose",
        both(&|words, of| verdicts(words, of, Names::select)),
    ));
    chains.push(shared(
        "begin",
        both(&|words, of| verdicts(words, of, Names::admit)),
    ));
    let mut count = vec!["iif \"lo\" return".to_owned()];
    count.extend(both(&data));
    chains.push(shared("count", count));
    let mut passing = vec![
        "ct state established ct status & dnat != 0 goto count".to_owned(),
        "ct state { new, invalid } goto begin".to_owned(),
    ];
    chains.push(base(
        "arriving",
        "filter hook prerouting priority -150",
        passing.clone(),
    ));
    chains.push(base(
        "own",
        "filter hook output priority -150",
        std::mem::take(&mut passing),
    ));
    for (name, hook) in [
        ("nat_arriving", "nat hook prerouting priority -110"),
        ("nat_own", "nat hook output priority -110"),
    ] {
        chains.push(base(name, hook, vec!["goto choose".to_owned()]));
    }
    chains.push(base(
        "nat_leaving",
        "nat hook postrouting priority 90",
        both(&masquerade),
    ));
    ruleset.chains = chains;
    ruleset
}

/// How long an ended connection is remembered, in seconds. As long as Linux keeps the sockets
/// and half of conntrack's default: until then its port cannot serve another connection to the
/// same backend.
const TIME_WAIT: u32 = 60;

fn timeout(service: &Service) -> Timeout {
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

/// Whole seconds, the kernel's step, at least one.
fn seconds(duration: Duration) -> u32 {
    let whole = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    u32::try_from(whole).unwrap_or(u32::MAX).max(1)
}

fn sets(service: &Service) -> Vec<Sticky> {
    if service.persistence.is_none() {
        return Vec::new();
    }
    let takers = service.takers();
    let names = Names::new(service);
    service
        .backends
        .iter()
        .enumerate()
        .map(|(index, backend)| Sticky {
            name: names.clients(backend.address),
            kind: words(service.address).address,
            // Its clients have gone elsewhere; they are not to come back all at once.
            kept: takers.iter().any(|(taker, _)| *taker == index),
        })
        .collect()
}

/// Sends a connection to a backend, and remembers the client.
fn to(service: &Service, index: usize) -> Chain {
    let words = words(service.address);
    let names = Names::new(service);
    let backend = service.backends[index].address;
    let mut rules = Vec::new();
    if let Some(persistence) = service.persistence {
        // In a rule of its own: it fails when the set is full, and only that.
        rules.push(format!(
            "update @{} {{ {} saddr timeout {}s }}",
            names.clients(backend),
            words.ip,
            seconds(persistence)
        ));
    }
    rules.push(format!(
        "counter name {}",
        connections_counter(service, backend)
    ));
    rules.push(format!(
        "meta l4proto tcp dnat {} to {}",
        words.ip,
        SocketAddr::new(backend.ip(), backend.port())
    ));
    Chain {
        name: names.to(backend),
        hook: None,
        rules,
    }
}

/// Chooses a backend for a new connection, if this host holds the address.
fn select(service: &Service) -> Chain {
    let words = words(service.address);
    let names = Names::new(service);
    let takers = service.takers();
    let target = |index: usize| names.to(service.backends[index].address);
    let mut rules = vec!["fib daddr type != local return".to_owned()];
    if service.persistence.is_some() && takers.len() > 1 {
        for (index, _) in &takers {
            rules.push(format!(
                "{} saddr @{} goto {}",
                words.ip,
                names.clients(service.backends[*index].address),
                target(*index)
            ));
        }
    }
    let places: Vec<usize> = takers.iter().map(|(index, _)| *index).collect();
    let weights: Vec<u32> = takers.iter().map(|(_, weight)| *weight).collect();
    let in_places = |order: Vec<usize>| -> Vec<usize> {
        order.into_iter().map(|place| places[place]).collect()
    };
    let rule = match (places.as_slice(), service.scheduler) {
        ([only], _) => format!("goto {}", target(*only)),
        (_, Scheduler::SourceHash) => {
            let table = shares::by_hash(&weighted(service), &places);
            let hash = format!("jhash {} saddr mod {} seed {SEED}", words.ip, table.len());
            jump(&hash, &table, target)
        }
        (_, Scheduler::RoundRobin) => {
            let table = in_places(shares::in_turn(&weights));
            jump(&format!("numgen inc mod {}", table.len()), &table, target)
        }
        (_, Scheduler::Random) => {
            let table = in_places(shares::shuffled(&weights, u64::from(service.port)));
            jump(&format!("numgen inc mod {}", table.len()), &table, target)
        }
    };
    rules.push(rule);
    Chain {
        name: names.select(),
        hook: None,
        rules,
    }
}

/// All backends, a weight of 0 standing for one when all that take connections have it.
fn weighted(service: &Service) -> Vec<Weighted> {
    service
        .backends
        .iter()
        .map(|backend| (backend.address, backend.weight.max(1)))
        .collect()
}

fn jump(number: &str, table: &[usize], target: impl Fn(usize) -> String) -> String {
    let elements: Vec<String> = table
        .iter()
        .enumerate()
        .map(|(slot, index)| format!("{slot} : goto {}", target(*index)))
        .collect();
    format!("{number} vmap {{ {} }}", elements.join(", "))
}

/// Judges packets that begin a connection, or belong to none, if this host holds the address.
fn admit(service: &Service) -> Chain {
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

fn verdicts(words: &Words, services: &[&Service], chain: impl Fn(&Names) -> String) -> String {
    let elements: Vec<String> = services
        .iter()
        .map(|service| {
            format!(
                "{} . {} : goto {}",
                service.address,
                service.port,
                chain(&Names::new(service))
            )
        })
        .collect();
    format!(
        "{} daddr . tcp dport vmap {{ {} }}",
        words.ip,
        elements.join(", ")
    )
}

/// Counts what established connections carry, both ways.
fn data(words: &Words, services: &[&Service]) -> String {
    let elements: Vec<String> = services
        .iter()
        .flat_map(|service| {
            service.backends.iter().map(move |backend| {
                format!(
                    "{} . {} . {} . {} : \"{}\"",
                    service.address,
                    service.port,
                    backend.address.ip(),
                    backend.address.port(),
                    data_counter(service, backend.address)
                )
            })
        })
        .collect();
    let Words { ip, family, .. } = words;
    format!(
        "meta nfproto {family} meta l4proto tcp counter name ct original {ip} daddr . ct original proto-dst . ct reply {ip} saddr . ct reply proto-src map {{ {} }}",
        elements.join(", ")
    )
}

/// Backends elsewhere answer to this host; a local one sees the client.
fn masquerade(words: &Words, services: &[&Service]) -> String {
    let elements: Vec<String> = services
        .iter()
        .map(|service| format!("{} . {}", service.address, service.port))
        .collect();
    let Words { ip, family, .. } = words;
    format!(
        "ct status & dnat != 0 meta nfproto {family} meta l4proto tcp ct original {ip} daddr . ct original proto-dst {{ {} }} fib daddr type != local masquerade",
        elements.join(", ")
    )
}
