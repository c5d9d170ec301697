//! The three hosts with what runs on them, and what a fault does to them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use vrrp_lab::{ApiServer, CONFIG_FILE, Host, Lab, Mode, Prober, Result, VIP};

use super::fault::{Fault, Step};
use super::journal::Journal;
use crate::subject::{Running, Setup, Software, priority};

const SETTLES_WITHIN: Duration = Duration::from_secs(60);
const ENDS_WITHIN: Duration = Duration::from_secs(20);
/// As the systemd unit has it.
const RESTARTED_AFTER: Duration = Duration::from_millis(500);

/// The hosts, the client's prober and what has been noted about them.
pub(super) struct Cluster {
    pub(super) nodes: Vec<Node>,
    pub(super) journal: Journal,
    pub(super) prober: Prober,
    pub(super) lab: Lab,
}

/// A host with its daemon and its API server.
pub(super) struct Node {
    pub(super) host: Host,
    place: usize,
    software: Software,
    setup: Setup,
    /// Held while a fault of this host lasts; mending may take longer than planned.
    turn: Mutex<()>,
    daemon: Mutex<Option<Running>>,
    server: Mutex<Option<ApiServer>>,
}

impl Cluster {
    /// Three hosts; cp1 is the settled master and the client is answered.
    pub(super) fn start(software: Software, advert_interval: Duration) -> Result<Self> {
        let lab = Lab::new(3)?;
        let setup = Setup {
            advert_interval,
            checked: true,
        };
        let hosts = lab.hosts().iter().enumerate();
        let nodes = hosts.map(|(place, host)| Node {
            host: host.clone(),
            place,
            software,
            setup,
            turn: Mutex::new(()),
            daemon: Mutex::new(None),
            server: Mutex::new(None),
        });
        let nodes: Vec<Node> = nodes.collect();
        for node in &nodes {
            node.start_server()?;
        }
        for node in &nodes {
            node.start_daemon()?;
        }
        lab.wait_until("cp1 alone advertises", SETTLES_WITHIN, || {
            let recent = Instant::now().checked_sub(advert_interval * 3);
            let adverts = recent.map(|recent| lab.capture().adverts_since(recent));
            adverts.is_some_and(|adverts| {
                adverts.len() >= 2 && adverts.iter().all(|advert| advert.host == "cp1")
            })
        })?;
        lab.wait_only_holder(VIP, "cp1", SETTLES_WITHIN)?;
        let prober = lab.probe(VIP)?;
        prober.wait_answer("cp1", Instant::now(), SETTLES_WITHIN)?;
        Ok(Self {
            nodes,
            journal: Journal::default(),
            prober,
            lab,
        })
    }

    /// Makes a fault happen. The guards keep other faults away from its hosts.
    pub(super) fn begin(&self, step: &Step) -> Result<Vec<MutexGuard<'_, ()>>> {
        let nodes = || step.hosts.iter().filter_map(|place| self.nodes.get(*place));
        let turns = nodes().map(|node| lock(&node.turn)).collect();
        if step.fault == Fault::Partition {
            let apart: Vec<&str> = nodes().map(|node| node.host.name()).collect();
            self.lab.partition(&[&apart])?;
        } else {
            nodes().try_for_each(|node| node.begin(step.fault, &self.journal))?;
        }
        Ok(turns)
    }

    /// Mends a fault.
    pub(super) fn mend(&self, step: &Step) -> Result<()> {
        step.hosts
            .iter()
            .filter_map(|place| self.nodes.get(*place))
            .try_for_each(|node| node.mend(step.fault))
    }

    /// Does what systemd does for services that end by themselves: notes it and starts them
    /// anew. Returns when `done` says so.
    pub(super) fn supervise(&self, done: impl Fn() -> bool) -> Result<()> {
        let mut due: Vec<(Instant, &Node)> = Vec::new();
        while !done() {
            for node in &self.nodes {
                if node.has_ended() {
                    if let Some(ended) = lock(&node.daemon).take() {
                        self.journal.unasked_end(&node.host, &ended);
                    }
                    due.push((Instant::now() + RESTARTED_AFTER, node));
                }
            }
            let now = Instant::now();
            for (_, node) in due.iter().filter(|(at, _)| *at <= now) {
                node.start_daemon()?;
            }
            due.retain(|(at, _)| *at > now);
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Keeps what the programs that still run have written.
    pub(super) fn collect_logs(&self) {
        for node in &self.nodes {
            if let Some(running) = lock(&node.daemon).as_ref() {
                self.journal.keep_lines(&node.host, running);
            }
        }
    }
}

impl Node {
    fn begin(&self, fault: Fault, journal: &Journal) -> Result<()> {
        let host = &self.host;
        match fault {
            Fault::Crash => self.crash(journal),
            Fault::Kill => self.kill_daemon(journal),
            Fault::Hang => self.signal(Signal::SIGSTOP),
            Fault::Terminate => {
                self.terminate_daemon(journal);
                Ok(())
            }
            Fault::Cut => host.cut(),
            Fault::CutFrom => host.cut_from(),
            Fault::CutTo => host.cut_to(),
            Fault::Partition => Ok(()),
            Fault::DeleteVip => host.delete_address(VIP.into()).map(drop),
            Fault::LinkDown => host.link_down(),
            Fault::Unplug => host.unplug(),
            Fault::Recreate => host.delete_interface(),
            Fault::ApiDead => lock(&self.server).take().map_or(Ok(()), |s| s.kill()),
            Fault::ApiSick | Fault::ApiHung => self.set_api(fault.api_mode()),
            Fault::ReloadSame => self.signal(Signal::SIGHUP),
            Fault::ReloadOther | Fault::ReloadBad => {
                self.write_config(&self.changed_config(fault))?;
                self.signal(Signal::SIGHUP)
            }
        }
    }

    fn mend(&self, fault: Fault) -> Result<()> {
        let host = &self.host;
        match fault {
            Fault::Crash => {
                host.boot()?;
                self.start_server()?;
                self.start_daemon()
            }
            Fault::Kill | Fault::Terminate => self.start_daemon(),
            Fault::Hang => self.signal(Signal::SIGCONT),
            Fault::Cut | Fault::CutFrom | Fault::CutTo | Fault::Partition => host.mend(),
            Fault::LinkDown => host.link_up().and_then(|()| host.wait_connected()),
            Fault::Unplug => host.mend().and_then(|()| host.wait_connected()),
            Fault::Recreate => host.create_interface(),
            Fault::ApiDead => self.start_server(),
            Fault::ApiSick | Fault::ApiHung => self.set_api(Some(Mode::Healthy)),
            Fault::DeleteVip | Fault::ReloadSame => Ok(()),
            Fault::ReloadOther => {
                self.write_config(&self.config())?;
                self.signal(Signal::SIGHUP)
            }
            Fault::ReloadBad => self.write_config(&self.config()),
        }
    }

    fn config(&self) -> String {
        self.software
            .config(&self.host, priority(self.place), self.setup)
    }

    /// The config file with something else in it: something harmless, or a VRID that is none.
    fn changed_config(&self, fault: Fault) -> String {
        let (key, other) = match self.software {
            Software::Vrrpd => ("vrid: 51", "announce: {burst: 3, refresh: 30s}"),
            Software::Keepalived => ("virtual_router_id 51", "garp_master_repeat 3"),
        };
        let change = if fault == Fault::ReloadBad {
            key.replace("51", "999")
        } else {
            format!("{key}\n    {other}")
        };
        self.config().replace(key, &change)
    }

    fn write_config(&self, text: &str) -> Result<()> {
        match lock(&self.daemon).as_ref() {
            Some(Running::Keepalived(keepalived)) => keepalived.configure(text),
            Some(Running::Vrrpd(_)) => self.host.write_file(CONFIG_FILE, text),
            None => Ok(()),
        }
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        match (lock(&self.daemon).as_ref(), signal) {
            (None, _) => Ok(()),
            // Its parent passes the request on.
            (Some(Running::Keepalived(keepalived)), Signal::SIGSTOP | Signal::SIGCONT) => {
                keepalived.signal_all(signal)
            }
            (Some(running), _) => {
                running.process().signal(signal);
                Ok(())
            }
        }
    }

    fn start_daemon(&self) -> Result<()> {
        let mut daemon = lock(&self.daemon);
        if daemon.is_none() {
            let running = self
                .software
                .start(&self.host, priority(self.place), self.setup)?;
            *daemon = Some(running);
        }
        Ok(())
    }

    fn crash(&self, journal: &Journal) -> Result<()> {
        let running = lock(&self.daemon).take();
        let server = lock(&self.server).take();
        self.host.crash()?;
        if let Some(running) = running {
            journal.keep_lines(&self.host, &running);
        }
        drop(server);
        Ok(())
    }

    fn kill_daemon(&self, journal: &Journal) -> Result<()> {
        let Some(running) = lock(&self.daemon).take() else {
            return Ok(());
        };
        match &running {
            Running::Vrrpd(daemon) => {
                daemon.process().kill();
                daemon.process().wait_exit(ENDS_WITHIN)?;
            }
            Running::Keepalived(keepalived) => keepalived.kill()?,
        }
        journal.keep_lines(&self.host, &running);
        Ok(())
    }

    fn terminate_daemon(&self, journal: &Journal) {
        let Some(running) = lock(&self.daemon).take() else {
            return;
        };
        running.process().terminate();
        let status = running.process().wait_exit(ENDS_WITHIN);
        if status.is_ok_and(|status| status.success()) {
            journal.keep_lines(&self.host, &running);
        } else {
            journal.unasked_end(&self.host, &running);
        }
    }

    fn has_ended(&self) -> bool {
        let daemon = lock(&self.daemon);
        daemon
            .as_ref()
            .is_some_and(|running| !running.process().is_running())
    }

    fn start_server(&self) -> Result<()> {
        let server = ApiServer::start(&self.host)?;
        *lock(&self.server) = Some(server);
        Ok(())
    }

    fn set_api(&self, mode: Option<Mode>) -> Result<()> {
        match (lock(&self.server).as_ref(), mode) {
            (Some(server), Some(mode)) => server.set_mode(mode),
            _ => Ok(()),
        }
    }

    /// What is wrong between what the program says and what the kernel has; `None` if nothing.
    pub(super) fn mismatch(&self) -> Result<Option<String>> {
        let name = self.host.name();
        let holds = self.host.holds(VIP.into())?;
        let daemon = lock(&self.daemon);
        let Some(running) = daemon.as_ref() else {
            return Ok(holds.then(|| format!("{name} holds the VIP and runs no daemon")));
        };
        let (state, _) = running.state();
        let mut says = state.clone();
        let mut agrees = holds == (state == "master");
        if let Running::Vrrpd(daemon) = running {
            let instance = daemon.instance(None).ok();
            let present = instance.and_then(|instance| instance["addresses_present"].as_u64());
            agrees &= present == Some(u64::from(holds));
            let present = present.map_or_else(|| "?".to_owned(), |number| number.to_string());
            says += &format!(" with {present} addresses present");
        }
        let has = if holds { "has" } else { "does not have" };
        Ok((!agrees).then(|| format!("{name} says {says} and {has} the VIP")))
    }

    /// Addresses that should not be there: the VIP on a host that is not master, and any that
    /// is neither the VIP nor the host's own.
    pub(super) fn stale(&self) -> Result<Vec<String>> {
        let name = self.host.name();
        let running = lock(&self.daemon);
        let master = running.as_ref().is_some_and(|r| r.state().0 == "master");
        let own = |address: std::net::IpAddr| {
            address.is_loopback()
                || address == self.host.address()
                || address == self.host.link_local()
        };
        let addresses = self.host.addresses()?.into_iter();
        let stale = addresses.filter(|held| !own(held.address) && (held.address != VIP || !master));
        Ok(stale
            .map(|held| format!("{}/{} on {name}", held.address, held.prefix))
            .collect())
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
