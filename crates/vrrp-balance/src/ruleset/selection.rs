//! Which backend a connection gets, and who remembers that.

use std::net::SocketAddr;

use super::family::words;
use super::names::{Names, connections_counter};
use super::shares::{self, Weighted};
use super::{Chain, Sticky, seconds};
use crate::service::{Scheduler, Service};

/// Seed of the hash of client addresses, the same on all hosts.
const SEED: u32 = 0x7672_7270;

/// The clients that backends keep.
pub(super) fn sets(service: &Service) -> Vec<Sticky> {
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
pub(super) fn to(service: &Service, index: usize) -> Chain {
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

/// Remembers clients anew, which backends know already.
pub(super) fn keep(service: &Service) -> Vec<Chain> {
    let Some(persistence) = service.persistence else {
        return Vec::new();
    };
    let (ip, names) = (words(service.address).ip, Names::new(service));
    let chain = |backend: SocketAddr| {
        let clients = names.clients(backend);
        Chain {
            name: names.keep(backend),
            hook: None,
            rules: vec![format!(
                "ct original {ip} saddr @{clients} update @{clients} {{ ct original {ip} saddr timeout {}s }}",
                seconds(persistence)
            )],
        }
    };
    service
        .backends
        .iter()
        .map(|backend| chain(backend.address))
        .collect()
}

/// Chooses a backend for a new connection, if this host holds the address.
pub(super) fn select(service: &Service) -> Chain {
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
