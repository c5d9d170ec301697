//! IP addresses, prefixes, endpoints.

use std::net::{IpAddr, SocketAddr};

use super::object::Field;
use super::scalar::text;
use crate::config::{Family, HostPort, Network, VirtualAddress};
use crate::report::Report;
use crate::words::quoted;

/// A unicast address of a host.
pub(crate) fn host_address(field: Field<'_>, report: &mut Report) -> Option<IpAddr> {
    let given = text(field, report)?;
    let address = plain_address(field, given, report)?;
    unicast(field, address, report)
}

/// A virtual address, with or without a prefix.
pub(crate) fn virtual_address(field: Field<'_>, report: &mut Report) -> Option<VirtualAddress> {
    let given = text(field, report)?;
    let (address, prefix) = match given.split_once('/') {
        None => (given, None),
        Some((address, prefix)) => (address, Some(prefix)),
    };
    let address = plain_address(field, address, report)?;
    let address = unicast(field, address, report)?;
    let family = Family::of(address);
    let longest = family.host_prefix();
    let prefix = match prefix {
        None => longest,
        Some(prefix) => match prefix.parse::<u8>() {
            Ok(length) if (1..=longest).contains(&length) => length,
            _ => {
                report
                    .error(
                        field.value,
                        format!(
                            "{} has a prefix that is none of 1 to {longest}",
                            quoted(given)
                        ),
                    )
                    .hint(format!("leave the prefix out for /{longest}"));
                return None;
            }
        },
    };
    if let Some(what) = not_a_host(address, prefix) {
        report
            .error(
                field.value,
                format!("{given} is the {what} of its network, not a host's"),
            )
            .hint(format!(
                "use a free host address, or leave the prefix out for /{longest}"
            ));
        return None;
    }
    Some(VirtualAddress { address, prefix })
}

/// Why an address cannot be a host's within its IPv4 prefix.
fn not_a_host(address: IpAddr, prefix: u8) -> Option<&'static str> {
    let IpAddr::V4(address) = address else {
        return None;
    };
    if prefix >= 31 {
        return None;
    }
    let host_bits = u32::MAX.checked_shr(prefix.into())?;
    match u32::from(address) & host_bits {
        0 => Some("network address"),
        bits if bits == host_bits => Some("broadcast address"),
        _ => None,
    }
}

/// `host:port` with an IP address or a name.
pub(crate) fn host_port(field: Field<'_>, report: &mut Report) -> Option<HostPort> {
    let given = text(field, report)?;
    match split_host_port(given) {
        Ok((host, Some(port))) => Some(HostPort {
            host: host.to_owned(),
            port,
        }),
        Ok((_, None)) => {
            report
                .error(
                    field.value,
                    format!("`{}` is {} without a port", field.name, quoted(given)),
                )
                .hint("write host:port, an IPv6 address in brackets: \"[fd00::1]:6443\"");
            None
        }
        Err(problem) => {
            report
                .error(
                    field.value,
                    format!("`{}` is {}: {problem}", field.name, quoted(given)),
                )
                .hint("write host:port, an IPv6 address in brackets: \"[fd00::1]:6443\"");
            None
        }
    }
}

/// The two parts of `host:port`; the port may be missing. Brackets are taken off.
pub(crate) fn split_host_port(text: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or("the bracket is not closed")?;
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(format!("{} is no IPv6 address", quoted(host)));
            }
            match after.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if after.is_empty() => (host, None),
                None => return Err("after the bracket comes `:` and a port".to_owned()),
            }
        }
        None if text.parse::<std::net::Ipv6Addr>().is_ok() => (text, None),
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() {
        return Err("the host is missing".to_owned());
    }
    if host.contains(|c: char| c.is_whitespace() || c.is_control() || "/@[]{}".contains(c)) {
        return Err(format!("{} is no host", quoted(host)));
    }
    let port = port.map(parse_port).transpose()?;
    Ok((host, port))
}

fn parse_port(text: &str) -> Result<u16, String> {
    match text.parse::<u16>() {
        Ok(port) if port > 0 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(port),
        _ => Err(format!("the port {} is none of 1 to 65535", quoted(text))),
    }
}

/// `address:port`, no names.
pub(crate) fn socket_address(field: Field<'_>, report: &mut Report) -> Option<SocketAddr> {
    let given = text(field, report)?;
    let parsed = split_host_port(given)
        .ok()
        .and_then(|(host, port)| Some(SocketAddr::new(host.parse().ok()?, port?)));
    if parsed.is_none() {
        report
            .error(
                field.value,
                format!(
                    "`{}` must be address:port, not {}",
                    field.name,
                    quoted(given)
                ),
            )
            .hint("write for example \"127.0.0.1:9650\" or \"[::1]:9650\"");
    }
    parsed
}

/// A network in CIDR form, or a single address.
pub(crate) fn network(field: Field<'_>, report: &mut Report) -> Option<Network> {
    let given = text(field, report)?;
    let (address, prefix) = match given.split_once('/') {
        None => (given, None),
        Some((address, prefix)) => (address, Some(prefix)),
    };
    let address = plain_address(field, address, report)?;
    let longest = Family::of(address).host_prefix();
    let Some(prefix) = prefix.map_or(Some(longest), |prefix| {
        prefix.parse().ok().filter(|length| *length <= longest)
    }) else {
        report.error(
            field.value,
            format!(
                "{} has a prefix that is none of 0 to {longest}",
                quoted(given)
            ),
        );
        return None;
    };
    let network = first_of(address, prefix);
    if network != address {
        report
            .error(field.value, format!("{given} has bits beyond its prefix"))
            .hint(format!("write {network}/{prefix}"));
        return None;
    }
    Some(Network { address, prefix })
}

/// The first address of the network that `address` is in.
fn first_of(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let host_bits = u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
            IpAddr::V4((u32::from(address) & !host_bits).into())
        }
        IpAddr::V6(address) => {
            let host_bits = u128::MAX.checked_shr(prefix.into()).unwrap_or(0);
            IpAddr::V6((u128::from(address) & !host_bits).into())
        }
    }
}

/// The address in a text that may be something else that looks like one.
fn plain_address(field: Field<'_>, given: &str, report: &mut Report) -> Option<IpAddr> {
    if let Ok(address) = given.parse() {
        return Some(address);
    }
    let hint = if given.contains('%') {
        "leave the zone out: `interface` says where a link-local address is"
    } else if split_host_port(given)
        .is_ok_and(|(host, port)| port.is_some() && host.parse::<IpAddr>().is_ok())
    {
        "leave the port out"
    } else if given.starts_with('[') {
        "leave the brackets out"
    } else if given.contains('/') {
        "only an address can stand here, without a prefix"
    } else if given.split('.').count() == 4
        && given.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    {
        "each of the four numbers is from 0 to 255, without leading zeros"
    } else {
        "names are not looked up: write the IP address, such as 10.0.50.20 or fd00::20"
    };
    report
        .error(
            field.value,
            format!("`{}`: {} is no IP address", field.name, quoted(given)),
        )
        .hint(hint);
    None
}

/// Only an address that one host on a network can have.
fn unicast(field: Field<'_>, address: IpAddr, report: &mut Report) -> Option<IpAddr> {
    let Some(kind) = not_unicast(address) else {
        return Some(address);
    };
    let finding = report.error(
        field.value,
        format!(
            "`{}`: {address} is {kind}, not the address of a host",
            field.name
        ),
    );
    if let IpAddr::V6(v6) = address
        && let Some(v4) = v6.to_ipv4_mapped()
    {
        finding.hint(format!("write {v4}"));
    }
    None
}

/// What kind of address it is, if it can be no host's on a network.
pub(crate) fn not_unicast(address: IpAddr) -> Option<&'static str> {
    if address.is_unspecified() {
        return Some("the unspecified address");
    }
    if address.is_loopback() {
        return Some("a loopback address");
    }
    if address.is_multicast() {
        return Some("a multicast address");
    }
    match address {
        IpAddr::V4(address) if address.is_broadcast() => Some("the broadcast address"),
        IpAddr::V4(address) if address.octets()[0] == 0 || address.octets()[0] >= 240 => {
            Some("a reserved address")
        }
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => {
            Some("an IPv4 address in IPv6 form")
        }
        _ => None,
    }
}
