//! What the configuration needs to know of this host before anything runs.

use std::net::IpAddr;
use std::path::Path;

use nix::ifaddrs::getifaddrs;
use vrrp_net::netlink::{AddressInfo, Netlink, NetlinkError};

use crate::control::DEFAULT_SOCKET;
use crate::daemon::ledger::Ledger;

/// The kernel would not tell this host's addresses.
#[derive(Debug, thiserror::Error)]
#[error("could not list this host's addresses: {0}")]
pub struct AddressesError(nix::Error);

/// The first part of this host's name, where it has one.
#[must_use]
pub fn short_name() -> Option<String> {
    let name = nix::sys::utsname::uname()
        .ok()?
        .nodename()
        .to_str()?
        .to_owned();
    let first = name.split('.').next()?;
    (!first.is_empty()).then(|| first.to_owned())
}

/// Every address on an interface of this host.
///
/// # Errors
/// Where the kernel does not tell.
pub fn local_addresses() -> Result<Vec<IpAddr>, AddressesError> {
    let addresses = getifaddrs()
        .map_err(AddressesError)?
        .filter_map(|interface| {
            let address = interface.address?;
            if let Some(v4) = address.as_sockaddr_in() {
                return Some(IpAddr::V4(v4.ip()));
            }
            address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip()))
        });
    Ok(addresses.collect())
}

/// The addresses that this host has for itself: neither added by vrrpd nor, as far as one can
/// tell, by another VRRP daemon. None where the kernel does not tell.
#[must_use]
pub fn own_addresses() -> Vec<IpAddr> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        return Vec::new();
    };
    let listed = runtime.block_on(async { Netlink::new()?.addresses().await });
    let ledger = Ledger::beside(Path::new(DEFAULT_SOCKET));
    listed
        .unwrap_or_else(|_: NetlinkError| Vec::new())
        .into_iter()
        .filter_map(|mut info| {
            ledger.tag(&mut info);
            is_own(&info).then_some(info.address)
        })
        .collect()
}

/// Whether a host has an address for itself. Virtual addresses carry vrrpd's tag, or come after
/// an address of the same prefix, or are the only one of their prefix, or are never a source.
fn is_own(info: &AddressInfo) -> bool {
    let host_prefix = if info.address.is_ipv4() { 32 } else { 128 };
    let alone = info.prefix_len == host_prefix;
    !info.is_ours() && !info.secondary && !info.deprecated && !alone
}
