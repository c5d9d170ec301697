//! What is measured or shown: vrrpd, or Keepalived set up to do the same.

use std::path::PathBuf;
use std::time::Duration;

use vrrp_lab::{
    CA_FILE, Daemon, Host, Keepalived, KeepalivedInstance, Process, Result, VIP, tools,
};

/// A program that keeps a VIP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Software {
    /// This project's.
    Vrrpd,
    /// The one from the machine's packages.
    Keepalived,
}

/// Another program to set beside vrrpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Peer {
    /// Keepalived, from the machine's packages
    Keepalived,
}

/// How the VIP is to be kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) advert_interval: Duration,
    /// Whether a host whose API server fails gives the VIP away.
    pub(crate) checked: bool,
}

/// A running instance. Killed when dropped.
#[derive(Debug)]
pub(crate) enum Running {
    Vrrpd(Daemon),
    Keepalived(Keepalived),
}

/// Priority of the host at `place`, as a Konvoy inventory gives it: 254, 253, and so on.
pub(crate) fn priority(place: usize) -> u8 {
    254_u8
        .saturating_sub(u8::try_from(place).unwrap_or(u8::MAX))
        .max(1)
}

impl Software {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Vrrpd => "vrrpd",
            Self::Keepalived => "keepalived",
        }
    }

    /// Where its program is. This repository's is built first, which may take minutes.
    pub(crate) fn program(self) -> Result<PathBuf> {
        match self {
            Self::Vrrpd => tools::vrrpd(),
            Self::Keepalived => tools::on_path("keepalived"),
        }
    }

    /// Its config file.
    pub(crate) fn config(self, host: &Host, priority: u8, setup: Setup) -> String {
        match self {
            Self::Vrrpd => vrrpd_config(host, priority, setup),
            Self::Keepalived => keepalived_config(host, priority, setup),
        }
    }

    pub(crate) fn start(self, host: &Host, priority: u8, setup: Setup) -> Result<Running> {
        let config = self.config(host, priority, setup);
        match self {
            Self::Vrrpd => host.start_vrrpd(&config).map(Running::Vrrpd),
            Self::Keepalived => host.start_keepalived(&config).map(Running::Keepalived),
        }
    }
}

impl Running {
    pub(crate) const fn process(&self) -> &Process {
        match self {
            Self::Vrrpd(daemon) => daemon.process(),
            Self::Keepalived(keepalived) => keepalived.process(),
        }
    }

    /// State and effective priority, as the program tells them; `starting` while it does not.
    pub(crate) fn state(&self) -> (String, String) {
        match self {
            Self::Vrrpd(daemon) => daemon.instance(None).map_or_else(
                |_| ("starting".to_owned(), String::new()),
                |instance| {
                    let state = instance["state"].as_str().unwrap_or("starting").to_owned();
                    (state, instance["effective_priority"].to_string())
                },
            ),
            // It has no other way to ask than its log.
            Self::Keepalived(keepalived) => {
                let lines = keepalived.process().lines();
                let state = lines.iter().rev().find_map(|line| {
                    let (_, rest) = line.text.split_once("Entering ")?;
                    rest.split_once(" STATE")
                        .map(|(state, _)| state.to_lowercase())
                });
                (
                    state.unwrap_or_else(|| "starting".to_owned()),
                    String::new(),
                )
            }
        }
    }
}

fn vrrpd_config(host: &Host, priority: u8, setup: Setup) -> String {
    let mut text = format!(
        "instances:\n  - name: control-plane\n    addresses: [{VIP}]\n    interface: {}\n    \
         vrid: 51\n    priority: {priority}\n    advert_interval: {}ms\n",
        host.interface(),
        setup.advert_interval.as_millis(),
    );
    if setup.checked {
        text += "    track:\n      - check: apiserver\n";
        text += &vrrpd_check();
    }
    text
}

/// The check called `apiserver` for vrrpd: HTTPS, each second.
pub(crate) fn vrrpd_check() -> String {
    format!(
        "checks:\n  - name: apiserver\n    http:\n      url: https://127.0.0.1:6443/healthz\n      \
         tls: {{ca: {CA_FILE}, server_name: kubernetes}}\n    interval: 1s\n    timeout: 1s\n    \
         fall: 2\n    rise: 2\n"
    )
}

/// The script called `apiserver` for Keepalived, with the same times.
pub(crate) fn keepalived_check() -> String {
    format!(
        "vrrp_script apiserver {{\n    script \"/usr/bin/curl --silent --fail --max-time 1 \
         --cacert {CA_FILE} --output /dev/null https://127.0.0.1:6443/healthz\"\n    \
         interval 1\n    timeout 1\n    fall 2\n    rise 2\n}}"
    )
}

fn keepalived_config(host: &Host, priority: u8, setup: Setup) -> String {
    let mut instance = KeepalivedInstance::new(VIP.into(), priority);
    instance.advert_interval = setup.advert_interval;
    let mut script = String::new();
    if setup.checked {
        // The usual script. Without a weight: a failure is a fault then, and the others take over
        // at once, while a lower priority costs them another Master_Down_Interval.
        script = keepalived_check();
        "    track_script {\n        apiserver\n    }".clone_into(&mut instance.extra);
    }
    instance.config(host.interface(), &script)
}
