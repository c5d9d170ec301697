//! `vrrp_instance`: one virtual router.

use std::net::IpAddr;
use std::time::Duration;

use super::address::Addresses;
use super::globals::{self, Globals};
use super::group::SyncGroups;
use super::names::Names;
use super::script::Scripts;
use super::track::{self, Item};
use super::{no_more_words, reasons, words};
use crate::keepalived::Effect;
use crate::keepalived::ledger::Ledger;
use crate::keepalived::number::show;
use crate::keepalived::output::{Announce, Auth, Instance};
use crate::keepalived::tree::Directive;

/// Keepalived uses this many bytes of a password.
const PASSWORD_LEN: usize = 8;

/// What an instance inherits and belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) globals: &'a Globals,
    pub(super) groups: &'a SyncGroups<'a>,
}

/// The directives of one instance, as far as read.
#[derive(Debug, Default)]
struct Draft<'a> {
    master: bool,
    interface: Option<String>,
    vrid: Option<u8>,
    priority: Option<u8>,
    interval: Option<(Duration, &'a Directive)>,
    version: Option<u8>,
    nopreempt: Option<&'a Directive>,
    preempt_delay: Option<Duration>,
    authentication: Option<&'a Directive>,
    source: Option<(IpAddr, &'a Directive)>,
    peers: Option<&'a Directive>,
    vmac: bool,
    announce: Announce,
    addresses: Vec<&'a Directive>,
    tracks: Vec<&'a Directive>,
}

/// The instance, or `None` where vrrpd cannot run it.
pub(super) fn convert(
    directive: &Directive,
    context: &Context<'_>,
    scripts: &mut Scripts<'_>,
    names: &mut Names,
    ledger: &mut Ledger,
) -> Option<Instance> {
    let mut draft = Draft { announce: context.globals.announce.clone(), ..Draft::default() };
    for inner in directive.block() {
        draft.directive(inner, ledger);
    }
    let interface = draft.interface.or_else(|| context.globals.interface.clone());

    let mut addresses = Addresses::default();
    for line in &draft.addresses {
        addresses.read(line, interface.as_deref(), ledger);
    }
    let Some(ipv6) = addresses.is_ipv6() else {
        ledger.lost(directive, "the instance has no address that can be carried over");
        return None;
    };
    let Some(vrid) = draft.vrid else {
        ledger.lost(directive, "the instance has no valid `virtual_router_id`");
        return None;
    };
    // Keepalived speaks version 3 over IPv6 whatever it is told.
    let version = if ipv6 { 3 } else { draft.version.unwrap_or(context.globals.version) };
    let name = names.give(directive.arg(1).unwrap_or_default(), "instance");
    if directive.arg(1) != Some(name.as_str()) {
        ledger.remark(&directive.origin, format!("the instance is called {name} now"));
    }
    no_more_words(directive, 2, ledger);

    let base = base_priority(draft.priority, draft.master, directive, ledger);
    let member_of = directive.arg(1).and_then(|name| context.groups.of(name));
    let ignored = if base == 255 {
        Some("Keepalived heeds no weights where the priority is 255")
    } else if member_of.is_some_and(|group| !group.weights) {
        Some("Keepalived heeds no weights of an instance in a sync group")
    } else {
        None
    };
    let items = items(&draft.tracks, scripts, ledger);
    let (priority, mut tracks) = track::convert(&items, base, ignored, ledger);
    let of_group = member_of.map_or(&[][..], |group| &group.tracks);
    let items = self::items(of_group, scripts, ledger);
    let (priority, more) = track::convert(&items, priority, None, ledger);
    for track in more {
        if tracks.iter().all(|known| known.target != track.target) {
            tracks.push(track);
        }
    }

    let source = draft.source.filter(|(source, directive)| {
        let fits = source.is_ipv6() == ipv6;
        if !fits {
            ledger.lost(directive, "it is not of the family of the virtual addresses");
        }
        fits
    });
    let auth = draft.authentication.and_then(|block| authentication(block, version, ledger));
    if let (Some(nopreempt), true) = (draft.nopreempt, draft.master) {
        let text = "Keepalived ignores `nopreempt` beside `state MASTER`; vrrpd heeds it";
        ledger.remark(&nopreempt.origin, text);
    }
    Some(Instance {
        name,
        addresses: addresses.texts(),
        interface,
        vrid,
        priority,
        advert_interval: advert_interval(draft.interval, version, ledger),
        version,
        preempt: draft.nopreempt.is_none(),
        preempt_delay: draft.preempt_delay.filter(|delay| !delay.is_zero()).map(show),
        auth,
        source: source.map(|(source, _)| source.to_string()),
        peers: draft.peers.and_then(|block| peers(block, ipv6, ledger)),
        vmac: draft.vmac,
        announce: draft.announce,
        track: tracks,
    })
}

impl<'a> Draft<'a> {
    fn directive(&mut self, inner: &'a Directive, ledger: &mut Ledger) {
        match inner.keyword() {
            "state" => {
                self.master = inner.arg(1) == Some("MASTER");
                let why = "it only tells where Keepalived starts; vrrpd starts as backup and the priority decides";
                ledger.needless(inner, why);
            }
            "interface" => self.interface = words::value(inner, ledger).map(str::to_owned),
            "virtual_router_id" => self.vrid = words::whole(inner, 1..=255, ledger),
            "priority" => self.priority = words::whole(inner, 1..=255, ledger),
            "advert_int" => {
                self.interval = words::seconds(inner, ledger).map(|interval| (interval, inner));
            }
            "version" => self.version = words::whole(inner, 2..=3, ledger),
            "authentication" => self.authentication = Some(inner),
            "virtual_ipaddress" => self.addresses.extend(inner.block()),
            "unicast_peer" => self.peers = Some(inner),
            "unicast_src_ip" | "mcast_src_ip" => {
                let text = words::value(inner, ledger);
                match text.map(str::parse) {
                    Some(Ok(address)) => self.source = Some((address, inner)),
                    Some(Err(_)) => ledger.lost(inner, "it is no address"),
                    None => {}
                }
            }
            "nopreempt" => self.nopreempt = Some(inner),
            "preempt_delay" => self.preempt_delay = words::seconds(inner, ledger),
            "use_vmac" => {
                self.vmac = true;
                let (effect, why) = (Effect::Changed, "vrrpd names its macvlan itself, and its MAC is the RFC's");
                if !inner.args(1).is_empty() {
                    ledger.part(inner, inner.text(), why, effect);
                }
            }
            "track_script" | "track_interface" => self.tracks.push(inner),
            keyword => {
                if !globals::announce(&mut self.announce, keyword, inner, ledger) {
                    let (effect, why) = reasons::instance(inner);
                    ledger.note_all(inner, why, effect);
                }
            }
        }
    }
}

/// Everything that the blocks track.
fn items<'a>(
    blocks: &[&'a Directive],
    scripts: &mut Scripts<'_>,
    ledger: &mut Ledger,
) -> Vec<Item<'a>> {
    blocks.iter().flat_map(|block| track::read(block, scripts, ledger)).collect()
}

fn base_priority(
    priority: Option<u8>,
    master: bool,
    directive: &Directive,
    ledger: &mut Ledger,
) -> u8 {
    match (priority, master) {
        (Some(priority), _) => priority,
        (None, false) => 100,
        (None, true) => {
            let text = "a MASTER without a priority has 255 in Keepalived, as if it owned the address; 254 keeps it first and lets checks lower it";
            ledger.remark(&directive.origin, text);
            254
        }
    }
}

/// The interval that Keepalived really uses: rounded to what the version can tell.
fn advert_interval(
    interval: Option<(Duration, &Directive)>,
    version: u8,
    ledger: &mut Ledger,
) -> String {
    let Some((interval, directive)) = interval else { return show(Duration::from_secs(1)) };
    let unit = if version == 2 { Duration::from_secs(1) } else { Duration::from_millis(10) };
    let most = if version == 2 { 255 } else { 4095 };
    let units = (interval + unit / 2).as_nanos() / unit.as_nanos();
    let used = unit * u32::try_from(units.clamp(1, most)).unwrap_or(1);
    if used != interval {
        let text = format!("version {version} cannot tell this interval; Keepalived takes {}", show(used));
        ledger.remark(&directive.origin, text);
    }
    show(used)
}

fn authentication(block: &Directive, version: u8, ledger: &mut Ledger) -> Option<Auth> {
    for inner in block.block() {
        match inner.keyword() {
            "auth_type" | "auth_pass" => no_more_words(inner, 2, ledger),
            _ => ledger.lost(inner, reasons::UNKNOWN),
        }
    }
    let kind = block.find("auth_type").and_then(|inner| inner.arg(1));
    let pass = block.find("auth_pass").and_then(|inner| inner.arg(1)).unwrap_or_default();
    let why = match kind {
        Some("PASS") if pass.is_empty() => "without a password Keepalived does not authenticate",
        Some("PASS") if version == 3 => "VRRP version 3 has no authentication; Keepalived ignores it",
        Some("PASS") => {
            let mut used = pass.to_owned();
            while used.len() > PASSWORD_LEN {
                used.pop();
            }
            if used != pass {
                let text = format!("only the first {PASSWORD_LEN} bytes of the password count");
                ledger.remark(&block.origin, text);
            }
            return Some(Auth { pass: used });
        }
        Some("AH") => {
            ledger.note_all(block, "vrrpd has no IPsec authentication", Effect::Changed);
            return None;
        }
        Some(_) => "Keepalived knows no such authentication",
        None => "without `auth_type` Keepalived does not authenticate",
    };
    ledger.note_all(block, why, Effect::None);
    None
}

fn peers(block: &Directive, ipv6: bool, ledger: &mut Ledger) -> Option<Vec<String>> {
    let mut peers = Vec::new();
    for line in block.block() {
        match line.keyword().parse::<IpAddr>() {
            Ok(peer) if peer.is_ipv6() == ipv6 => {
                let peer = peer.to_string();
                if !peers.contains(&peer) {
                    peers.push(peer);
                }
                if !line.args(1).is_empty() {
                    let why = "vrrpd takes only adverts with TTL 255, and Keepalived ignores other words";
                    ledger.part(line, line.text(), why, Effect::Changed);
                }
            }
            Ok(_) => ledger.lost(line, "it is not of the family of the virtual addresses"),
            Err(_) => ledger.lost(line, "it is no address"),
        }
    }
    if peers.is_empty() {
        ledger.lost(block, "there is no peer in it; the instance uses multicast");
        return None;
    }
    Some(peers)
}
