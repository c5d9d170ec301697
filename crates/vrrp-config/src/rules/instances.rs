//! Instances do not get into each other's way.

use std::net::IpAddr;

use super::names::items_of;
use crate::config::Instance;
use crate::read::{Draft, Read};
use crate::report::Report;
use crate::yaml::Node;

pub(super) fn check(draft: &Draft<'_>, report: &mut Report) {
    for (at, one) in draft.instances.iter().enumerate() {
        let earlier = || draft.instances.iter().take(at);
        if let Some(other) = earlier().find(|other| share_vrid(one, other)) {
            same_vrid(one, other, report);
        }
        for address in one.value.addresses.iter().map(|mine| mine.address) {
            if let Some(other) = earlier().find(|other| share(address, &one.value, &other.value)) {
                report
                    .error(
                        address_node(one.node, address),
                        format!("the address {address} is in two instances"),
                    )
                    .related(address_node(other.node, address), "the other");
            }
        }
    }
}

fn share_vrid(one: &Read<'_, Instance>, other: &Read<'_, Instance>) -> bool {
    let (a, b) = (&one.value, &other.value);
    let known = !a.addresses.is_empty() && !b.addresses.is_empty();
    let apart = matches!((&a.interface, &b.interface), (Some(x), Some(y)) if x != y);
    known
        && a.vrid == b.vrid
        && a.family() == b.family()
        && !apart
        && vrid_is_right(one.node)
        && vrid_is_right(other.node)
}

fn same_vrid(one: &Read<'_, Instance>, other: &Read<'_, Instance>, report: &mut Report) {
    let (a, b) = (&one.value, &other.value);
    let place = one
        .node
        .get("vrid")
        .or_else(|| one.node.get("addresses"))
        .unwrap_or(one.node);
    let earlier = other
        .node
        .get("vrid")
        .or_else(|| other.node.get("addresses"))
        .unwrap_or(other.node);
    let hint = if one.node.get("vrid").is_none() {
        format!(
            "VRID {} is derived from the first address: give one of them a `vrid`",
            a.vrid
        )
    } else {
        "give one of them another `vrid`, here and on its other hosts".to_owned()
    };
    match (&a.interface, &b.interface) {
        (Some(interface), Some(_)) => {
            report
                .error(
                    place,
                    format!(
                        "two {} instances have VRID {} on {interface}",
                        a.family(),
                        a.vrid
                    ),
                )
                .related(earlier, "the other")
                .hint(hint);
        }
        _ => {
            report
                .warning(
                    place,
                    format!(
                        "two {} instances have VRID {}, which fails if they share an interface",
                        a.family(),
                        a.vrid
                    ),
                )
                .related(earlier, "the other")
                .hint(hint);
        }
    }
}

/// Whether the VRID was read as it stands, so that a wrong one is not compared.
fn vrid_is_right(node: &Node) -> bool {
    node.get("vrid").is_none_or(
        |vrid| matches!(vrid.value, crate::yaml::Value::Int(number) if (1..=255).contains(&number)),
    )
}

/// Whether an address of `one` collides with one of `other`. The same link-local address may live
/// on each link.
fn share(address: IpAddr, one: &Instance, other: &Instance) -> bool {
    let link_local = matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
    let apart = matches!((&one.interface, &other.interface), (Some(x), Some(y)) if x != y);
    !(link_local && apart)
        && other
            .addresses
            .iter()
            .any(|theirs| theirs.address == address)
}

/// The node of an address of an instance, or the instance itself.
pub(super) fn address_node(instance: &Node, address: IpAddr) -> &Node {
    let is_it = |node: &&Node| {
        let text = node.text().unwrap_or_default();
        let plain = text.split('/').next().unwrap_or_default();
        plain.parse() == Ok(address)
    };
    items_of(instance, "addresses")
        .iter()
        .find(is_it)
        .unwrap_or(instance)
}
