//! Addresses on interfaces: listing, adding with a lifetime, renewing, exact deletion.

use std::net::IpAddr;
use std::time::Duration;

use nix::errno::Errno;
use rtnetlink::packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST,
};
use rtnetlink::packet_route::address::{
    AddressAttribute, AddressFlags, AddressMessage, AddressScope, CacheInfo,
};
use rtnetlink::packet_route::{AddressFamily, RouteNetlinkMessage};

use super::error::Failure;
use super::{AddressInfo, Netlink, NetlinkError};
use crate::Interface;

/// The tag (IFA_PROTO) of every address vrrpd adds: VRRP's protocol number, so that nobody
/// else's address is ever taken for ours. Kernels before 5.18 do not keep it.
pub const ADDRESS_PROTOCOL: u8 = 112;

/// A lifetime without end.
pub(super) const FOREVER: u32 = u32::MAX;

/// An address to have on an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressSpec {
    /// Where.
    pub interface: Interface,
    /// The address.
    pub address: IpAddr,
    /// Bits of the prefix.
    pub prefix_len: u8,
    /// After how long the kernel removes it unless renewed; the kernel counts whole seconds,
    /// so this is rounded up. `None` for never.
    pub lifetime: Option<Duration>,
    /// Whether it is never to be chosen as a source: by a preferred lifetime of 0 over IPv6,
    /// by scope host over IPv4.
    pub never_source: bool,
    /// Whether the kernel makes a route for the prefix, as it does for a host's own address.
    pub prefix_route: bool,
    /// The tag to add it with.
    pub protocol: Option<u8>,
}

impl AddressSpec {
    /// A virtual address: tagged as ours, without a route, and over IPv6 never chosen as a
    /// source.
    #[must_use]
    pub fn virtual_address(
        interface: Interface,
        address: IpAddr,
        prefix_len: u8,
        lifetime: Option<Duration>,
    ) -> Self {
        Self {
            interface,
            address,
            prefix_len,
            lifetime,
            never_source: address.is_ipv6(),
            prefix_route: false,
            protocol: Some(ADDRESS_PROTOCOL),
        }
    }

    /// The message that adds it, without duplicate address detection.
    fn message(&self) -> AddressMessage {
        let mut message = exact(self.interface.index, self.address, self.prefix_len);
        let valid = self.lifetime.map_or(FOREVER, seconds);
        // IPv4 knows no preference of its own: there the kernel asks for both to be alike.
        let preferred = if self.never_source && self.address.is_ipv6() {
            0
        } else {
            valid
        };
        let mut lifetimes = CacheInfo::default();
        lifetimes.ifa_valid = valid;
        lifetimes.ifa_preferred = preferred;
        let mut flags = AddressFlags::empty();
        flags.set(AddressFlags::Noprefixroute, !self.prefix_route);
        flags.set(AddressFlags::Nodad, self.address.is_ipv6());
        message.attributes.extend([
            AddressAttribute::Flags(flags),
            AddressAttribute::CacheInfo(lifetimes),
        ]);
        if self.never_source && self.address.is_ipv4() {
            message.header.scope = AddressScope::Host;
        }
        if let Some(protocol) = self.protocol {
            message
                .attributes
                .push(AddressAttribute::Protocol(protocol.into()));
        }
        message
    }

    fn text(&self) -> String {
        format!("{}/{} on {}", self.address, self.prefix_len, self.interface)
    }
}

/// Whole seconds, at least 1 (0 the kernel refuses), short of "for ever".
fn seconds(lifetime: Duration) -> u32 {
    let whole = lifetime
        .as_secs()
        .saturating_add(u64::from(lifetime.subsec_nanos() > 0));
    u32::try_from(whole)
        .unwrap_or(FOREVER)
        .clamp(1, FOREVER - 1)
}

/// The message that names one address exactly.
fn exact(ifindex: u32, address: IpAddr, prefix_len: u8) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    message.header.prefix_len = prefix_len;
    message.header.index = ifindex;
    message.attributes.extend([
        AddressAttribute::Local(address),
        AddressAttribute::Address(address),
    ]);
    message
}

/// What adding an address came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It was not there.
    Added,
    /// It was there before; nothing was changed, neither its lifetime nor its tag.
    AlreadyThere,
}

impl Netlink {
    /// Every address of the host, interface by interface, each family in the kernel's order.
    ///
    /// # Errors
    /// What the kernel said.
    pub async fn addresses(&self) -> Result<Vec<AddressInfo>, NetlinkError> {
        let answers = self
            .answers(
                RouteNetlinkMessage::GetAddress(AddressMessage::default()),
                NLM_F_DUMP,
            )
            .await
            .map_err(|failure| failure.during("listing addresses".to_owned()))?;
        Ok(answers
            .into_iter()
            .filter_map(|message| match message {
                RouteNetlinkMessage::NewAddress(message) => AddressInfo::read(message),
                _ => None,
            })
            .collect())
    }

    /// Adds an address unless it is there.
    ///
    /// # Errors
    /// What was tried on which interface, what the kernel said and what to do.
    pub async fn add_address(&self, spec: &AddressSpec) -> Result<Added, NetlinkError> {
        let flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
        let result = self
            .acknowledged(RouteNetlinkMessage::NewAddress(spec.message()), flags)
            .await;
        added(result, spec)
    }

    /// Adds many addresses in few calls to the kernel; the results are in the same order.
    pub async fn add_addresses(&self, specs: &[AddressSpec]) -> Vec<Result<Added, NetlinkError>> {
        let flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
        let messages = specs
            .iter()
            .map(|spec| RouteNetlinkMessage::NewAddress(spec.message()));
        let results = self.all_acknowledged(messages, flags).await;
        results
            .into_iter()
            .zip(specs)
            .map(|(result, spec)| added(result, spec))
            .collect()
    }

    /// Starts the lifetime of an address anew. An address that is gone is added again.
    ///
    /// # Errors
    /// What was tried on which interface, what the kernel said and what to do.
    pub async fn renew_address(&self, spec: &AddressSpec) -> Result<(), NetlinkError> {
        let flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
        self.acknowledged(RouteNetlinkMessage::NewAddress(spec.message()), flags)
            .await
            .map_err(|failure| failure.during(format!("renewing {}", spec.text())))
    }

    /// Like [`renew_address`](Self::renew_address) for many, in the same order.
    pub async fn renew_addresses(&self, specs: &[AddressSpec]) -> Vec<Result<(), NetlinkError>> {
        let flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
        let messages = specs
            .iter()
            .map(|spec| RouteNetlinkMessage::NewAddress(spec.message()));
        let results = self.all_acknowledged(messages, flags).await;
        results
            .into_iter()
            .zip(specs)
            .map(|(result, spec)| {
                result.map_err(|failure| failure.during(format!("renewing {}", spec.text())))
            })
            .collect()
    }

    /// Removes exactly this address with this prefix from this interface. `Ok(false)` when it
    /// is not there, or the interface is not.
    ///
    /// # Errors
    /// What was tried on which interface, what the kernel said and what to do.
    pub async fn delete_address(
        &self,
        interface: &Interface,
        address: IpAddr,
        prefix_len: u8,
    ) -> Result<bool, NetlinkError> {
        let message = exact(interface.index, address, prefix_len);
        let result = self
            .acknowledged(
                RouteNetlinkMessage::DelAddress(message),
                NLM_F_REQUEST | NLM_F_ACK,
            )
            .await;
        deleted(result, interface, address, prefix_len)
    }

    /// Like [`delete_address`](Self::delete_address) for the addresses of many specs, in the
    /// same order.
    pub async fn delete_addresses(&self, specs: &[AddressSpec]) -> Vec<Result<bool, NetlinkError>> {
        let messages = specs.iter().map(|spec| {
            RouteNetlinkMessage::DelAddress(exact(
                spec.interface.index,
                spec.address,
                spec.prefix_len,
            ))
        });
        let results = self
            .all_acknowledged(messages, NLM_F_REQUEST | NLM_F_ACK)
            .await;
        results
            .into_iter()
            .zip(specs)
            .map(|(result, spec)| deleted(result, &spec.interface, spec.address, spec.prefix_len))
            .collect()
    }
}

fn added(result: Result<(), Failure>, spec: &AddressSpec) -> Result<Added, NetlinkError> {
    match result {
        Ok(()) => Ok(Added::Added),
        Err(failure) if failure.errno() == Some(Errno::EEXIST) => Ok(Added::AlreadyThere),
        Err(failure) => Err(failure.during(format!("adding {}", spec.text()))),
    }
}

fn deleted(
    result: Result<(), Failure>,
    interface: &Interface,
    address: IpAddr,
    prefix_len: u8,
) -> Result<bool, NetlinkError> {
    match result {
        Ok(()) => Ok(true),
        Err(failure) if matches!(failure.errno(), Some(Errno::EADDRNOTAVAIL | Errno::ENODEV)) => {
            Ok(false)
        }
        Err(failure) => {
            Err(failure.during(format!("removing {address}/{prefix_len} from {interface}")))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_rounded_up_to_whole_seconds_and_is_never_zero_or_endless() {
        assert_eq!(seconds(Duration::ZERO), 1);
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        assert_eq!(seconds(Duration::from_secs(3)), 3);
        assert_eq!(seconds(Duration::from_millis(3001)), 4);
        assert_eq!(seconds(Duration::MAX), FOREVER - 1);
    }
}
