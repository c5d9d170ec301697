//! A client, a host that balances, and two servers behind it.

use std::net::SocketAddr;
use std::time::Duration;

use vrrp_lab::{Command, Daemon, Host, Lab, LabError, Process, Result, VIP};

use super::load;
use super::servers::{PORT, Server};

const READY_WITHIN: Duration = Duration::from_secs(30);
const HAPROXY_CONFIG: &str = "/etc/vrrpd/haproxy.cfg";

/// What is between client and servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Between {
    /// Nothing: the client knows the servers.
    Nothing,
    Vrrpd,
    Haproxy,
}

impl Between {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "direct",
            Self::Vrrpd => "vrrpd",
            Self::Haproxy => "haproxy",
        }
    }
}

/// A process that balances. Killed when dropped.
enum Running {
    Nothing,
    Vrrpd(Daemon),
    Haproxy(Process),
}

/// Everything in its place. Fields are dropped in their order.
pub(super) struct Scene {
    running: Running,
    _servers: Vec<Server>,
    /// Where clients connect, in turn.
    pub(super) targets: Vec<SocketAddr>,
    lab: Lab,
}

impl Scene {
    pub(super) fn new(between: Between) -> Result<Self> {
        let lab = Lab::builder().hosts(3).build()?;
        let (balancer, client) = (lab.host("cp1")?, lab.client());
        run(
            client,
            &["ip", "route", "add", "local", load::NETWORK, "dev", "lo"],
        )?;
        for host in lab.hosts() {
            let way = client.address().to_string();
            run(host, &["ip", "route", "add", load::NETWORK, "via", &way])?;
        }
        let backends = [lab.host("cp2")?, lab.host("cp3")?];
        let servers = backends
            .iter()
            .map(|host| Server::start(host))
            .collect::<Result<Vec<_>>>()?;
        let backends = backends.map(|host| SocketAddr::new(host.address().into(), PORT));
        let running = match between {
            Between::Nothing => Running::Nothing,
            Between::Vrrpd => {
                run(balancer, &["sysctl", "-qw", "net.ipv4.ip_forward=1"])?;
                Running::Vrrpd(balancer.start_vrrpd(&vrrpd_config(backends))?)
            }
            Between::Haproxy => {
                balancer.add_address(VIP.into(), 32)?;
                balancer.write_file(HAPROXY_CONFIG, haproxy_config(backends))?;
                let command = Command::new("haproxy").args(["-db", "-f", HAPROXY_CONFIG]);
                Running::Haproxy(balancer.spawn(&command)?)
            }
        };
        let targets = match between {
            Between::Nothing => backends.to_vec(),
            _ => vec![SocketAddr::new(VIP.into(), PORT); 2],
        };
        let scene = Self {
            running,
            _servers: servers,
            targets,
            lab,
        };
        scene.wait_ready()?;
        Ok(scene)
    }

    pub(super) fn client(&self) -> &Host {
        self.lab.client()
    }

    /// Whether the balancer's process lives.
    fn lives(&self) -> bool {
        match &self.running {
            Running::Nothing => true,
            Running::Vrrpd(daemon) => daemon.process().is_running(),
            Running::Haproxy(process) => process.is_running(),
        }
    }

    /// Waits until connections get through to the end.
    fn wait_ready(&self) -> Result<()> {
        let once = Duration::from_millis(20);
        self.lab
            .wait_until("connections get through", READY_WITHIN, || {
                let times = load::time_connections(self.client(), &self.targets, once);
                times.is_ok_and(|times| times.len() > 1)
            })?;
        if self.lives() {
            Ok(())
        } else {
            Err(LabError::Other(format!(
                "the load balancer has ended\n{}",
                self.lab.diagnostics()
            )))
        }
    }
}

pub(super) fn run(host: &Host, words: &[&str]) -> Result<()> {
    let command = Command::new(words[0]).args(&words[1..]);
    let output = host.output(&command, READY_WITHIN)?;
    if output.status.success() {
        return Ok(());
    }
    let said = format!("{}: {words:?}: {}", host.name(), output.stderr);
    Err(LabError::Other(said))
}

fn vrrpd_config(backends: [SocketAddr; 2]) -> String {
    let [first, second] = backends;
    format!(
        "instances:\n  - {{name: api, addresses: [{VIP}], vrid: 51, advert_interval: 100ms}}\n\
         load_balancers:\n  - name: api\n    address: {VIP}\n    port: {PORT}\n    \
         backends: [\"{first}\", \"{second}\"]\n    scheduler: round_robin\n"
    )
}

/// As its documentation sets up a TCP proxy, without checks, log and statistics, with splicing.
fn haproxy_config(backends: [SocketAddr; 2]) -> String {
    let [first, second] = backends;
    format!(
        "global\n    maxconn 4000\ndefaults\n    mode tcp\n    option splice-auto\n    \
         timeout connect 5s\n    timeout client 1h\n    timeout server 1h\n\
         frontend api\n    bind {VIP}:{PORT}\n    default_backend servers\n\
         backend servers\n    balance roundrobin\n    server cp2 {first}\n    server cp3 {second}\n"
    )
}
