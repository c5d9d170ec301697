//! The virtual addresses: whose they are now, and whether they fit the interface's network.

use std::net::IpAddr;

use super::Findings;
use super::scene::{Scene, Site};
use super::segment::Heard;

/// Virtual MAC addresses of IPv4 (RFC 9568 section 7.3); the VRID follows.
const VIRTUAL_MAC: [u8; 5] = [0x00, 0x00, 0x5e, 0x00, 0x01];

pub(super) fn examine(scene: &Scene, site: &Site, findings: &mut Findings<'_>) {
    let Some(link) = &site.link else {
        return;
    };
    for found in &site.instance.addresses {
        let address = found.address;
        let own = |info: &&vrrp_net::netlink::AddressInfo| {
            info.ifindex == link.index && info.address != address && !info.is_ours()
        };
        let link_local = matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
        let near = scene.addresses.iter().filter(own);
        if link_local || near.clone().any(|info| info.is_prefix_of(address)) {
            findings.ok(format!("{address} is in a network of {}", link.name));
        } else {
            findings.warning(
                format!("{address} is in no network of {}", link.name),
                "clients need a route to it through the hosts, and clouds must be told to let it \
                 pass (source and destination check off, or allowed address pairs)",
            );
        }
        held_by_others(scene, site, address, findings);
    }
}

/// Who has the address now: the master and nobody else.
fn held_by_others(scene: &Scene, site: &Site, address: IpAddr, findings: &mut Findings<'_>) {
    let here = scene.addresses.iter().find(|info| info.address == address);
    if let Some(info) = here
        && !info.is_ours()
        && site.instance.priority != 255
    {
        findings.problem(
            format!("this host has {address} already, and not from vrrpd"),
            "stop what put it there (an old Keepalived, a static configuration) and delete it: \
             vrrpd leaves alone what is not its own",
        );
    }
    if here.is_some_and(vrrp_net::netlink::AddressInfo::is_ours) && scene.status.is_err() {
        findings.warning(
            format!("this host has {address} from a vrrpd that does not answer"),
            "`vrrpd cleanup` removes it, unless the daemon is to return at once",
        );
    }
    let holders = match site.holders.get(&address) {
        None => return,
        Some(Ok(holders)) => holders,
        Some(Err(why)) => {
            findings.warning(
                format!("who has {address} could not be asked: {why}"),
                "run this as root",
            );
            return;
        }
    };
    let shown: Vec<String> = holders.iter().map(mac).collect();
    let shown = shown.join(" and ");
    let master = |one: &Heard| one.vrid == site.instance.vrid && one.priority > 0;
    let heard = site
        .heard
        .as_ref()
        .is_ok_and(|heard| heard.iter().any(master));
    let is_virtual = |mac: &[u8; 6]| mac.starts_with(&VIRTUAL_MAC);
    match (holders.as_slice(), here.is_some()) {
        ([], true) => findings.ok(format!("{address} is here and nowhere else")),
        ([], false) if heard => findings.warning(
            format!("there is a master, but nobody answers for {address}"),
            "see `vrrpd status` on the master: is the address present there? Is ARP filtered?",
        ),
        ([], false) => findings.ok(format!("{address} is free")),
        ([_], false) if heard => findings.ok(format!("{address} is at {shown}, with a master")),
        ([only], false) if is_virtual(only) => {
            findings.ok(format!("{address} is at the virtual MAC address {shown}"));
        }
        ([_], false) => findings.problem(
            format!("{address} is in use at {shown}, and no master of its VRID is heard"),
            "choose a free address, or find out whose it is; if it is a master's, its adverts do \
             not arrive here",
        ),
        (_, true) => findings.problem(
            format!("{address} is here and also at {shown}"),
            "two hosts answer for one address: see `vrrpd status` on both, and whether they hear \
             each other",
        ),
        (_, false) => findings.problem(
            format!("{address} is in several places: at {shown}"),
            "only the master may answer for it: find the other by its MAC address",
        ),
    }
}

fn mac(bytes: &[u8; 6]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(":")
}
