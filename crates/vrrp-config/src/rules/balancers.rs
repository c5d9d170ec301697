//! Load balancers stand on addresses of instances, and not in each other's way.

use super::names::{at_key, items_of};
use crate::config::LoadBalancer;
use crate::read::{Draft, Read};
use crate::report::Report;

pub(super) fn check(draft: &Draft<'_>, report: &mut Report) {
    for (at, one) in draft.load_balancers.iter().enumerate() {
        of_an_instance(draft, one, report);
        let earlier = draft.load_balancers.iter().take(at);
        alone(one, earlier, report);
        backends(draft, one, report);
    }
}

/// The address is one that an instance holds.
fn of_an_instance(draft: &Draft<'_>, one: &Read<'_, LoadBalancer>, report: &mut Report) {
    let address = one.value.address;
    let instances = draft.instances.iter();
    let known: Vec<_> = instances
        .flat_map(|instance| &instance.value.addresses)
        .map(|known| known.address)
        .collect();
    if address.is_unspecified() || known.contains(&address) {
        return;
    }
    let addresses: Vec<String> = known.iter().map(ToString::to_string).collect();
    report
        .error(
            at_key(one.node, "address"),
            format!("{address} is no address of an instance"),
        )
        .hint(format!("the addresses are {}", addresses.join(", ")));
}

/// No earlier one has the same address and port.
fn alone<'a>(
    one: &Read<'_, LoadBalancer>,
    mut earlier: impl Iterator<Item = &'a Read<'a, LoadBalancer>>,
    report: &mut Report,
) {
    let front = (one.value.address, one.value.port);
    let same = earlier.find(|other| {
        (other.value.address, other.value.port) == front && !front.0.is_unspecified()
    });
    if let Some(other) = same {
        report
            .error(
                at_key(one.node, "port"),
                format!("two load balancers listen on {} port {}", front.0, front.1),
            )
            .related(at_key(other.node, "port"), "the other");
    }
}

/// No backend is a virtual address: that is whichever host is master, and a load balancer there
/// does not balance what another one has sent.
fn backends(draft: &Draft<'_>, one: &Read<'_, LoadBalancer>, report: &mut Report) {
    let nodes = items_of(one.node, "backends");
    for backend in &one.value.backends {
        let address = backend.address;
        if address.ip() == one.value.address {
            continue;
        }
        let is_it = |text: Option<&str>| text.and_then(|text| text.parse().ok()) == Some(address);
        let place = nodes
            .iter()
            .find(|node| is_it(node.text()) || is_it(node.get("address").and_then(|n| n.text())))
            .unwrap_or(one.node);
        let front = draft.load_balancers.iter().find(|other| {
            (other.value.address, other.value.port) == (address.ip(), address.port())
        });
        let holder = draft.instances.iter().find(|instance| {
            let mut addresses = instance.value.addresses.iter();
            addresses.any(|known| known.address == address.ip())
        });
        if let Some(front) = front {
            report
                .error(
                    place,
                    format!("the backend {address} is another load balancer"),
                )
                .related(at_key(front.node, "address"), "this one")
                .hint("write the backends of that one instead");
        } else if let Some(holder) = holder {
            report
                .warning(
                    place,
                    format!(
                        "the backend {} is a virtual address, that is whichever host is master",
                        address.ip()
                    ),
                )
                .related(
                    at_key(holder.node, "addresses"),
                    "the address of this instance",
                )
                .hint("write the hosts' own addresses");
        }
    }
}
