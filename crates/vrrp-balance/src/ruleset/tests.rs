//! Whole scripts as snapshots.

use std::time::Duration;

use super::{Objects, Ruleset, create, update};
use crate::service::{Backend, Network, Scheduler, Service, Takes};

fn service(address: &str, scheduler: Scheduler, backends: &[(&str, u32, Takes)]) -> Service {
    Service {
        name: "apiserver".to_owned(),
        address: address.parse().expect("an address"),
        port: 6443,
        scheduler,
        persistence: None,
        idle_timeout: None,
        allow: Vec::new(),
        backends: backends
            .iter()
            .map(|(address, weight, takes)| Backend {
                address: address.parse().expect("address and port"),
                weight: *weight,
                takes: *takes,
            })
            .collect(),
    }
}

fn network(address: &str, prefix: u8) -> Network {
    Network {
        address: address.parse().expect("an address"),
        prefix,
    }
}

#[test]
fn a_service_of_each_family() {
    let mut v4 = service(
        "10.0.50.20",
        Scheduler::RoundRobin,
        &[
            ("10.0.50.11:6443", 1, Takes::New),
            ("10.0.50.12:6443", 2, Takes::New),
            ("10.0.50.13:6443", 1, Takes::Nothing),
        ],
    );
    v4.persistence = Some(Duration::from_secs(3600));
    v4.idle_timeout = Some(Duration::from_millis(3_599_001));
    v4.allow = vec![
        network("10.1.2.3", 16),
        network("10.1.7.0", 24),
        network("fd00::", 8),
        network("10.1.0.0", 16),
    ];
    let mut v6 = service(
        "fd00:50::20",
        Scheduler::RoundRobin,
        &[("[fd00:50::11]:6443", 1, Takes::New)],
    );
    v6.allow = vec![network("10.0.0.0", 8)];
    insta::assert_snapshot!(create("vrrpd", &Ruleset::new(&[v4, v6])));
}

#[test]
fn a_change_deletes_what_is_no_longer_wanted_and_forgets_the_clients_of_the_dead() {
    let backends = [
        ("10.0.50.11:6443", 1, Takes::New),
        ("10.0.50.12:6443", 1, Takes::New),
        ("10.0.50.13:6443", 1, Takes::New),
    ];
    let mut before = service("10.0.50.20", Scheduler::RoundRobin, &backends);
    before.persistence = Some(Duration::from_secs(60));
    before.idle_timeout = Some(Duration::from_secs(60));
    let mut after = before.clone();
    after.idle_timeout = None;
    after.backends[1].takes = Takes::Nothing;
    after.backends.pop();
    let present = Objects::of(&Ruleset::new(&[before]));
    insta::assert_snapshot!(update(&present, &Ruleset::new(&[after])));
}
