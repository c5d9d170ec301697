//! The directives of an instance, sorted but not yet judged.

use std::net::IpAddr;
use std::time::Duration;

use crate::keepalived::Effect;
use crate::keepalived::convert::globals::{self, Globals};
use crate::keepalived::convert::{reasons, words};
use crate::keepalived::ledger::Ledger;
use crate::keepalived::output::Announce;
use crate::keepalived::tree::Directive;

/// What an instance says of itself, with what it inherits.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    /// Whether it says `state MASTER`.
    pub(super) master: bool,
    pub(super) interface: Option<String>,
    pub(super) vrid: Option<u8>,
    pub(super) priority: Option<u8>,
    pub(super) interval: Option<(Duration, &'a Directive)>,
    pub(super) version: u8,
    pub(super) nopreempt: Option<&'a Directive>,
    pub(super) preempt_delay: Option<(Duration, &'a Directive)>,
    pub(super) authentication: Option<&'a Directive>,
    pub(super) source: Option<(IpAddr, &'a Directive)>,
    pub(super) peers: Option<&'a Directive>,
    /// The TTL of unicast adverts.
    pub(super) unicast_ttl: u8,
    pub(super) vmac: bool,
    pub(super) announce: Announce,
    /// The lines of `virtual_ipaddress`.
    pub(super) addresses: Vec<&'a Directive>,
    /// The blocks `track_script` and `track_interface`.
    pub(super) tracks: Vec<&'a Directive>,
    /// The scripts for changes of state.
    pub(super) notify: Vec<&'a Directive>,
}

impl<'a> Draft<'a> {
    pub(super) fn read(instance: &'a Directive, globals: &Globals, ledger: &mut Ledger) -> Self {
        let mut draft = Self {
            master: false,
            interface: globals.interface.clone(),
            vrid: None,
            priority: None,
            interval: None,
            version: globals.version,
            nopreempt: None,
            preempt_delay: None,
            authentication: None,
            source: None,
            peers: None,
            unicast_ttl: 255,
            vmac: false,
            announce: globals.announce.clone(),
            addresses: Vec::new(),
            tracks: Vec::new(),
            notify: Vec::new(),
        };
        for directive in instance.block() {
            draft.directive(directive, ledger);
        }
        draft
    }

    fn directive(&mut self, directive: &'a Directive, ledger: &mut Ledger) {
        match directive.keyword() {
            "state" => {
                self.master = directive.arg(1) == Some("MASTER");
                let why = "it only tells where Keepalived starts; vrrpd starts as backup and the priority decides";
                ledger.needless(directive, why);
            }
            "interface" => {
                self.interface = words::interface(directive, ledger).or(self.interface.take());
            }
            "virtual_router_id" => self.vrid = words::whole(directive, 1..=255, ledger),
            "priority" => self.priority = words::whole(directive, 1..=255, ledger),
            "advert_int" => {
                self.interval = words::seconds(directive, ledger).map(|time| (time, directive));
            }
            "version" => {
                self.version = words::whole(directive, 2..=3, ledger).unwrap_or(self.version);
            }
            "authentication" => self.authentication = Some(directive),
            "virtual_ipaddress" => self.addresses.extend(directive.block()),
            "unicast_peer" => self.peers = Some(directive),
            "unicast_src_ip" | "mcast_src_ip" => self.source(directive, ledger),
            "nopreempt" => self.nopreempt = Some(directive),
            "preempt_delay" => {
                self.preempt_delay =
                    words::seconds(directive, ledger).map(|time| (time, directive));
            }
            "use_vmac" => {
                self.vmac = true;
                if !directive.args(1).is_empty() {
                    let why = "vrrpd names its macvlan itself, and its MAC is the one of RFC 9568 section 7.3";
                    ledger.part(directive, directive.text(), why, Effect::Changed);
                }
            }
            "track_script" | "track_interface" => self.tracks.push(directive),
            "notify" | "notify_master" | "notify_backup" | "notify_fault" | "notify_stop" => {
                self.notify.push(directive);
            }
            keyword => {
                if keyword == "unicast_ttl" {
                    self.unicast_ttl = words::whole(directive, 0..=255, ledger).unwrap_or(255);
                }
                if !globals::announce(&mut self.announce, keyword, directive, ledger) {
                    let (effect, why) = reasons::instance(directive);
                    ledger.note_all(directive, why, effect);
                }
            }
        }
    }

    fn source(&mut self, directive: &'a Directive, ledger: &mut Ledger) {
        let Some(text) = words::value(directive, ledger) else {
            return;
        };
        match text.parse() {
            Ok(address) => self.source = Some((address, directive)),
            Err(_) => ledger.lost(directive, "it is no address"),
        }
    }
}
