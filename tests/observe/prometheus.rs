//! A Prometheus on the client of a lab, and three daemons that it scrapes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use vrrp_lab::{ApiServer, Command, Daemon, Lab, Process, Result};

/// For everything that is waited for: far more than it takes, for a busy machine.
pub(crate) const BOUND: Duration = Duration::from_secs(60);

/// A running Prometheus and what it watches.
pub(crate) struct Watched {
    pub(crate) daemons: Vec<Daemon>,
    _servers: Vec<ApiServer>,
    _prometheus: Process,
    _data: tempfile::TempDir,
    pub(crate) lab: Lab,
}

/// A file of the repository.
pub(crate) fn shipped(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("packaging")
        .join(name)
}

impl Watched {
    /// Three hosts with a check of an API server, and a Prometheus with the shipped rules.
    pub(crate) fn start() -> Result<Self> {
        let lab = Lab::new(3)?;
        let mut servers = Vec::new();
        let mut daemons = Vec::new();
        for (place, host) in lab.hosts().iter().enumerate() {
            servers.push(ApiServer::start(host)?);
            let daemon = host.start_vrrpd(&config(host.address(), 254 - place))?;
            if place == 0 {
                daemon.wait_state("master", BOUND)?;
            }
            daemons.push(daemon);
        }
        let data = tempfile::tempdir().expect("a directory");
        let targets: Vec<_> = lab
            .hosts()
            .iter()
            .map(|host| format!("\"{}:9650\"", host.address()))
            .collect();
        let text = format!(
            "global: {{scrape_interval: 500ms, evaluation_interval: 500ms}}\n\
             rule_files: [{}]\n\
             scrape_configs:\n  - job_name: vrrpd\n    static_configs: [{{targets: [{}]}}]\n",
            shipped("prometheus/vrrpd.rules.yml").display(),
            targets.join(", ")
        );
        let file = data.path().join("prometheus.yml");
        std::fs::write(&file, text).expect("written");
        let command = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                data.path().join("data").display()
            ))
            .arg("--web.listen-address=127.0.0.1:9090");
        let prometheus = lab.client().spawn(&command)?;
        let watched = Self {
            daemons,
            _servers: servers,
            _prometheus: prometheus,
            _data: data,
            lab,
        };
        watched.wait_series("up == 1", 3)?;
        Ok(watched)
    }

    /// The series that a query finds now; none where Prometheus does not answer yet.
    pub(crate) fn query(&self, query: &str) -> Vec<Value> {
        let address = SocketAddr::from(([127, 0, 0, 1], 9090));
        let encoded: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("query", query)
            .finish();
        let path = format!("/api/v1/query?{encoded}");
        let Ok(answer) = self.lab.client().http_get(address, &path, BOUND) else {
            return Vec::new();
        };
        let answer: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        assert_ne!(answer["status"], "error", "{query}: {answer}");
        let found = answer["data"]["result"].as_array();
        found.cloned().unwrap_or_default()
    }

    /// Waits until a query finds this many series.
    pub(crate) fn wait_series(&self, query: &str, count: usize) -> Result<Vec<Value>> {
        self.wait(query, |found| found.len() == count)
    }

    /// Waits until a query finds anything.
    pub(crate) fn wait_any(&self, query: &str) -> Result<Vec<Value>> {
        self.wait(query, |found| !found.is_empty())
    }

    fn wait(&self, query: &str, enough: impl Fn(&[Value]) -> bool) -> Result<Vec<Value>> {
        let mut last = Vec::new();
        let found = self.lab.wait_for(query, BOUND, || {
            let found = self.query(query);
            if enough(&found) {
                return Some(found);
            }
            last = found;
            // Prometheus has something new with each scrape, not sooner.
            std::thread::sleep(Duration::from_millis(100));
            None
        });
        found.inspect_err(|_| println!("{query} finds {last:?}"))
    }
}

/// The configuration of the host with this address.
pub(crate) fn config(own: Ipv4Addr, priority: usize) -> String {
    let peers: Vec<_> = (11..=13)
        .map(|last| IpAddr::from([10, 0, 50, last]).to_string())
        .filter(|peer| *peer != own.to_string())
        .collect();
    format!(
        "instances:\n  - name: control-plane\n    addresses: [10.0.50.20]\n    vrid: 51\n    \
         advert_interval: 100ms\n    priority: {priority}\n    peers: [{}]\n    \
         track: [{{check: apiserver}}]\n\
         checks:\n  - name: apiserver\n    interval: 200ms\n    http:\n      \
         url: https://127.0.0.1:6443/healthz\n      \
         tls: {{ca: /etc/kubernetes/pki/ca.crt, server_name: kubernetes}}\n\
         load_balancers:\n  - name: apiserver\n    address: 10.0.50.20\n    port: 6443\n    \
         backends: [\"10.0.50.11:6443\", \"10.0.50.12:6443\", \"10.0.50.13:6443\"]\n    \
         check: {{tcp: {{}}, interval: 200ms, timeout: 2s}}\n\
         metrics: {{listen: \"0.0.0.0:9650\", keepalived_names: true}}\n",
        peers.join(", ")
    )
}
