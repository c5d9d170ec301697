//! nft's words for the two address families.

use std::net::IpAddr;

use crate::service::Service;

/// How nft calls things of one address family.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) ip: &'static str,
    pub(super) address: &'static str,
    pub(super) family: &'static str,
}

const V4: Words = Words {
    ip: "ip",
    address: "ipv4_addr",
    family: "ipv4",
};
const V6: Words = Words {
    ip: "ip6",
    address: "ipv6_addr",
    family: "ipv6",
};

pub(super) fn words(address: IpAddr) -> &'static Words {
    if address.is_ipv4() { &V4 } else { &V6 }
}

/// The services of each family that has any.
pub(super) fn by_family<'a>(services: &[&'a Service]) -> Vec<(&'static Words, Vec<&'a Service>)> {
    let of = |words: &'static Words| {
        let of_it = services
            .iter()
            .filter(|service| self::words(service.address) == words);
        (words, of_it.copied().collect::<Vec<_>>())
    };
    let families = [of(&V4), of(&V6)].into_iter();
    families
        .filter(|(_, services)| !services.is_empty())
        .collect()
}
