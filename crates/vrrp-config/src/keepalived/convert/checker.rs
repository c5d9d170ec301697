//! `HTTP_GET`, `SSL_GET` and `TCP_CHECK`: how a real server's health is known.

use std::time::Duration;

use super::globals::Globals;
use super::{no_more_words, reasons, words};
use crate::keepalived::Effect;
use crate::keepalived::ledger::Ledger;
use crate::keepalived::number::{self, show};
use crate::keepalived::output::{BackendCheck, Http, Probe, Timing, Tls};
use crate::keepalived::tree::Directive;
use crate::read;

/// The most single status codes that a range becomes.
const MOST_CODES: usize = 16;

/// Settings of checks, which blocks inherit from the blocks around them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Defaults<'a> {
    delay_loop: Option<Duration>,
    connect_timeout: Option<Duration>,
    retry: Option<u8>,
    virtualhost: Option<&'a Directive>,
}

impl<'a> Defaults<'a> {
    /// Takes one directive, if it is such a setting.
    pub(super) fn read(&mut self, directive: &'a Directive, ledger: &mut Ledger) -> bool {
        match directive.keyword() {
            "delay_loop" => self.delay_loop = words::seconds(directive, ledger).or(self.delay_loop),
            "connect_timeout" => {
                self.connect_timeout = words::seconds(directive, ledger).or(self.connect_timeout);
            }
            "retry" | "nb_get_retry" => {
                self.retry = words::whole(directive, 0..=254, ledger).or(self.retry);
            }
            "delay_before_retry" => {
                ledger.lost(directive, "vrrpd repeats a failed check at its interval");
            }
            "virtualhost" => self.virtualhost = Some(directive),
            _ => return false,
        }
        true
    }

    fn timing(&self) -> Timing {
        let longest = Duration::from_secs(3600);
        let interval = self.delay_loop.unwrap_or(Duration::from_secs(60));
        let interval = interval.clamp(Duration::from_millis(10), longest);
        let timeout = self.connect_timeout.filter(|time| !time.is_zero());
        let timeout = timeout.unwrap_or(Duration::from_secs(5)).min(longest);
        let fall = self.retry.unwrap_or(1) + 1;
        Timing {
            interval: show(interval),
            timeout: show(timeout),
            fall,
            rise: 1,
        }
    }
}

/// The check of a `real_server`; the first one that vrrpd can make.
pub(super) fn convert<'a>(
    real_server: &'a Directive,
    inherited: &Defaults<'a>,
    globals: &Globals,
    ledger: &mut Ledger,
) -> Option<BackendCheck> {
    let mut defaults = *inherited;
    let mut checkers = Vec::new();
    for inner in real_server.block() {
        match inner.keyword() {
            "weight" => {}
            "HTTP_GET" | "SSL_GET" | "TCP_CHECK" => checkers.push(inner),
            "SMTP_CHECK" | "DNS_CHECK" | "MISC_CHECK" | "BFD_CHECK" | "UDP_CHECK"
            | "PING_CHECK" | "FILE_CHECK" => {
                ledger.note_all(
                    inner,
                    "vrrpd checks backends by HTTP, HTTPS or TCP",
                    Effect::Changed,
                );
            }
            _ if defaults.read(inner, ledger) => {}
            keyword => {
                let (effect, why) = reasons::real_server(keyword);
                ledger.note_all(inner, why, effect);
            }
        }
    }
    let mut checkers = checkers.into_iter();
    let checker = checkers.next()?;
    for other in checkers {
        ledger.note_all(other, "a backend has one check", Effect::Changed);
    }
    let port = real_server.arg(2);
    Some(check(checker, defaults, port, globals, ledger))
}

fn check<'a>(
    checker: &'a Directive,
    mut defaults: Defaults<'a>,
    port: Option<&str>,
    globals: &Globals,
    ledger: &mut Ledger,
) -> BackendCheck {
    let is_tcp = checker.keyword() == "TCP_CHECK";
    let secure = checker.keyword() == "SSL_GET";
    let sni = checker.find("enable_sni").is_some();
    let mut http = None;
    for inner in checker.block() {
        match inner.keyword() {
            "url" if !is_tcp && http.is_none() => http = Some(url(inner, ledger)),
            "url" if !is_tcp => ledger.note_all(inner, "a check asks for one URL", Effect::Changed),
            "enable_sni" if secure => {}
            "connect_port" if inner.arg(1) == port => {
                ledger.needless(inner, "it is the port of the backend");
            }
            "connect_port" => ledger.lost(inner, "vrrpd checks the port that serves clients"),
            _ if defaults.read(inner, ledger) => {}
            keyword => {
                let (effect, why) = reasons::checker(keyword);
                ledger.note_all(inner, why, effect);
            }
        }
    }
    let timing = defaults.timing();
    if is_tcp {
        return BackendCheck {
            probe: Probe::Tcp { address: None },
            timing,
        };
    }
    let Url {
        path,
        status,
        virtualhost,
    } = http.unwrap_or_default();
    let virtualhost = virtualhost.or(defaults.virtualhost);
    let server_name = virtualhost
        .filter(|_| secure && sni)
        .and_then(|inner| inner.arg(1))
        .filter(|name| read::is_server_name(name));
    if let (Some(virtualhost), None) = (virtualhost, server_name) {
        ledger.lost(
            virtualhost,
            "vrrpd asks with the backend's address as the host",
        );
    }
    let scheme = if secure { "https" } else { "http" };
    let tls = if secure {
        Tls {
            server_name: server_name.map(str::to_owned),
            ..globals.tls.clone()
        }
    } else {
        Tls::default()
    };
    let url = format!("{scheme}://{{backend}}{path}");
    BackendCheck {
        probe: Probe::Http(Http {
            url,
            tls,
            status,
            body: None,
        }),
        timing,
    }
}

/// The block `url` of a check.
#[derive(Debug)]
struct Url<'a> {
    path: String,
    status: Vec<u16>,
    virtualhost: Option<&'a Directive>,
}

impl Default for Url<'_> {
    fn default() -> Self {
        Self {
            path: "/".to_owned(),
            status: Vec::new(),
            virtualhost: None,
        }
    }
}

fn url<'a>(block: &'a Directive, ledger: &mut Ledger) -> Url<'a> {
    let mut url = Url::default();
    for inner in block.block() {
        match inner.keyword() {
            "path" => {
                if let Some(path) = words::value(inner, ledger) {
                    match http_path(path) {
                        Some(path) => url.path = path,
                        None => ledger.lost(inner, "no URL can have this path"),
                    }
                }
            }
            "status_code" => match status_codes(inner.args(1)) {
                Some(codes) => url.status = codes,
                None => ledger.lost(
                    inner,
                    "vrrpd takes 2xx for success, or single codes: write those that count in `status`",
                ),
            },
            "virtualhost" => {
                no_more_words(inner, 2, ledger);
                url.virtualhost = Some(inner);
            }
            keyword => {
                let (effect, why) = reasons::checker(keyword);
                ledger.note_all(inner, why, effect);
            }
        }
    }
    url
}

/// The path with its slash, if a URL can have it.
fn http_path(path: &str) -> Option<String> {
    let path = format!("/{}", path.strip_prefix('/').unwrap_or(path));
    read::http_url(&format!("http://127.0.0.1:1{path}"))
        .is_ok_and(|url| url.path == path)
        .then_some(path)
}

/// Single codes; none for 200 to 299, which is what vrrpd takes by itself.
fn status_codes(words: &[String]) -> Option<Vec<u16>> {
    if words.is_empty() {
        return None;
    }
    if words == ["200-299"] {
        return Some(Vec::new());
    }
    let code = |text: &str| u16::try_from(number::whole(text, 100..=599)?).ok();
    let mut codes = Vec::new();
    for word in words {
        let (from, to) = word.split_once('-').unwrap_or((word, word));
        codes.extend(code(from)?..=code(to)?);
        if codes.len() > MOST_CODES {
            return None;
        }
    }
    Some(codes)
}
