//! The routers of a cell, whichever software they run: how they are started and asked.

use std::net::IpAddr;
use std::time::Duration;

use vrrp_lab::{Daemon, Host, Process, Result};

use crate::setup::{PASSWORD, Setup, VRID};
use crate::{frr, keepalived};

/// For everything that is waited for: far more than it takes, for a busy machine.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

/// What runs on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Software {
    Vrrpd,
    Keepalived,
    Frr,
}

/// A running router. Killed when dropped.
#[derive(Debug)]
pub(crate) enum Router {
    Vrrpd(Daemon),
    Keepalived(keepalived::Running),
    Frr(frr::Running),
}

impl Software {
    /// Starts it on `host` beside `other`.
    pub(crate) fn start(
        self,
        setup: &Setup,
        host: &Host,
        other: &Host,
        priority: u8,
    ) -> Result<Router> {
        Ok(match self {
            Self::Vrrpd => Router::Vrrpd(host.start_vrrpd(&config(setup, host, other, priority))?),
            Self::Keepalived => {
                Router::Keepalived(keepalived::start(setup, host, other, priority)?)
            }
            Self::Frr => Router::Frr(frr::start(setup, host, priority)?),
        })
    }

    /// Whether it serves the address from the virtual MAC.
    pub(crate) fn has_vmac(self, setup: &Setup) -> bool {
        match self {
            Self::Vrrpd => setup.our_vmac,
            Self::Keepalived | Self::Frr => setup.peer_vmac,
        }
    }
}

impl Router {
    /// Waits until it takes part as backup, as every router does at first.
    pub(crate) fn wait_listening(&self) -> Result<()> {
        match self {
            Self::Vrrpd(daemon) => daemon
                .wait_instance("listening or more", BOUND, |instance| {
                    instance["state"] == "backup" || instance["state"] == "master"
                })
                .map(drop),
            Self::Keepalived(running) => running.wait_listening(),
            Self::Frr(running) => running.wait_listening(),
        }
    }

    /// SIGTERM, and waits for the end.
    pub(crate) fn terminate(&self) -> Result<()> {
        match self {
            Self::Vrrpd(daemon) => daemon.terminate(BOUND).map(drop),
            Self::Keepalived(running) => running.terminate(),
            Self::Frr(running) => running.terminate(),
        }
    }

    /// Lines of its log that find fault with what it heard. `before_learning` tells that it was
    /// there before vrrpd had heard which checksum form it wants.
    pub(crate) fn complaints(&self, before_learning: bool) -> Result<Vec<String>> {
        match self {
            Self::Vrrpd(daemon) => complaints_of_vrrpd(daemon, before_learning),
            Self::Keepalived(running) => Ok(running.complaints(before_learning)),
            Self::Frr(running) => Ok(running.complaints(before_learning)),
        }
    }
}

/// What vrrpd may warn of that has nothing to do with the peer: a machine that is too busy, or its
/// settings.
const OF_THIS_HOST: [&str; 5] = [
    "changed arp_ignore and arp_announce",
    "no real-time scheduling",
    "an advert was sent",
    "did not run for",
    "takeover timer served",
];

/// Warnings and errors in the log, and drops in the metrics. A peer that does not understand our
/// checksums yet is master beside us for a moment.
fn complaints_of_vrrpd(daemon: &Daemon, before_learning: bool) -> Result<Vec<String>> {
    let mut found = faults(daemon.process(), |line| {
        (line.contains("WARN") || line.contains("ERROR"))
            && !OF_THIS_HOST.iter().any(|part| line.contains(part))
            && !(before_learning && line.contains("is master too"))
    });
    if daemon.process().is_running() {
        let metrics = daemon.metrics()?;
        found.extend(
            metrics
                .lines()
                .filter(|line| line.starts_with("vrrpd_adverts_dropped_total{"))
                .filter(|line| !line.ends_with(" 0"))
                .map(str::to_owned),
        );
    }
    Ok(found)
}

/// The lines of `process` that `is_fault`.
pub(crate) fn faults(process: &Process, is_fault: impl Fn(&str) -> bool) -> Vec<String> {
    let lines = process.lines().into_iter().map(|line| line.text);
    lines.filter(|line| is_fault(line)).collect()
}

/// vrrpd's configuration for `setup`.
fn config(setup: &Setup, host: &Host, other: &Host, priority: u8) -> String {
    let addresses: Vec<String> = setup.addresses().iter().map(IpAddr::to_string).collect();
    let mut text = format!(
        "instances:\n  - name: control-plane\n    addresses: {addresses:?}\n    interface: {}\n    \
         vrid: {VRID}\n    priority: {priority}\n    advert_interval: {}ms\n    version: {}\n",
        host.interface(),
        setup.interval().as_millis(),
        setup.version,
    );
    if setup.unicast {
        text += &format!(
            "    source: \"{}\"\n    peers: [\"{}\"]\n",
            setup.unicast_address(host),
            setup.unicast_address(other),
        );
    }
    if let Some(min_ttl) = setup.min_ttl {
        text += &format!("    min_ttl: {min_ttl}\n");
    }
    if setup.pass {
        text += &format!("    auth: {{pass: {PASSWORD}}}\n");
    }
    if setup.our_vmac {
        text += "    vmac: true\n";
    }
    text
}
