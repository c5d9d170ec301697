//! The whole of the rules: what belongs to each service, and what leads there.
//! `docs/load-balancing.md` has the picture.

use super::family::{Words, by_family};
use super::names::{Names, connections_counter, data_counter};
use super::{Chain, Lookup, Ruleset, admission, selection};
use crate::service::{Backend, Service};

pub(super) fn ruleset(services: &[Service]) -> Ruleset {
    let with_backends = services
        .iter()
        .filter(|service| !service.backends.is_empty());
    let services: Vec<&Service> = with_backends.collect();
    let mut ruleset = Ruleset::default();
    for service in &services {
        for backend in &service.backends {
            let backend = backend.address;
            ruleset.counters.push(connections_counter(service, backend));
            ruleset.counters.push(data_counter(service, backend));
        }
        ruleset.timeouts.push(admission::timeout(service));
        ruleset.sets.extend(selection::sets(service));
        let each = 0..service.backends.len();
        let to = each.map(|index| selection::to(service, index));
        ruleset.chains.extend(to);
        ruleset.chains.extend(selection::keep(service));
        ruleset.chains.push(selection::select(service));
        ruleset.chains.push(admission::admit(service));
    }
    ruleset.timeouts.sort();
    ruleset.timeouts.dedup();
    if !services.is_empty() {
        shared(&services, &mut ruleset);
    }
    ruleset
}

/// What all services have in common.
fn shared(services: &[&Service], ruleset: &mut Ruleset) {
    let mut choose = chain("choose", None);
    let mut begin = chain("begin", None);
    let mut count = chain("count", None);
    // On its way to this host itself it has been counted when it was sent.
    count.rules.push("iif \"lo\" return".to_owned());
    let mut leaving = chain("nat_leaving", Some("nat hook postrouting priority 90"));
    for (words, services) in by_family(services) {
        choose.rules.push(verdicts(words, &services, Names::select));
        begin.rules.push(verdicts(words, &services, Names::admit));
        count.rules.push(data(words, &services));
        if services.iter().any(|service| service.persistence.is_some()) {
            let (lookup, rule) = ending(words, &services);
            ruleset.lookups.push(lookup);
            count.rules.push(rule);
        }
        let (lookup, rule) = masquerade(words, &services);
        ruleset.lookups.push(lookup);
        leaving.rules.push(rule);
    }
    ruleset.chains.extend([choose, begin, count]);
    for (name, hook) in [
        ("arriving", "filter hook prerouting priority -150"),
        ("own", "filter hook output priority -150"),
    ] {
        let mut chain = chain(name, Some(hook));
        chain.rules = vec![
            "ct state established ct status & dnat != 0 goto count".to_owned(),
            "ct state { new, invalid } goto begin".to_owned(),
        ];
        ruleset.chains.push(chain);
    }
    for (name, hook) in [
        ("nat_arriving", "nat hook prerouting priority -110"),
        ("nat_own", "nat hook output priority -110"),
    ] {
        let mut chain = chain(name, Some(hook));
        chain.rules = vec!["goto choose".to_owned()];
        ruleset.chains.push(chain);
    }
    ruleset.chains.push(leaving);
}

fn chain(name: &str, hook: Option<&'static str>) -> Chain {
    Chain {
        name: name.to_owned(),
        hook,
        rules: Vec::new(),
    }
}

fn verdicts(words: &Words, services: &[&Service], chain: impl Fn(&Names) -> String) -> String {
    let elements: Vec<String> = services
        .iter()
        .map(|service| {
            let chain = chain(&Names::new(service));
            format!("{} . {} : goto {chain}", service.address, service.port)
        })
        .collect();
    let (ip, elements) = (words.ip, elements.join(", "));
    format!("{ip} daddr . tcp dport vmap {{ {elements} }}")
}

/// What conntrack knows of a balanced connection: service and backend.
fn tracked(words: &Words) -> String {
    let ip = words.ip;
    format!(
        "ct original {ip} daddr . ct original proto-dst . ct reply {ip} saddr . ct reply proto-src"
    )
}

/// Service and backend as [`tracked`] gives them.
fn key(service: &Service, backend: &Backend) -> String {
    let (address, port) = (service.address, service.port);
    let backend = backend.address;
    format!("{address} . {port} . {} . {}", backend.ip(), backend.port())
}

/// Counts what established connections carry, both ways.
fn data(words: &Words, services: &[&Service]) -> String {
    let elements: Vec<String> = services
        .iter()
        .flat_map(|service| {
            service.backends.iter().map(move |backend| {
                let counter = data_counter(service, backend.address);
                format!("{} : \"{counter}\"", key(service, backend))
            })
        })
        .collect();
    format!(
        "meta nfproto {} meta l4proto tcp counter name {} map {{ {} }}",
        words.family,
        tracked(words),
        elements.join(", ")
    )
}

/// The end of a connection counts too when it comes to remembering its client, which may have had
/// it for longer than it is remembered.
fn ending(words: &Words, services: &[&Service]) -> (Lookup, String) {
    let Words {
        address, family, ..
    } = words;
    let elements = services
        .iter()
        .filter(|service| service.persistence.is_some())
        .flat_map(|service| {
            let names = Names::new(service);
            service.backends.iter().map(move |backend| {
                let chain = names.keep(backend.address);
                format!("{} : goto {chain}", key(service, backend))
            })
        });
    let lookup = Lookup {
        name: format!("ending_{family}"),
        what: "map",
        kind: format!("{address} . inet_service . {address} . inet_service : verdict"),
        elements: elements.collect(),
    };
    let rule = format!(
        "meta nfproto {family} tcp flags & (fin | rst) != 0 {} vmap @{}",
        tracked(words),
        lookup.name
    );
    (lookup, rule)
}

/// Backends elsewhere answer to this host; a local one sees the client.
fn masquerade(words: &Words, services: &[&Service]) -> (Lookup, String) {
    let Words {
        ip,
        address,
        family,
    } = words;
    let elements = services
        .iter()
        .map(|service| format!("{} . {}", service.address, service.port));
    let lookup = Lookup {
        name: format!("services_{family}"),
        what: "set",
        kind: format!("{address} . inet_service"),
        elements: elements.collect(),
    };
    let rule = format!(
        "ct status & dnat != 0 meta nfproto {family} meta l4proto tcp ct original {ip} daddr . ct original proto-dst @{} fib daddr type != local masquerade",
        lookup.name
    );
    (lookup, rule)
}
