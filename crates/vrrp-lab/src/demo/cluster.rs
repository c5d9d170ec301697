//! The three hosts of the demo with what runs on them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vrrp_lab::{API_PORT, ApiServer, Host, HttpsProber, Lab, Prober, Result, VIP};

use crate::subject::{Running, Setup, Software, priority};

/// The files every host gets, as they are shipped.
const CLUSTER: &str = include_str!("../../../../examples/konvoy/cluster.yaml");
const INVENTORY: &str = include_str!("../../../../examples/konvoy/inventory.yaml");
const CLUSTER_FILE: &str = "/etc/vrrpd/cluster.yaml";
const INVENTORY_FILE: &str = "/etc/vrrpd/inventory.yaml";

/// Time between two HTTPS probes.
const API_PROBE_EVERY: Duration = Duration::from_millis(50);

/// Hosts, and the client's probers.
pub(super) struct Cluster {
    pub(super) api: HttpsProber,
    nodes: Arc<Vec<Node>>,
    prober: Arc<Prober>,
    software: Software,
    pub(super) lab: Lab,
}

/// A host with its daemon and its API server.
struct Node {
    host: Host,
    place: usize,
    daemon: Mutex<Option<Arc<Running>>>,
    server: Mutex<Option<Arc<ApiServer>>>,
}

/// What the live table shows; may outlive what it looks at.
pub(super) struct View {
    nodes: Arc<Vec<Node>>,
    prober: Arc<Prober>,
}

/// A line of the live table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) host: String,
    pub(super) address: String,
    pub(super) state: String,
    pub(super) priority: String,
    pub(super) api: &'static str,
    pub(super) holds: bool,
    pub(super) answers: bool,
}

impl Cluster {
    /// Makes the hosts, starts an API server and a daemon on each, and probes from the client.
    pub(super) fn start(software: Software) -> Result<Self> {
        let lab = Lab::new(3)?;
        let nodes = lab.hosts().iter().enumerate().map(|(place, host)| Node {
            host: host.clone(),
            place,
            daemon: Mutex::new(None),
            server: Mutex::new(None),
        });
        let prober = Arc::new(lab.probe(VIP)?);
        let target = SocketAddr::new(VIP.into(), API_PORT);
        let api = lab.probe_https(target, API_PROBE_EVERY)?;
        let cluster = Self {
            api,
            nodes: Arc::new(nodes.collect()),
            prober,
            software,
            lab,
        };
        for name in ["cp1", "cp2", "cp3"] {
            cluster.start_server(name)?;
        }
        for name in ["cp1", "cp2", "cp3"] {
            cluster.start_daemon(name)?;
        }
        Ok(cluster)
    }

    pub(super) fn prober(&self) -> &Prober {
        &self.prober
    }

    pub(super) fn view(&self) -> View {
        View {
            nodes: Arc::clone(&self.nodes),
            prober: Arc::clone(&self.prober),
        }
    }

    fn node(&self, name: &str) -> Result<&Node> {
        // `host` has the words for a name that is not there.
        let host = self.lab.host(name)?;
        self.nodes
            .iter()
            .find(|node| node.host.name() == host.name())
            .ok_or_else(|| vrrp_lab::LabError::Other(format!("{name} is not in the demo")))
    }

    pub(super) fn start_daemon(&self, name: &str) -> Result<()> {
        let node = self.node(name)?;
        let running = match self.software {
            Software::Vrrpd => {
                node.host.write_file(CLUSTER_FILE, CLUSTER)?;
                node.host.write_file(INVENTORY_FILE, INVENTORY)?;
                let daemon = node.host.vrrpd();
                let arguments = ["--config", CLUSTER_FILE, "--inventory", INVENTORY_FILE];
                Running::Vrrpd(daemon.args(arguments).start()?)
            }
            Software::Keepalived => {
                let setup = Setup {
                    advert_interval: Duration::from_secs(1),
                    checked: true,
                };
                self.software
                    .start(&node.host, priority(node.place), setup)?
            }
        };
        *lock(&node.daemon) = Some(Arc::new(running));
        Ok(())
    }

    pub(super) fn start_server(&self, name: &str) -> Result<()> {
        let node = self.node(name)?;
        let server = ApiServer::start(&node.host)?;
        *lock(&node.server) = Some(Arc::new(server));
        Ok(())
    }

    pub(super) fn terminate_daemon(&self, name: &str) -> Result<()> {
        if let Some(daemon) = lock(&self.node(name)?.daemon).as_ref() {
            daemon.process().terminate();
        }
        Ok(())
    }

    pub(super) fn kill_server(&self, name: &str) -> Result<()> {
        if let Some(server) = lock(&self.node(name)?.server).as_ref() {
            server.process().kill();
        }
        Ok(())
    }

    pub(super) fn crash(&self, name: &str) -> Result<()> {
        self.node(name)?.host.crash().map(drop)
    }

    pub(super) fn boot(&self, name: &str) -> Result<()> {
        self.node(name)?.host.boot()?;
        self.start_server(name)?;
        self.start_daemon(name)
    }

    /// Who answers `/whoami` at the VIP.
    pub(super) fn whoami(&self) -> Option<String> {
        let target = SocketAddr::new(VIP.into(), API_PORT);
        let answer = self
            .lab
            .client()
            .https_get(target, "/whoami", Duration::from_secs(1));
        answer.ok().map(|answer| answer.body)
    }

    /// Whether `name`, and nobody else, holds the VIP, answers probes and serves requests.
    pub(super) fn is_served_by(&self, name: &str) -> bool {
        self.lab.holders(VIP).is_ok_and(|holders| holders == [name])
            && self.prober.answering().as_deref() == Some(name)
            && self.whoami().as_deref() == Some(name)
    }

    /// The longest time since `since` in which no request was served.
    pub(super) fn api_gap_since(&self, since: Instant) -> Option<Duration> {
        let gaps = self.api.report().gaps;
        let recent = gaps
            .iter()
            .filter(|gap| gap.end.is_none_or(|end| end > since));
        recent.map(|gap| gap.length).max()
    }
}

impl View {
    pub(super) fn lines(&self) -> Vec<Line> {
        let answering = self.prober.answering();
        self.nodes
            .iter()
            .map(|node| node.line(answering.as_deref()))
            .collect()
    }
}

impl Node {
    fn line(&self, answering: Option<&str>) -> Line {
        let host = &self.host;
        let crashed = host.is_crashed();
        // Taken out of the lock: a daemon that does not answer holds up nobody but this table.
        let daemon = lock(&self.daemon)
            .clone()
            .filter(|daemon| daemon.process().is_running());
        let server = lock(&self.server).clone();
        let (state, priority) = match daemon.as_deref() {
            _ if crashed => ("vanished".to_owned(), String::new()),
            None => ("stopped".to_owned(), String::new()),
            Some(running) => running.state(),
        };
        Line {
            host: host.name().to_owned(),
            address: host.address().to_string(),
            state,
            priority,
            api: match &server {
                Some(server) if !crashed => server.mode().name(),
                _ => "dead",
            },
            holds: host.holds(VIP.into()).unwrap_or(false),
            answers: answering == Some(host.name()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
