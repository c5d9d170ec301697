//! `global_defs` and `SSL`: what holds for every instance and every load balancer.

use std::time::Duration;

use super::{of, reasons, words};
use crate::keepalived::Effect;
use crate::keepalived::ledger::Ledger;
use crate::keepalived::number;
use crate::keepalived::output::{Announce, Tls};
use crate::keepalived::tree::Directive;

/// For how long vrrpd can remember an idle connection, in seconds.
const IDLE: std::ops::RangeInclusive<i64> = 1..=7 * 86_400;

/// Settings that instances and load balancers inherit.
#[derive(Debug)]
pub(super) struct Globals {
    /// Of IPv4 instances; IPv6 is always version 3.
    pub(super) version: u8,
    pub(super) announce: Announce,
    pub(super) interface: Option<String>,
    pub(super) idle_timeout: Option<Duration>,
    /// Of `SSL_GET`.
    pub(super) tls: Tls,
}

impl Globals {
    pub(super) fn read(tree: &[Directive], ledger: &mut Ledger) -> Self {
        let mut globals = Self {
            version: 2,
            announce: Announce::default(),
            interface: None,
            idle_timeout: None,
            // Keepalived never verifies the certificate of a server it checks.
            tls: Tls {
                verify: Some(false),
                ..Tls::default()
            },
        };
        for directive in of(tree, "global_defs").flat_map(Directive::block) {
            globals.directive(directive, ledger);
        }
        for directive in of(tree, "SSL") {
            globals.ssl(directive, ledger);
        }
        globals
    }

    fn directive(&mut self, directive: &Directive, ledger: &mut Ledger) {
        match directive.keyword() {
            "vrrp_version" => {
                self.version = words::whole(directive, 2..=3, ledger).unwrap_or(self.version);
            }
            "default_interface" => {
                self.interface = words::interface(directive, ledger);
            }
            "lvs_timeouts" => self.timeouts(directive, ledger),
            keyword => {
                let own = keyword.strip_prefix("vrrp_").unwrap_or(keyword);
                if !announce(&mut self.announce, own, directive, ledger) {
                    let (effect, why) = reasons::global(directive);
                    ledger.note_all(directive, why, effect);
                }
            }
        }
    }

    fn timeouts(&mut self, directive: &Directive, ledger: &mut Ledger) {
        for pair in directive.args(1).chunks(2) {
            match pair {
                [kind, time] if kind == "tcp" && number::whole(time, IDLE).is_some() => {
                    self.idle_timeout = number::seconds(time);
                }
                _ => ledger.part(
                    directive,
                    format!("lvs_timeouts {}", pair.join(" ")),
                    "vrrpd has one timeout, for idle TCP connections",
                    Effect::Changed,
                ),
            }
        }
    }

    fn ssl(&mut self, directive: &Directive, ledger: &mut Ledger) {
        let file = |keyword| {
            let file = directive.find(keyword).and_then(|inner| inner.arg(1));
            file.filter(|file| file.starts_with('/')).map(str::to_owned)
        };
        if let (Some(cert), Some(key)) = (file("certificate"), file("key")) {
            (self.tls.cert, self.tls.key) = (Some(cert), Some(key));
        }
        for inner in directive.block() {
            match inner.keyword() {
                "certificate" | "key" if self.tls.cert.is_some() => {}
                "certificate" | "key" => {
                    ledger.lost(inner, "a client certificate needs both files, by absolute paths");
                }
                "ca" => ledger.lost(
                    inner,
                    "Keepalived does not verify the servers; to do so, replace `verify: false` by `ca`",
                ),
                "password" => ledger.lost(inner, "vrrpd reads keys without a password"),
                _ => ledger.lost(inner, reasons::UNKNOWN),
            }
        }
    }
}

/// Reads a setting of gratuitous ARP, which instances have under the same names without the
/// prefix. `false`: `keyword` is no such setting.
pub(super) fn announce(
    announce: &mut Announce,
    keyword: &str,
    directive: &Directive,
    ledger: &mut Ledger,
) -> bool {
    match keyword {
        "garp_master_repeat" => {
            announce.burst = words::whole(directive, 1..=100, ledger).or(announce.burst);
        }
        "min_garp" => {
            if words::switch(directive) {
                announce.burst = Some(1);
                let why = "one packet, as before; vrrpd sends it once again after 5 s";
                ledger.remark(&directive.origin, why);
            } else {
                ledger.needless(directive, "it is off");
            }
        }
        "garp_master_refresh" => match words::seconds(directive, ledger) {
            Some(Duration::ZERO) => announce.refresh = Some("off".to_owned()),
            Some(time) => announce.refresh = Some(number::show(time)),
            None => {}
        },
        "garp_master_delay" => match words::seconds(directive, ledger) {
            Some(time) if time == Duration::from_secs(5) => {
                ledger.needless(directive, "vrrpd always announces again after 5 s");
            }
            Some(_) => ledger.lost(directive, "vrrpd always announces again after 5 s"),
            None => {}
        },
        _ => return false,
    }
    true
}
