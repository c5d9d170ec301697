//! What the configuration needs to know of this host before anything runs.

use std::net::IpAddr;

use nix::ifaddrs::getifaddrs;

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
