//! Makes and removes the macvlans of instances with `vmac: true`.

use vrrp_net::netlink::{Netlink, NetlinkError};
use vrrp_net::vmac::{self, VmacError, VmacSpec};

use super::Report;

/// Makes one, or takes over the one of an earlier run.
pub(super) async fn make(netlink: &Netlink, number: u64, spec: &VmacSpec) -> Report {
    match vmac::create(netlink, spec).await {
        Ok(made) => Report::VmacMade {
            number,
            interface: made.link.interface(),
            parent_changed: made.parent_changed,
        },
        Err(error) => Report::VmacFailed {
            number,
            parent_missing: is_missing(&error)
                || matches!(netlink.link_by_index(spec.parent.index).await, Ok(None)),
            error: error.to_string(),
        },
    }
}

fn is_missing(error: &VmacError) -> bool {
    matches!(
        error,
        VmacError::NotMade(NetlinkError::NoSuchInterface { .. }, _)
    )
}

/// Removes the macvlan of this name, if there is one and it is ours.
pub(super) async fn remove(netlink: &Netlink, name: &str) {
    let result = match netlink.link_by_name(name).await {
        Ok(Some(link)) if vmac::is_ours(&link) => vmac::remove(netlink, &link.interface()).await,
        Ok(_) => return,
        Err(error) => Err(error),
    };
    if let Err(error) = result {
        tracing::warn!(interface = name, "{error}");
    }
}

/// The real interface below a macvlan of ours; any other interface is one itself.
pub(super) async fn real(netlink: &Netlink, ifindex: u32) -> u32 {
    match netlink.link_by_index(ifindex).await {
        Ok(Some(link)) if vmac::is_ours(&link) => link.parent.unwrap_or(ifindex),
        _ => ifindex,
    }
}
