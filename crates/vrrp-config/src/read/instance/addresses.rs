//! The addresses of an instance: its own, its source, its peers.

use std::net::IpAddr;

use super::address::{host_address, virtual_address};
use crate::config::{Family, VirtualAddress};
use crate::read::object::{Field, Object};
use crate::report::Report;
use crate::yaml::Node;

/// The most IPv4 addresses: the count of an advert is one byte.
const MOST_IPV4: usize = 255;

/// The most IPv6 addresses that fit an advert of 1500 bytes with its IPv6 header.
const MOST_IPV6: usize = 90;

/// The virtual addresses, a link-local one first, and the first as written.
pub(super) fn read(
    object: &Object<'_>,
    report: &mut Report,
) -> (Vec<VirtualAddress>, Option<IpAddr>) {
    let Some(field) = object.require("addresses", report) else {
        return (Vec::new(), None);
    };
    let Some(items) = field.list(report) else {
        return (Vec::new(), None);
    };
    if items.is_empty() {
        report
            .error(field.value, "`addresses` is empty")
            .hint("give the virtual address, such as 10.0.50.20");
    }
    let read = each(field, items, report, virtual_address);
    for (at, (found, node)) in read.iter().enumerate() {
        let earlier = read
            .iter()
            .take(at)
            .find(|(other, _)| other.address == found.address);
        if let Some((_, first)) = earlier {
            report
                .error(
                    node,
                    format!("the address {} is given twice", found.address),
                )
                .related(first, "first given here");
        }
    }
    let first = read.first().map(|(found, _)| found.address);
    same_family(&read, |found| found.address, report);
    let most = match first.map(Family::of) {
        Some(Family::Ipv6) => MOST_IPV6,
        _ => MOST_IPV4,
    };
    if read.len() > most {
        report
            .error(
                field.value,
                format!("{} addresses do not fit an advert, {most} do", read.len()),
            )
            .hint("use a second instance with another VRID for the rest");
    }
    let mut addresses: Vec<VirtualAddress> = read.into_iter().map(|(found, _)| found).collect();
    addresses.sort_by_key(|found| !is_link_local(found.address));
    (addresses, first)
}

/// The source address of adverts.
pub(super) fn source(
    object: &Object<'_>,
    addresses: &[VirtualAddress],
    unicast: bool,
    priority: u8,
    report: &mut Report,
) -> Option<IpAddr> {
    let field = object.get("source")?;
    let source = host_address(field, report)?;
    if !fits_family(field.value, "source", source, addresses, report) {
        return None;
    }
    if priority != 255
        && addresses
            .iter()
            .any(|virtual_address| virtual_address.address == source)
    {
        report
            .error(
                field.value,
                format!("`source` {source} is a virtual address of the instance"),
            )
            .hint("write this host's own address, which it has whether master or not");
    } else if source.is_ipv6() && !unicast && !is_link_local(source) {
        report
            .warning(
                field.value,
                "`source` is no link-local address, as multicast over IPv6 wants",
            )
            .hint("remove `source` to use the interface's link-local address (RFC 9568 section 5.1.2.1)");
    }
    Some(source)
}

/// The hosts that adverts go to, where they are not multicast.
pub(super) fn peers(
    object: &Object<'_>,
    addresses: &[VirtualAddress],
    report: &mut Report,
) -> Option<Vec<IpAddr>> {
    let field = object.get("peers")?;
    let items = field.list(report)?;
    if items.is_empty() {
        report
            .error(field.value, "`peers` is empty: adverts would go to nobody")
            .hint("give the other hosts' addresses, or remove `peers` for multicast");
    }
    let own = object
        .node
        .get("source")
        .and_then(Node::text)
        .and_then(|text| text.parse().ok());
    let read = each(field, items, report, host_address);
    for (at, (peer, node)) in read.iter().enumerate() {
        let earlier = read.iter().take(at).find(|(other, _)| other == peer);
        if let Some((_, first)) = earlier {
            report
                .error(node, format!("the peer {peer} is given twice"))
                .related(first, "first given here");
        } else if Some(*peer) == own {
            report
                .error(
                    node,
                    format!("the peer {peer} is this host itself, its `source`"),
                )
                .hint("`peers` are the other hosts");
        } else if addresses
            .iter()
            .any(|virtual_address| virtual_address.address == *peer)
        {
            report
                .error(
                    node,
                    format!("the peer {peer} is a virtual address of the instance"),
                )
                .hint("`peers` are the other hosts' own addresses");
        } else {
            fits_family(node, "peers", *peer, addresses, report);
        }
    }
    Some(read.into_iter().map(|(peer, _)| peer).collect())
}

fn each<'a, T>(
    field: Field<'a>,
    items: &'a [Node],
    report: &mut Report,
    read: impl Fn(Field<'a>, &mut Report) -> Option<T>,
) -> Vec<(T, &'a Node)> {
    items
        .iter()
        .filter_map(|item| Some((read(field.item(item), report)?, item)))
        .collect()
}

fn same_family<T>(read: &[(T, &Node)], address: impl Fn(&T) -> IpAddr, report: &mut Report) {
    let Some((first, first_node)) = read.first() else {
        return;
    };
    let family = Family::of(address(first));
    let stranger = read
        .iter()
        .find(|(other, _)| Family::of(address(other)) != family);
    if let Some((other, node)) = stranger {
        report
            .error(
                node,
                format!(
                    "{} is {}, but the first address is {family}",
                    address(other),
                    Family::of(address(other))
                ),
            )
            .related(first_node, format!("{family} here"))
            .hint("one instance has one family: give the other family an instance of its own");
    }
}

fn fits_family(
    node: &Node,
    name: &str,
    address: IpAddr,
    addresses: &[VirtualAddress],
    report: &mut Report,
) -> bool {
    let Some(first) = addresses.first() else {
        return true;
    };
    let family = Family::of(first.address);
    let fits = Family::of(address) == family;
    if !fits {
        report.error(
            node,
            format!(
                "`{name}`: {address} is {}, but the addresses are {family}",
                Family::of(address)
            ),
        );
    }
    fits
}

fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}
