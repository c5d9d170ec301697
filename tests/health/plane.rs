//! Hosts with a daemon and an API server each, and what the tests ask of them.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value;
use vrrp_lab::{ApiServer, Lab, Mode, Result};

use crate::cluster::{BOUND, Cluster, config, vip};

/// A check of the API server; its times are short enough for tests.
pub(crate) fn apiserver() -> String {
    http_check("https://127.0.0.1:6443/healthz", "200ms", 2)
}

/// As [`apiserver`], for another URL, interval and `fall`.
pub(crate) fn http_check(url: &str, interval: &str, fall: u8) -> String {
    format!(
        "  - name: apiserver\n    http:\n      url: {url}\n      \
         tls: {{ca: /etc/kubernetes/pki/ca.crt, server_name: kubernetes}}\n    \
         interval: {interval}\n    timeout: 500ms\n    fall: {fall}\n    rise: 2\n"
    )
}

/// Lines of an instance that tracks the check `name`, and the checks.
pub(crate) fn tracking(name: &str, checks: &str) -> String {
    format!("    track: [{{check: {name}}}]\nchecks:\n{checks}")
}

pub(crate) struct ControlPlane {
    pub(crate) servers: BTreeMap<String, ApiServer>,
    pub(crate) cluster: Cluster,
}

impl ControlPlane {
    /// Two hosts with [`apiserver`]; cp1 is master, and all is well.
    pub(crate) fn start() -> Result<Self> {
        Self::start_with(2, &tracking("apiserver", &apiserver()))
    }

    /// `hosts` hosts with `more` after the first lines of the instance.
    pub(crate) fn start_with(hosts: usize, more: &str) -> Result<Self> {
        let lab = Lab::new(hosts)?;
        let mut servers = BTreeMap::new();
        for host in lab.hosts() {
            servers.insert(host.name().to_owned(), ApiServer::start(host)?);
        }
        let cluster = Cluster::start_in(lab, |_, priority| config(priority, more))?;
        let plane = Self { servers, cluster };
        for host in plane.cluster.lab.hosts() {
            plane.wait_checks(host.name(), "up")?;
        }
        Ok(plane)
    }

    pub(crate) fn server(&self, host: &str) -> &ApiServer {
        &self.servers[host]
    }

    pub(crate) fn set(&self, host: &str, mode: Mode) -> Result<()> {
        self.server(host).set_mode(mode)
    }

    /// Waits until every check of a host is in `state`.
    pub(crate) fn wait_checks(&self, host: &str, state: &str) -> Result<()> {
        let all = |status: &Value| {
            let checks = status["checks"].as_array();
            checks.is_some_and(|checks| checks.iter().all(|check| check["state"] == state))
        };
        let what = format!("checks that are {state}");
        self.cluster.daemon(host).wait_status(&what, BOUND, all)?;
        Ok(())
    }

    /// The VIP leaves cp1 for cp2; on cp1 the first check is down, and says `error` in its
    /// status within a few probes.
    pub(crate) fn leaves_because(&self, error: &str, kind: &str) -> Result<Value> {
        self.cluster.settle("cp2")?;
        let status = self.cluster.daemon("cp1").wait_status(
            &format!("the error {error:?}"),
            BOUND,
            |status| {
                let check = &status["checks"][0];
                check["last_error"]
                    .as_str()
                    .is_some_and(|said| said.contains(error))
            },
        )?;
        let check = &status["checks"][0];
        assert_eq!(check["state"], "down", "{check}");
        assert_eq!(check["last_error_kind"], kind, "{check}");
        let instance = &status["instances"][0];
        assert_eq!(instance["effective_priority"], 1, "{instance}");
        let why = instance["effective_priority_reason"].to_string();
        assert!(why.starts_with("\"250, apiserver down since "), "{why}");
        assert!(why.ends_with(" s: 1\""), "{why}");
        Ok(status)
    }

    /// The VIP is where it was at `since` and never left it, and no other host's check went down.
    pub(crate) fn never_moved(&self, since: Instant) -> Result<()> {
        let moves = self.cluster.moves(since);
        assert!(moves.is_empty(), "{moves:?}");
        assert_eq!(self.cluster.lab.holders(vip())?, ["cp1"]);
        Ok(())
    }

    /// How many probes of the first check have failed on a host, of one kind or of all.
    pub(crate) fn failures(&self, host: &str, kind: Option<&str>) -> Result<u64> {
        let metrics = self.cluster.daemon(host).metrics()?;
        let of_kind = kind.map_or_else(|| "kind=".to_owned(), |kind| format!("kind=\"{kind}\""));
        let lines = metrics.lines().filter(|line| {
            line.starts_with("vrrpd_check_failures_total{") && line.contains(&of_kind)
        });
        let counts = lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
        Ok(counts.sum())
    }

    /// How many probes of the first check have ended on a host.
    pub(crate) fn probes(&self, host: &str) -> Result<u64> {
        let metrics = self.cluster.daemon(host).metrics()?;
        let line = metrics
            .lines()
            .find(|line| line.starts_with("vrrpd_check_duration_seconds_count{"));
        let count = line.and_then(|line| line.rsplit_once(' ')?.1.parse().ok());
        Ok(count.unwrap_or(0))
    }

    /// Waits until `more` further probes have ended on a host.
    pub(crate) fn wait_probes(&self, host: &str, more: u64) -> Result<()> {
        let before = self.probes(host)?;
        let what = format!("{more} more probes on {host}");
        self.cluster.lab.wait_until(&what, BOUND, || {
            self.probes(host).is_ok_and(|now| now >= before + more)
        })
    }
}
