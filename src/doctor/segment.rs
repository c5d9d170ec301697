//! Who else speaks VRRP here: reception, foreign groups, other versions, second masters.
//!
//! Nothing is sent unless it is asked for: then one packet of a type that RFC 9568 does not know.
//! Every router drops it (section 5.2.2), so it takes part in no election; a running vrrpd notes
//! where it came from, and tells in its status.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use vrrp_net::socket::{Received, VrrpSocket};
use vrrp_wire::Family;
use vrrp_wire::constants::{GROUP_V4, GROUP_V6, TYPE_PROBE};

use super::Findings;
use super::scene::{Scene, Site};
use crate::status::InstanceState;

/// An advert as far as it tells who is there; checksums are the daemon's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) source: IpAddr,
    pub(super) ttl: u8,
    pub(super) version: u8,
    pub(super) vrid: u8,
    pub(super) priority: u8,
    pub(super) interval: Duration,
    pub(super) addresses: Vec<IpAddr>,
}

impl Heard {
    /// Reads the fixed part of a message (RFC 9568 section 5.1, RFC 3768 section 5.1).
    pub(super) fn read(family: Family, received: &Received<'_>) -> Option<Self> {
        let message = received.message;
        let [first, vrid, priority, count, fourth, fifth, ..] = *message else {
            return None;
        };
        let version = first >> 4;
        let interval = if version == 2 {
            Duration::from_secs(fifth.into())
        } else {
            Duration::from_millis(u64::from(u16::from_be_bytes([fourth & 0x0f, fifth])) * 10)
        };
        let list = message.get(8..).unwrap_or_default();
        let addresses = match family {
            Family::V4 => list
                .as_chunks::<4>()
                .0
                .iter()
                .map(|bytes| Ipv4Addr::from(*bytes).into())
                .take(count.into())
                .collect(),
            Family::V6 => list
                .as_chunks::<16>()
                .0
                .iter()
                .map(|bytes| Ipv6Addr::from(*bytes).into())
                .take(count.into())
                .collect(),
        };
        Some(Self {
            source: received.source,
            ttl: received.ttl,
            version,
            vrid,
            priority,
            interval,
            addresses,
        })
    }
}

pub(super) fn examine(scene: &Scene, site: &Site, findings: &mut Findings<'_>) {
    let heard = match &site.heard {
        Ok(heard) => heard,
        Err(why) => {
            findings.warning(
                format!("nobody could be listened to: {why}"),
                "run this as root, once the interface is usable",
            );
            return;
        }
    };
    probes(scene, site, findings);
    let vrid = site.instance.vrid;
    let (ours, others): (Vec<_>, Vec<_>) = heard.iter().partition(|one| one.vrid == vrid);
    for one in &ours {
        judge(site, one, findings);
    }
    masters(scene, site, &ours, findings);
    if ours.is_empty() {
        silence(scene, site, findings);
    }
    let mut told: Vec<(u8, IpAddr)> = Vec::new();
    for one in others {
        if !told.contains(&(one.vrid, one.source)) {
            told.push((one.vrid, one.source));
            findings.ok(format!(
                "{} is master of VRID {} here too (version {}, priority {}); ours is {vrid}",
                one.source, one.vrid, one.version, one.priority
            ));
        }
    }
}

/// Whether an advert under our VRID is one of our group's.
fn judge(site: &Site, one: &Heard, findings: &mut Findings<'_>) {
    let Heard { source, vrid, .. } = one;
    let instance = &site.instance;
    let mut good = true;
    if one.version != instance.version.number() {
        good = false;
        findings.problem(
            format!(
                "{source} speaks version {} under VRID {vrid}, this host version {}: they do not \
                 hear each other",
                one.version,
                instance.version.number()
            ),
            "give all hosts of the group the same `version`",
        );
    }
    if one.ttl < instance.min_ttl {
        good = false;
        findings.problem(
            format!(
                "an advert of {source} came with TTL {}, and is dropped",
                one.ttl
            ),
            "it was forwarded or made by something else: remove the router between the hosts, or \
             with `peers` lower `min_ttl`",
        );
    }
    let mut mine = instance.addresses.iter().map(|found| found.address);
    if !one.addresses.is_empty() && !mine.any(|address| one.addresses.contains(&address)) {
        findings.problem(
            format!(
                "{source} uses VRID {vrid} for {}: another group, or another product",
                list(&one.addresses)
            ),
            "give this group another `vrid`, on all of its hosts",
        );
        return;
    }
    if one.version == instance.version.number() && one.interval != instance.advert_interval {
        good = false;
        findings.warning(
            format!(
                "{source} advertises every {} ms, this host would every {} ms",
                one.interval.as_millis(),
                instance.advert_interval.as_millis()
            ),
            "give all hosts of the group the same `advert_interval`",
        );
    }
    if one.priority == instance.priority && site.source != Some(*source) {
        good = false;
        findings.warning(
            format!("{source} has the priority {} too", one.priority),
            "give each host a priority of its own: of equals the higher address wins",
        );
    }
    if good {
        findings.ok(format!(
            "{source} is heard as master of VRID {vrid} (version {}, priority {})",
            one.version, one.priority
        ));
    }
}

fn masters(scene: &Scene, site: &Site, ours: &[&Heard], findings: &mut Findings<'_>) {
    let mut masters: Vec<IpAddr> = ours
        .iter()
        .filter(|one| one.priority > 0)
        .map(|one| one.source)
        .collect();
    masters.sort_unstable();
    masters.dedup();
    let here = scene
        .status_of(site)
        .is_some_and(|status| status.state == InstanceState::Master);
    if masters.len() + usize::from(here) > 1 {
        let also = if here { " and this host" } else { "" };
        findings.problem(
            format!("{}{also} are masters at the same time", list(&masters)),
            "they do not hear each other, or refuse each other's adverts: look for a firewall that \
             drops protocol 112, for multicast snooping in the switch, for versions or passwords \
             that differ; then compare `vrrpd doctor` on both",
        );
    }
}

/// Nothing was heard under our VRID.
fn silence(scene: &Scene, site: &Site, findings: &mut Findings<'_>) {
    let listened = site.listened.as_millis();
    let vrid = site.instance.vrid;
    let state = scene.status_of(site).map(|status| status.state);
    let check = "on the hosts' switch and firewalls let protocol 112 through to 224.0.0.18 \
                 (ff02::12), or list the hosts as `peers`";
    match state {
        Some(InstanceState::Master) => findings.ok(format!(
            "no other master of VRID {vrid} within {listened} ms: this host is it, and backups say \
             nothing"
        )),
        Some(InstanceState::Backup) => findings.warning(
            format!("this host is backup, but no advert of VRID {vrid} came within {listened} ms"),
            check,
        ),
        _ => findings.warning(
            format!(
                "no advert of VRID {vrid} came within {listened} ms: nobody is master yet, or it \
                 does not arrive"
            ),
            format!("if another host is master now: {check}"),
        ),
    }
    never_heard(scene, site, findings);
}

/// Unicast peers that the daemon has never heard.
fn never_heard(scene: &Scene, site: &Site, findings: &mut Findings<'_>) {
    let peers = scene.status_of(site).map(|status| status.peers.as_slice());
    let silent: Vec<&str> = peers
        .unwrap_or_default()
        .iter()
        .filter(|peer| peer.last_heard_ms.is_none())
        .map(|peer| peer.address.as_str())
        .collect();
    if !silent.is_empty() {
        findings.warning(
            format!("the daemon has never heard {}", silent.join(", ")),
            "a backup says nothing, which is fine; a host that was master must have been heard: \
             look for what drops protocol 112 between the hosts",
        );
    }
}

/// Asks the other hosts of an instance to note that a packet from here arrives there.
pub(super) fn probe(site: &Site) -> Vec<Result<IpAddr, String>> {
    let (Some(link), Some(source)) = (&site.link, site.source) else {
        return vec![Err(
            "there is no interface or no address to send from".to_owned()
        )];
    };
    let socket = match VrrpSocket::open(&link.interface(), site.family()) {
        Ok(socket) => socket,
        Err(error) => return vec![Err(error.to_string())],
    };
    let group = match site.family() {
        Family::V4 => GROUP_V4.into(),
        Family::V6 => GROUP_V6.into(),
    };
    let destinations = site.instance.peers.clone().unwrap_or_else(|| vec![group]);
    let head = [
        (site.instance.version.number() << 4) | TYPE_PROBE,
        site.instance.vrid,
    ];
    // All the rest is zero.
    let [high, low] = (!u16::from_be_bytes(head)).to_be_bytes();
    let message = [head[0], head[1], 0, 0, 0, 0, high, low];
    let sent = destinations.into_iter().map(|destination| {
        let sent = socket.send(source, destination, &message);
        sent.map(|()| destination)
            .map_err(|error| error.to_string())
    });
    sent.collect()
}

/// Our probes, and those of others.
fn probes(scene: &Scene, site: &Site, findings: &mut Findings<'_>) {
    for sent in site.probed.iter().flatten() {
        match sent {
            Ok(destination) => findings.ok(format!(
                "a probe was sent to {destination}: where it arrives, `vrrpd doctor` there says so, \
                 and `vrrpd status --json` under `probes`"
            )),
            Err(error) => findings.warning(
                format!("no probe could be sent: {error}"),
                "run this as root, once the interface is usable",
            ),
        }
    }
    let arrived = scene.status_of(site).map(|status| status.probes.as_slice());
    for probe in arrived.unwrap_or_default() {
        let ago = probe.last_heard_ms.unwrap_or(0) / 1000;
        let address = &probe.address;
        findings.ok(format!("a probe of {address} arrived here {ago} s ago"));
    }
}

fn list(addresses: &[IpAddr]) -> String {
    let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    shown.join(", ")
}
