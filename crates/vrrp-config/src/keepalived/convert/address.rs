//! The lines of `virtual_ipaddress`.

use std::net::IpAddr;

use super::reasons::UNKNOWN;
use crate::keepalived::Effect;
use crate::keepalived::ledger::Ledger;
use crate::keepalived::number;
use crate::keepalived::output::Instance;
use crate::keepalived::tree::Directive;
use crate::read::not_unicast;

/// The most addresses in an advert: its count is one byte, and with IPv6 it has to fit 1500 bytes.
const MOST_IPV4: usize = 255;
const MOST_IPV6: usize = 90;

/// The virtual addresses of an instance, all of one family.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    addresses: Vec<(IpAddr, u8)>,
}

impl Addresses {
    /// Whether `address` is one of them.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|(known, _)| *known == address)
    }

    /// Whether they are IPv6; `None` without any.
    pub(super) fn is_ipv6(&self) -> Option<bool> {
        self.addresses.first().map(|(address, _)| address.is_ipv6())
    }

    /// As `vrrpd.yaml` has them: with a prefix where it is not that of a single address.
    pub(super) fn texts(&self) -> Vec<String> {
        let text = |(address, prefix): &(IpAddr, u8)| {
            if *prefix == single(*address) {
                address.to_string()
            } else {
                format!("{address}/{prefix}")
            }
        };
        self.addresses.iter().map(text).collect()
    }

    /// Reads one line, for an instance on `interface` that comes after the `earlier` ones.
    pub(super) fn read(
        &mut self,
        line: &Directive,
        interface: Option<&str>,
        earlier: &[Instance],
        ledger: &mut Ledger,
    ) {
        let Some((address, prefix)) = parse(line.keyword()) else {
            ledger.lost(line, "it does not begin with an address");
            return;
        };
        if !is_host(address, prefix) {
            ledger.lost(line, "it is not the address of a host");
            return;
        }
        let most = if address.is_ipv6() {
            MOST_IPV6
        } else {
            MOST_IPV4
        };
        if self.addresses.len() == most {
            ledger.lost(
                line,
                "there are more addresses than fit an advert; make a second instance",
            );
            return;
        }
        if self.is_ipv6().is_some_and(|ipv6| ipv6 != address.is_ipv6()) {
            let why =
                "an instance serves one family, that of its first address; make a second instance";
            ledger.lost(line, why);
            return;
        }
        if self.contains(address) {
            ledger.lost(line, "the address is given twice");
            return;
        }
        if let Some(other) = earlier.iter().find(|other| has(other, address, interface)) {
            let why = format!("the instance {} has this address already", other.name);
            ledger.lost(line, why);
            return;
        }
        self.addresses.push((address, prefix));
        options(line, interface, ledger);
    }
}

/// `address` or `address/prefix`.
fn parse(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = single(address);
    let prefix = match prefix {
        Some(prefix) => u8::try_from(number::whole(prefix, 1..=i64::from(most))?).ok()?,
        None => most,
    };
    Some((address, prefix))
}

/// Whether a host can have the address in a network with that prefix.
fn is_host(address: IpAddr, prefix: u8) -> bool {
    if not_unicast(address).is_some() {
        return false;
    }
    match address {
        IpAddr::V4(address) => {
            let host_bits = u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
            let host = u32::from(address) & host_bits;
            host_bits <= 1 || (host != 0 && host != host_bits)
        }
        IpAddr::V6(_) => true,
    }
}

fn single(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// What stands behind the address: nothing of it is carried over.
fn options(line: &Directive, interface: Option<&str>, ledger: &mut Ledger) {
    let mut words = line.args(1).iter().map(String::as_str);
    while let Some(word) = words.next() {
        let takes_value = ["dev", "label", "scope", "brd", "peer", "preferred_lft"].contains(&word);
        let value = if takes_value {
            words.next().unwrap_or_default()
        } else {
            ""
        };
        let (effect, why) = match (word, value) {
            ("dev", dev) if Some(dev) == interface => {
                (Effect::None, "it is the interface of the instance")
            }
            ("dev", _) => (
                Effect::Changed,
                "vrrpd adds the addresses to the interface of the instance; for another one make an instance there",
            ),
            ("scope", "global") => (Effect::None, "vrrpd adds every address with this scope"),
            ("noprefixroute" | "-nodad", _) => (Effect::None, "vrrpd always adds addresses so"),
            ("preferred_lft", "0") => (Effect::None, "vrrpd adds IPv6 addresses so"),
            ("preferred_lft", _) => (
                Effect::Changed,
                "no virtual address is ever chosen as the source of a connection",
            ),
            ("label", _) => (Effect::Changed, "vrrpd gives addresses no label"),
            ("scope", _) => (Effect::Changed, "vrrpd adds addresses with global scope"),
            ("brd", _) => (Effect::Changed, "vrrpd sets no broadcast address"),
            ("peer", _) => (Effect::Changed, "vrrpd sets no peer address"),
            ("no_track", _) => (
                Effect::Changed,
                "vrrpd always puts an address back that somebody deletes",
            ),
            ("use_vmac", _) => (Effect::Changed, "`vmac` is a setting of the whole instance"),
            ("home" | "mngtmpaddr" | "autojoin", _) => {
                (Effect::Changed, "vrrpd has no such setting for addresses")
            }
            _ => (Effect::Changed, UNKNOWN),
        };
        let part = format!("{} {word} {value}", line.keyword());
        ledger.part(line, part.trim_end(), why, effect);
    }
}

/// Whether `other` has `address` where that cannot be another one: a link-local address may be
/// on each of two interfaces.
fn has(other: &Instance, address: IpAddr, interface: Option<&str>) -> bool {
    let link_local = matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
    let apart = matches!((&other.interface, interface), (Some(x), Some(y)) if x != y);
    let mut theirs = other.addresses.iter().filter_map(|text| parse(text));
    !(link_local && apart) && theirs.any(|(known, _)| known == address)
}
