//! Source address, peers, and the TTL that is demanded of them.

use std::net::IpAddr;

use super::draft::Draft;
use crate::keepalived::Effect;
use crate::keepalived::convert::address::Addresses;
use crate::keepalived::ledger::Ledger;
use crate::keepalived::number;
use crate::keepalived::tree::Directive;
use crate::read::not_unicast;

const FAMILY: &str = "it is not of the family of the virtual addresses";
const NO_HOST: &str = "it is not the address of a host";
const VIRTUAL: &str = "it is a virtual address of the instance";

#[derive(Default)]
pub(super) struct Unicast {
    pub(super) source: Option<IpAddr>,
    pub(super) peers: Option<Vec<String>>,
    /// `None`: 255.
    pub(super) min_ttl: Option<u8>,
}

pub(super) fn convert(draft: &Draft<'_>, addresses: &Addresses, ledger: &mut Ledger) -> Unicast {
    let unfit = |address: IpAddr| {
        if addresses.is_ipv6() != Some(address.is_ipv6()) {
            Some(FAMILY)
        } else if not_unicast(address).is_some() {
            Some(NO_HOST)
        } else if addresses.contains(address) {
            Some(VIRTUAL)
        } else {
            None
        }
    };
    let mut unicast = Unicast::default();
    if let Some((source, directive)) = draft.source {
        match unfit(source) {
            Some(why) => ledger.lost(directive, why),
            None => unicast.source = Some(source),
        }
    }
    let Some(block) = draft.peers else {
        return unicast;
    };
    let mut peers: Vec<IpAddr> = Vec::new();
    let mut least = None;
    for line in block.block() {
        let Ok(peer) = line.keyword().parse() else {
            ledger.lost(line, "it is no address");
            continue;
        };
        if let Some(why) = unfit(peer) {
            ledger.lost(line, why);
        } else if unicast.source == Some(peer) {
            ledger.needless(line, "it is this host itself");
        } else if peers.contains(&peer) {
            ledger.needless(line, "it is given twice");
        } else {
            peers.push(peer);
            least = least.into_iter().chain(min_ttl(line, ledger)).min();
        }
    }
    if peers.is_empty() {
        let why = "there is no peer in it that can be carried over; the instance uses multicast";
        ledger.lost(block, why);
        return unicast;
    }
    let near = peers
        .iter()
        .chain(&unicast.source)
        .all(|address| network(*address) == network(peers[0]));
    unicast.min_ttl = match least {
        Some(ttl) => Some(ttl),
        None if near && draft.unicast_ttl == 255 && peers[0].is_ipv4() => None,
        None if near && draft.unicast_ttl == 255 => {
            // Measured with 2.2.7: it leaves the hop limit to the kernel, whose default is 64.
            let text = "Keepalived sends unicast over IPv6 with hop limit 64; raise `min_ttl` to 255 when every peer runs vrrpd";
            ledger.remark(&block.origin, text);
            Some(KERNEL_HOP_LIMIT)
        }
        None => {
            let text = "Keepalived takes any TTL of its peers; with routers on the way raise `min_ttl` to 255 less their number, without them to 255";
            ledger.remark(&block.origin, text);
            Some(1)
        }
    };
    unicast.peers = Some(peers.iter().map(ToString::to_string).collect());
    unicast
}

/// The hop limit of packets for which nobody sets one (net.ipv6.conf.all.hop_limit).
const KERNEL_HOP_LIMIT: u8 = 64;

/// The first 24 bits of an IPv4 address, the first 64 of an IPv6 address.
fn network(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address) >> 8),
        IpAddr::V6(address) => u128::from(address) >> 64,
    }
}

/// `min_ttl N` and `max_ttl N` behind a peer.
fn min_ttl(line: &Directive, ledger: &mut Ledger) -> Option<u8> {
    let mut least = None;
    for pair in line.args(1).chunks(2) {
        let value = pair.get(1).and_then(|text| number::whole(text, 0..=255));
        let value = value.and_then(|ttl| u8::try_from(ttl).ok());
        match (pair.first().map(String::as_str), value) {
            (Some("min_ttl"), Some(ttl)) => least = Some(ttl.max(1)),
            (Some("max_ttl"), Some(255)) => {}
            (Some("max_ttl"), Some(_)) => {
                let why = "vrrpd sets no upper limit to the TTL of its peers";
                ledger.part(line, line.text(), why, Effect::Changed);
            }
            _ => ledger.part(
                line,
                pair.join(" "),
                "Keepalived knows no such word here",
                Effect::None,
            ),
        }
    }
    least
}
