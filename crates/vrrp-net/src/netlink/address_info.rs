//! Addresses as netlink tells of them, and which of them adverts come from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use rtnetlink::packet_route::address::{
    AddressAttribute, AddressFlags, AddressMessage, AddressScope,
};

use super::ADDRESS_PROTOCOL;
use super::address::FOREVER;

/// An address that an interface has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressInfo {
    /// Index of the interface.
    pub ifindex: u32,
    /// The address.
    pub address: IpAddr,
    /// Bits of the prefix.
    pub prefix_len: u8,
    /// Whether it reaches beyond the link (neither link-local nor host-only).
    pub global: bool,
    /// IPv4: another address of the same prefix came first.
    pub secondary: bool,
    /// IPv6: duplicate address detection is not done.
    pub tentative: bool,
    /// IPv6: another host has it.
    pub dad_failed: bool,
    /// Not chosen as a source.
    pub deprecated: bool,
    /// How long it still lives; `None` for ever.
    pub lifetime: Option<Duration>,
    /// The tag it was added with, where the kernel keeps one.
    pub protocol: Option<u8>,
}

impl AddressInfo {
    /// Whether it carries vrrpd's tag.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.protocol == Some(ADDRESS_PROTOCOL)
    }

    /// Whether `address` is of the same prefix.
    #[must_use]
    pub fn is_prefix_of(&self, address: IpAddr) -> bool {
        let (own, other, host_bits) = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits().into(), other.to_bits().into(), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        let host_bits = u32::saturating_sub(host_bits, self.prefix_len.into());
        u128::checked_shr(own ^ other, host_bits).unwrap_or_default() == 0
    }

    pub(crate) fn read(message: AddressMessage) -> Option<Self> {
        let header = message.header;
        let mut flags = AddressFlags::from_bits_retain(u32::from(header.flags.bits()));
        let (mut local, mut address, mut valid, mut protocol) = (None, None, FOREVER, None);
        for attribute in message.attributes {
            match attribute {
                AddressAttribute::Local(value) => local = Some(value),
                AddressAttribute::Address(value) => address = Some(value),
                AddressAttribute::Flags(value) => flags = value,
                AddressAttribute::CacheInfo(lifetimes) => valid = lifetimes.ifa_valid,
                AddressAttribute::Protocol(value) => protocol = Some(value.into()),
                _ => {}
            }
        }
        let has = |flag| flags.contains(flag);
        // On a point-to-point link the other attribute is the peer.
        let address = local.or(address)?;
        Some(Self {
            ifindex: header.index,
            address,
            prefix_len: header.prefix_len,
            global: matches!(header.scope, AddressScope::Universe | AddressScope::Site),
            // The same bit means "temporary" over IPv6.
            secondary: address.is_ipv4() && has(AddressFlags::Secondary),
            tentative: has(AddressFlags::Tentative) && !has(AddressFlags::Optimistic),
            dad_failed: has(AddressFlags::Dadfailed),
            deprecated: has(AddressFlags::Deprecated),
            lifetime: (valid != FOREVER).then(|| Duration::from_secs(valid.into())),
            protocol,
        })
    }
}

/// The address that adverts over IPv4 come from by default: the interface's first that is
/// neither secondary nor ours. `virtual_addresses` are left out even untagged.
#[must_use]
pub fn primary_ipv4<'a>(
    addresses: impl IntoIterator<Item = &'a AddressInfo>,
    ifindex: u32,
    virtual_addresses: &[IpAddr],
) -> Option<Ipv4Addr> {
    addresses
        .into_iter()
        .filter(|info| info.ifindex == ifindex && !info.secondary && !info.is_ours())
        .filter(|info| !virtual_addresses.contains(&info.address))
        .find_map(|info| match info.address {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
}

/// The address that adverts over IPv6 come from by default: the interface's link-local one,
/// once duplicate address detection has passed it.
#[must_use]
pub fn link_local_ipv6<'a>(
    addresses: impl IntoIterator<Item = &'a AddressInfo>,
    ifindex: u32,
    virtual_addresses: &[IpAddr],
) -> Option<Ipv6Addr> {
    addresses
        .into_iter()
        .filter(|info| info.ifindex == ifindex && !info.is_ours())
        .filter(|info| !info.tentative && !info.dad_failed)
        .filter(|info| !virtual_addresses.contains(&info.address))
        .find_map(|info| match info.address {
            IpAddr::V6(address) if address.is_unicast_link_local() => Some(address),
            _ => None,
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn info(address: &str) -> AddressInfo {
        AddressInfo {
            ifindex: 2,
            address: address.parse().unwrap(),
            prefix_len: 24,
            global: true,
            secondary: false,
            tentative: false,
            dad_failed: false,
            deprecated: false,
            lifetime: None,
            protocol: None,
        }
    }

    #[test]
    fn an_address_is_of_the_prefix_whose_bits_it_shares() {
        let is_of = |prefix: &str, prefix_len: u8, address: &str| {
            let mut info = info(prefix);
            info.prefix_len = prefix_len;
            info.is_prefix_of(address.parse().unwrap())
        };
        assert!(is_of("10.0.50.11", 24, "10.0.50.20"));
        assert!(!is_of("10.0.50.11", 24, "10.0.51.20"));
        assert!(is_of("10.0.50.11", 32, "10.0.50.11"));
        assert!(!is_of("10.0.50.11", 32, "10.0.50.10"));
        assert!(is_of("10.0.50.11", 0, "192.0.2.1"));
        assert!(is_of("fd00:50::11", 64, "fd00:50::20"));
        assert!(!is_of("fd00:50::11", 64, "fd00:51::20"));
        assert!(is_of("fd00::", 0, "::1"));
        assert!(!is_of("::10.0.50.11", 96, "10.0.50.20"));
    }

    #[test]
    fn the_primary_ipv4_address_is_the_first_that_is_neither_secondary_nor_virtual() {
        let mut ours = info("10.0.0.100");
        ours.protocol = Some(ADDRESS_PROTOCOL);
        let mut secondary = info("10.0.0.3");
        secondary.secondary = true;
        let mut elsewhere = info("10.0.0.1");
        elsewhere.ifindex = 3;
        let untagged = info("10.0.0.101");
        let list = [
            info("fe80::1"),
            elsewhere,
            ours,
            untagged.clone(),
            secondary,
            info("10.0.0.2"),
        ];
        assert_eq!(
            primary_ipv4(&list, 2, &[untagged.address]),
            Some(Ipv4Addr::new(10, 0, 0, 2))
        );
        assert_eq!(primary_ipv4(&list, 4, &[]), None);
    }

    #[test]
    fn the_link_local_address_is_used_only_once_it_is_known_to_be_unique() {
        let mut tentative = info("fe80::2");
        tentative.tentative = true;
        let mut failed = info("fe80::3");
        failed.dad_failed = true;
        let list = [info("2001:db8::1"), tentative, failed];
        assert_eq!(link_local_ipv6(&list, 2, &[]), None);
        assert_eq!(
            link_local_ipv6(&[info("fe80::4")], 2, &[]),
            Some("fe80::4".parse().unwrap())
        );
    }
}
