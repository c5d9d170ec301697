//! Three hosts with a server and a daemon each, and a client with as many addresses as one likes.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use serde_json::Value;
use vrrp_lab::{CONFIG_FILE, Daemon, Host, Lab};

use crate::traffic::{
    Connection, Family, PORT, Result, output, prepare_client, prepare_host, run, serve,
};

/// For everything that is waited for: far more than it takes, for a busy machine.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

/// Checks that fail at once where nothing listens, and give a busy machine time where something
/// does.
pub(crate) const CHECK: &str =
    "    check: {tcp: {}, interval: 200ms, timeout: 2s, fall: 2, rise: 2}\n";

/// Without `name`; the load balancer's lines follow.
pub(crate) fn config(family: Family, priority: u8, balancer: &str) -> String {
    format!(
        "instances:\n  - name: control-plane\n    addresses: [\"{vip}\"]\n    \
         interface: ens20f0\n    vrid: 51\n    advert_interval: 100ms\n    \
         priority: {priority}\nload_balancers:\n  - name: apiserver\n    address: \"{vip}\"\n    \
         port: {PORT}\n{balancer}",
        vip = family.vip()
    )
}

/// The line `backends` with all hosts, of `weights`.
pub(crate) fn backends(lab: &Lab, family: Family, weights: &[u32]) -> String {
    let backends = lab.hosts().iter().zip(weights).map(|(host, weight)| {
        let address = backend(host, family);
        format!("{{address: \"{address}\", weight: {weight}}}")
    });
    let backends: Vec<String> = backends.collect();
    format!("    backends: [{}]\n", backends.join(", "))
}

/// Where the server of a host is.
pub(crate) fn backend(host: &Host, family: Family) -> SocketAddr {
    let address = match family {
        Family::V4 => host.address().into(),
        Family::V6 => host.address_v6().expect("a lab with IPv6").into(),
    };
    SocketAddr::new(address, PORT)
}

/// Hosts that forward, a server on each, and no daemon yet.
pub(crate) fn lab() -> Result<Lab> {
    let lab = Lab::builder().ipv6().build()?;
    for host in lab.hosts() {
        prepare_host(host)?;
        serve(host)?;
    }
    prepare_client(lab.client())?;
    Ok(lab)
}

/// A lab with a daemon on each host; the first is master.
pub(crate) struct Scene {
    daemons: BTreeMap<String, Daemon>,
    pub(crate) lab: Lab,
    pub(crate) family: Family,
}

const PRIORITIES: [u8; 3] = [250, 130, 10];

impl Scene {
    /// With a backend of weight 1 on each host, and `more` lines of the load balancer.
    pub(crate) fn start(more: &str) -> Result<Self> {
        Self::weighted(Family::V4, &[1, 1, 1], more)
    }

    /// With a backend on each of the first hosts.
    pub(crate) fn weighted(family: Family, weights: &[u32], more: &str) -> Result<Self> {
        let lab = lab()?;
        let lines = format!("{}{more}", backends(&lab, family, weights));
        Self::start_in(lab, family, &lines)
    }

    /// With these lines of the load balancer.
    pub(crate) fn start_in(lab: Lab, family: Family, lines: &str) -> Result<Self> {
        let mut scene = Self {
            daemons: BTreeMap::new(),
            lab,
            family,
        };
        for (name, priority) in ["cp1", "cp2", "cp3"].into_iter().zip(PRIORITIES) {
            let host = scene.host(name);
            let daemon = host.start_vrrpd(&config(family, priority, lines))?;
            if scene.daemons.is_empty() {
                daemon.wait_state("master", BOUND)?;
            }
            scene.daemons.insert(name.to_owned(), daemon);
        }
        for (name, state) in [("cp1", "active"), ("cp2", "standby"), ("cp3", "standby")] {
            scene.wait_balancer(name, state)?;
        }
        scene.lab.wait_only_holder(family.vip(), "cp1", BOUND)?;
        Ok(scene)
    }

    pub(crate) fn host(&self, name: &str) -> &Host {
        self.lab.host(name).expect("a host of the lab")
    }

    pub(crate) fn daemon(&self, name: &str) -> &Daemon {
        self.daemons.get(name).expect("a running daemon")
    }

    /// Starts the daemon of a host again with the configuration that is there.
    pub(crate) fn start_daemon(&mut self, name: &str) -> Result {
        let daemon = self.host(name).vrrpd().start()?;
        self.daemons.insert(name.to_owned(), daemon);
        Ok(())
    }

    /// SIGKILL.
    pub(crate) fn kill_daemon(&mut self, name: &str) -> Result {
        let daemon = self.daemons.remove(name).expect("a running daemon");
        daemon.process().kill();
        daemon.process().wait_exit(BOUND)?;
        Ok(())
    }

    /// SIGTERM, and waits for a good end.
    pub(crate) fn end_daemon(&mut self, name: &str) -> Result {
        let daemon = self.daemons.remove(name).expect("a running daemon");
        assert!(daemon.terminate(BOUND)?.success());
        Ok(())
    }

    /// The host vanishes.
    pub(crate) fn crash(&mut self, name: &str) -> Result<Instant> {
        let gone = self.host(name).crash()?;
        self.daemons.remove(name);
        Ok(gone)
    }

    /// Runs a command of vrrpd that has to succeed.
    pub(crate) fn command(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let output = self.host(name).vrrpd_command(arguments, BOUND)?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(format!("{arguments:?}: {output:?}").into())
        }
    }

    /// Writes other lines of the load balancer and reloads.
    pub(crate) fn reload(&self, name: &str, lines: &str) -> Result {
        let at = ["cp1", "cp2", "cp3"].iter().position(|host| *host == name);
        let priority = PRIORITIES[at.expect("a host of the lab")];
        self.host(name)
            .write_file(CONFIG_FILE, config(self.family, priority, lines))?;
        self.command(name, &["reload"]).map(drop)
    }

    /// Waits until the load balancer of a host is as wanted.
    pub(crate) fn wait(
        &self,
        name: &str,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let status = self.daemon(name).wait_status(what, BOUND, |status| {
            status["load_balancers"].get(0).is_some_and(&wanted)
        })?;
        Ok(status["load_balancers"][0].clone())
    }

    pub(crate) fn wait_balancer(&self, name: &str, state: &str) -> Result<Value> {
        self.wait(name, state, |balancer| balancer["state"] == state)
    }

    /// Waits until a host's daemon knows the state of the backend on another, and goes by it.
    pub(crate) fn wait_backend(&self, name: &str, on: &str, state: &str) -> Result<Value> {
        let address = backend(self.host(on), self.family).to_string();
        let what = format!("{address} {state}");
        let found = self.wait(name, &what, |balancer| {
            of(balancer, &address)["state"] == state
        })?;
        self.wait_rules(name)?;
        Ok(found)
    }

    /// Waits until a host's rules are as what is known of the backends wants them.
    pub(crate) fn wait_rules(&self, name: &str) -> Result {
        // Nothing is drained; it answers when the rules are there.
        let first = backend(self.host("cp1"), self.family).to_string();
        self.command(name, &["backend", "undrain", "apiserver", &first])
            .map(drop)
    }

    /// Connects to the VIP from one of the client's addresses.
    pub(crate) fn connect(&self, client: u16) -> io::Result<Connection> {
        self.connect_from(self.lab.client(), Some(self.family.client(client)))
    }

    pub(crate) fn connect_from(
        &self,
        host: &Host,
        source: Option<IpAddr>,
    ) -> io::Result<Connection> {
        Connection::open(host, source, SocketAddr::new(self.family.vip(), PORT))
    }

    /// A connection to each host, of a client each, from the first on.
    pub(crate) fn one_to_each(&self) -> Result<BTreeMap<String, (u16, Connection)>> {
        let mut found = BTreeMap::new();
        for client in 0..400 {
            let connection = self.connect(client)?;
            let host = connection.host.clone();
            found.entry(host).or_insert((client, connection));
            if found.len() == 3 {
                return Ok(found);
            }
        }
        Err(format!("only {:?} serve", found.keys()).into())
    }

    /// How many of so many connections, each of a client of its own, get to each host. Several
    /// clients connect at the same time.
    pub(crate) fn spread(&self, clients: u16) -> Result<[u32; 3]> {
        const AT_ONCE: u16 = 8;
        let some = |first: u16| {
            let clients = (first..clients).step_by(AT_ONCE.into());
            let hosts = clients.map(|client| Ok(self.connect(client)?.host));
            hosts.collect::<io::Result<Vec<String>>>()
        };
        let served = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_ONCE)
                .map(|first| scope.spawn(move || some(first)))
                .collect();
            let ended = threads.into_iter();
            let served = ended.map(|thread| thread.join().expect("no panic"));
            served.collect::<io::Result<Vec<_>>>()
        })?;
        let mut counts = [0; 3];
        for host in served.concat() {
            let number: usize = host.trim_start_matches("cp").parse()?;
            counts[number - 1] += 1;
        }
        Ok(counts)
    }

    /// Whether a host has the table.
    pub(crate) fn has_table(&self, name: &str) -> Result<bool> {
        let tables = output(self.host(name), &["nft", "list", "tables"])?;
        Ok(tables.lines().any(|line| line == "table inet vrrpd"))
    }

    /// The client asks anew who has which address.
    pub(crate) fn forget_neighbours(&self) -> Result {
        run(self.lab.client(), &["ip", "neigh", "flush", "all"])
    }
}

/// The backend of that address in the status of a load balancer.
pub(crate) fn of<'a>(balancer: &'a Value, address: &str) -> &'a Value {
    let mut backends = balancer["backends"].as_array().into_iter().flatten();
    let found = backends.find(|backend| backend["address"] == address);
    found.unwrap_or(&Value::Null)
}
