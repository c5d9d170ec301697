//! Three hosts with a daemon each, and what every theme asks of them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use vrrp_lab::{Capture, Daemon, HolderChange, Host, Lab, Output, Result, SeenAdvert, VIP};

/// For everything that is waited for: far more than it takes, for a busy machine.
pub(crate) const BOUND: Duration = Duration::from_secs(25);
/// The advert interval of [`config`].
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);
/// The priorities of cp1, cp2 and cp3: so far apart that a late timer does not change the order
/// in which backups fire.
pub(crate) const PRIORITIES: [u8; 3] = [250, 130, 10];

/// A configuration with one instance; `more` are further lines of the instance, and after them
/// further sections.
pub(crate) fn config(priority: u8, more: &str) -> String {
    format!(
        "instances:\n  - name: control-plane\n    addresses: [{VIP}]\n    interface: ens20f0\n    \
         vrid: 51\n    advert_interval: 100ms\n    priority: {priority}\n{more}"
    )
}

/// The virtual address as the oracles take it.
pub(crate) fn vip() -> IpAddr {
    VIP.into()
}

/// A lab with a daemon on each host.
pub(crate) struct Cluster {
    daemons: BTreeMap<String, Daemon>,
    pub(crate) lab: Lab,
}

impl Cluster {
    /// Three hosts with [`config`] and `more`; cp1 is master.
    pub(crate) fn start(more: &str) -> Result<Self> {
        Self::start_in(Lab::new(3)?, |_, priority| config(priority, more))
    }

    /// The hosts of `lab` with a configuration each; cp1 is master.
    pub(crate) fn start_in(lab: Lab, config: impl Fn(&Host, u8) -> String) -> Result<Self> {
        let cluster = Self::start_unsettled(lab, config)?;
        cluster.settle("cp1")?;
        Ok(cluster)
    }

    /// The hosts of `lab` with a configuration each; cp1 is master, or is about to be again.
    ///
    /// It starts first: on a busy machine the others' timers may fire before its own, and not
    /// every configuration gives the VIP back.
    pub(crate) fn start_unsettled(lab: Lab, config: impl Fn(&Host, u8) -> String) -> Result<Self> {
        let mut daemons = BTreeMap::new();
        for (host, priority) in lab.hosts().iter().zip(PRIORITIES) {
            let daemon = host.start_vrrpd(&config(host, priority))?;
            if daemons.is_empty() {
                daemon.wait_state("master", BOUND)?;
            }
            daemons.insert(host.name().to_owned(), daemon);
        }
        Ok(Self { daemons, lab })
    }

    pub(crate) fn host(&self, name: &str) -> &Host {
        self.lab.host(name).expect("a host of the lab")
    }

    pub(crate) fn daemon(&self, name: &str) -> &Daemon {
        self.daemons.get(name).expect("a running daemon")
    }

    pub(crate) fn capture(&self) -> &Capture {
        self.lab.capture()
    }

    /// The status of the first instance on a host.
    pub(crate) fn instance(&self, host: &str) -> Result<Value> {
        self.daemon(host).instance(None)
    }

    /// Starts the daemon of a host again with the configuration file that is there.
    pub(crate) fn start_daemon(&mut self, host: &str) -> Result<()> {
        let daemon = self.host(host).vrrpd().start()?;
        self.daemons.insert(host.to_owned(), daemon);
        Ok(())
    }

    /// From now on the daemon of a host is the caller's, and nothing is expected of it here.
    pub(crate) fn take(&mut self, host: &str) -> Daemon {
        self.daemons.remove(host).expect("a running daemon")
    }

    /// The host vanishes with its daemon.
    pub(crate) fn crash(&mut self, host: &str) -> Result<Instant> {
        let gone = self.host(host).crash()?;
        self.daemons.remove(host);
        Ok(gone)
    }

    /// A crashed host is back and its daemon starts.
    pub(crate) fn boot(&mut self, host: &str) -> Result<()> {
        self.host(host).boot()?;
        self.start_daemon(host)
    }

    /// Runs a command of vrrpd on a host.
    pub(crate) fn command(&self, host: &str, arguments: &[&str]) -> Result<Output> {
        self.host(host).vrrpd_command(arguments, BOUND)
    }

    /// Runs a command of vrrpd on a host that has to succeed.
    pub(crate) fn command_succeeds(&self, host: &str, arguments: &[&str]) -> Result<String> {
        let output = self.command(host, arguments)?;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        Ok(output.stdout)
    }

    /// Waits until `master` is master and sole holder of the VIP, and all others know it.
    pub(crate) fn settle(&self, master: &str) -> Result<()> {
        self.settle_on(vip(), &self.host(master).address().to_string(), master)
    }

    /// As [`settle`](Self::settle), for another VIP and source address.
    pub(crate) fn settle_on(&self, vip: IpAddr, address: &str, master: &str) -> Result<()> {
        self.lab.wait_only_holder(vip, master, BOUND)?;
        for (host, daemon) in &self.daemons {
            let state = if host == master { "master" } else { "backup" };
            daemon.wait_instance(&format!("{state} behind {address}"), BOUND, |instance| {
                instance["state"] == state && instance["master"]["address"] == address
            })?;
        }
        self.lab.wait_only_holder(vip, master, BOUND)
    }

    /// How the VIP came and went since a moment.
    pub(crate) fn moves(&self, since: Instant) -> Vec<HolderChange> {
        let mut moves = self.lab.holder_log().changes_of(vip());
        moves.retain(|change| change.at >= since);
        moves
    }

    /// Sees `adverts` more adverts and asserts that in this time `master` alone sent any, and
    /// that no host got or lost the VIP.
    pub(crate) fn stays(&self, master: &str, adverts: usize) -> Result<()> {
        self.stays_among(master, adverts, |_| true)
    }

    /// As [`stays`](Self::stays), of the adverts of one VRID.
    pub(crate) fn stays_with(&self, master: &str, vrid: u8, adverts: usize) -> Result<()> {
        self.stays_among(master, adverts, |advert| advert.vrid == vrid)
    }

    fn stays_among(
        &self,
        master: &str,
        adverts: usize,
        of_interest: impl Fn(&SeenAdvert) -> bool,
    ) -> Result<()> {
        let since = Instant::now();
        let seen = || {
            let mut seen = self.capture().adverts_since(since);
            seen.retain(&of_interest);
            seen
        };
        self.lab
            .wait_until(&format!("{adverts} more adverts"), BOUND, || {
                seen().len() >= adverts
            })?;
        let mut others = seen();
        others.retain(|advert| advert.host != master);
        assert!(others.is_empty(), "{others:?}\n{}", self.lab.diagnostics());
        let moves = self.moves(since);
        assert!(moves.is_empty(), "{moves:?}\n{}", self.lab.diagnostics());
        assert_eq!(self.lab.holders(VIP)?, [master]);
        Ok(())
    }
}

/// Everything on a host that a daemon could touch, to be compared before and after.
pub(crate) fn fingerprint(host: &Host) -> Result<String> {
    let links = host.links()?;
    let addresses = host.addresses()?;
    let files = host.output(
        &vrrp_lab::Command::new("find").args(["/run/vrrpd", "/etc/vrrpd"]),
        BOUND,
    )?;
    Ok(format!("{links:#?}\n{addresses:#?}\n{}", files.stdout))
}
