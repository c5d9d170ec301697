//! Settings of the daemon as a whole, against its instances.

use std::net::{IpAddr, SocketAddr};

use super::instances::address_node;
use crate::read::Draft;
use crate::report::Report;
use crate::yaml::Node;

/// Only the master has a virtual address, so only the master could listen there.
pub(super) fn check(draft: &Draft<'_>, root: &Node, report: &mut Report) {
    let Some(listen) = root.at(&["metrics", "listen"]) else {
        return;
    };
    let Some(address) = listen.text().and_then(|text| text.parse().ok()) else {
        return;
    };
    let address: IpAddr = SocketAddr::ip(&address);
    let holder = draft.instances.iter().find(|instance| {
        let mut addresses = instance.value.addresses.iter();
        addresses.any(|virtual_address| virtual_address.address == address)
    });
    if let Some(holder) = holder {
        report
            .warning(
                listen,
                format!(
                    "the metrics are at the virtual address {address}, which only the master has"
                ),
            )
            .related(
                address_node(holder.node, address),
                "the address of this instance",
            )
            .hint("listen on 127.0.0.1 or on this host's own address");
    }
}
