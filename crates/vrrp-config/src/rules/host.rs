//! What the file says, against the host that it is loaded on.

use std::net::IpAddr;

use super::instances::address_node;
use super::names::items_of;
use crate::load::HostFacts;
use crate::read::Draft;
use crate::report::Report;
use crate::yaml::Node;

/// An address that this host has for itself cannot move to another, unless it is the owner's.
pub(crate) fn own_virtual_addresses(draft: &Draft<'_>, facts: &HostFacts, report: &mut Report) {
    for instance in draft.instances.iter().filter(|one| !one.value.is_owner()) {
        for found in &instance.value.addresses {
            let address = found.address;
            if facts.own_addresses.contains(&address) {
                report
                    .warning(
                        address_node(instance.node, address),
                        format!("the virtual address {address} is this host's own address"),
                    )
                    .label("an address in use by a host is not free to move")
                    .hint("choose a free address, or write `priority: 255` on the host that owns it and on no other (RFC 9568 section 6.1)");
            }
        }
    }
}

/// Takes this host out of the peers, so that all hosts can share one list, and says so.
pub(crate) fn drop_own_peers(draft: &mut Draft<'_>, local: &[IpAddr], report: &mut Report) {
    for instance in &mut draft.instances {
        let Some(peers) = &mut instance.value.peers else {
            continue;
        };
        let own: Vec<IpAddr> = peers
            .iter()
            .copied()
            .filter(|peer| local.contains(peer))
            .collect();
        peers.retain(|peer| !own.contains(peer));
        let nodes = items_of(instance.node, "peers");
        for peer in &own {
            let is_it =
                |node: &&Node| node.text().and_then(|text| text.parse().ok()) == Some(*peer);
            let place = nodes.iter().find(is_it).unwrap_or(instance.node);
            if peers.is_empty() {
                report
                    .error(place, format!("the only peer {peer} is this host itself"))
                    .hint("give the other hosts' addresses");
            } else {
                report
                    .warning(
                        place,
                        format!("the peer {peer} is this host itself and is left out"),
                    )
                    .hint("remove it here, or share the list with the other hosts as it is");
            }
        }
    }
}
