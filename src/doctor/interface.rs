//! The interface of an instance: there, switched on, connected, with an address to speak from.

use super::Findings;
use super::scene::{Scene, Site};

pub(super) fn examine(scene: &Scene, site: &Site, findings: &mut Findings<'_>) {
    let name = site.interface();
    let Some(link) = &site.link else {
        let known = scene.links.iter().filter(|link| !link.loopback);
        let known: Vec<&str> = known.map(|link| link.name.as_str()).collect();
        let what = match site.instance.interface {
            Some(_) => format!("there is no interface {name}"),
            None => "no route leads to the first address, so that there is no interface".to_owned(),
        };
        findings.problem(
            what,
            format!(
                "name one as `interface`; this host has {}",
                known.join(", ")
            ),
        );
        return;
    };
    if !link.up {
        let remedy = format!("ip link set {name} up");
        findings.problem(format!("{name} is switched off"), remedy);
    } else if !link.carrier {
        findings.problem(
            format!("{name} has no carrier"),
            "look at the cable, the switch's port, or the interfaces it is made of",
        );
    } else {
        findings.ok(format!("{name} is up and has a carrier"));
    }
    if let Some(controller) = link.controller {
        let of = scene.links.iter().find(|link| link.index == controller);
        let of = of.map_or("another interface", |link| link.name.as_str());
        findings.problem(
            format!("{name} is a port of {of}, where the addresses belong"),
            format!("write `interface: {of}`"),
        );
    }
    if site.instance.peers.is_none() && !link.multicast {
        findings.problem(
            format!("{name} does no multicast"),
            format!("ip link set {name} multicast on, or list the hosts as `peers`"),
        );
    }
    source(scene, site, findings);
}

fn source(scene: &Scene, site: &Site, findings: &mut Findings<'_>) {
    let name = site.interface();
    match (site.source, site.instance.source) {
        (Some(source), Some(_)) => {
            let here = scene.addresses.iter().any(|info| info.address == source);
            if here {
                findings.ok(format!("adverts come from {source}"));
            } else {
                findings.problem(
                    format!("this host does not have {source}, the `source` of adverts"),
                    "write an address that this host has, or remove `source`",
                );
            }
        }
        (Some(source), None) => findings.ok(format!("adverts come from {source}")),
        (None, _) => findings.problem(
            format!(
                "{name} has no {} address to send adverts from",
                if site.instance.family() == vrrp_config::Family::Ipv4 {
                    "IPv4"
                } else {
                    "link-local IPv6"
                }
            ),
            "give the interface an address of its own; IPv6: switch it on for the interface",
        ),
    }
}
