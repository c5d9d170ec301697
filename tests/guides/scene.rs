//! Three hosts on which the commands of a guide are run as the administrator would.

use std::net::IpAddr;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use vrrp_lab::{API_PORT, ApiServer, Command, Host, HttpsProber, Lab, Result, VIP, tools};

use crate::document;

/// For everything that is waited for: far more than it takes, for a busy machine.
pub(crate) const BOUND: Duration = Duration::from_secs(60);
/// From the highest priority to the lowest.
pub(crate) const HOSTS: [&str; 3] = ["cp1", "cp2", "cp3"];
const BIN: &str = "/run/lab/bin";
const SYSTEMCTL: &str = include_str!("systemctl");
const KUBEADM: &str = include_str!("kubeadm");

pub(crate) struct Scene {
    guide: &'static str,
    vips: Vec<IpAddr>,
    servers: Vec<ApiServer>,
    clients: Vec<HttpsProber>,
    pub(crate) lab: Lab,
}

impl Scene {
    /// Three hosts, each with what the guide calls by name.
    pub(crate) fn new(guide: &'static str) -> Result<Self> {
        Self::with(guide, Lab::new(3)?, vec![VIP.into()])
    }

    pub(crate) fn with(guide: &'static str, lab: Lab, vips: Vec<IpAddr>) -> Result<Self> {
        for host in lab.hosts() {
            install(host)?;
        }
        let every = Duration::from_millis(50);
        let client = |vip: &IpAddr| lab.probe_https((*vip, API_PORT).into(), every);
        Ok(Self {
            guide,
            clients: vips.iter().map(client).collect::<Result<_>>()?,
            vips,
            servers: Vec::new(),
            lab,
        })
    }

    /// The same hosts, and another guide for what comes next.
    pub(crate) fn go_on_with(mut self, guide: &'static str) -> Self {
        self.guide = guide;
        self
    }

    /// Starts the API server of a host.
    pub(crate) fn serve(&mut self, host: &str) -> Result<()> {
        self.servers.push(ApiServer::start(self.lab.host(host)?)?);
        Ok(())
    }

    /// Runs what stands under a heading of the guide.
    pub(crate) fn follow(&self, host: &str, heading: &str) -> Result<String> {
        self.run(host, &document::commands(self.guide, heading))
    }

    /// Runs any commands.
    pub(crate) fn run(&self, host: &str, commands: &str) -> Result<String> {
        let path = format!("{BIN}:/usr/sbin:/usr/bin:/sbin:/bin");
        let command = Command::new("bash")
            .args(["-euo", "pipefail", "-c", commands])
            .env("PATH", path);
        let host = self.lab.host(host)?;
        let output = host.output(&command, BOUND)?;
        let log = host.read_file("/run/vrrpd/log").unwrap_or_default();
        assert!(
            output.status.success(),
            "{}: {commands}\n{}{}{log}",
            host.name(),
            output.stdout,
            output.stderr,
        );
        Ok(output.stdout)
    }

    /// Waits until a host is the only one with the addresses.
    pub(crate) fn wait_held_by(&self, host: &str) -> Result<()> {
        for vip in &self.vips {
            self.lab.wait_only_holder(*vip, host, BOUND)?;
        }
        Ok(())
    }

    /// Waits until a host's API server answers at each address.
    pub(crate) fn wait_served_by(&self, host: &str) -> Result<()> {
        for client in &self.clients {
            client.wait_answer(|name| name == host, Instant::now(), BOUND)?;
        }
        Ok(())
    }

    /// What each guide ends with: a failover by hand and back, then the master is switched off.
    pub(crate) fn fail_over(&self) -> Result<()> {
        self.wait_held_by("cp1")?;
        self.wait_served_by("cp1")?;
        self.follow("cp1", "Try a failover")?;
        self.wait_served_by("cp2")?;
        self.wait_held_by("cp2")?;
        let told = self.run("cp2", "vrrpd status")?;
        assert!(told.contains("\nmaster  "), "{told}");
        self.follow("cp1", "End the trial")?;
        self.wait_served_by("cp1")?;
        self.wait_held_by("cp1")?;
        self.lab.host("cp1")?.crash()?;
        self.wait_served_by("cp2")
    }
}

/// Puts `systemctl`, `kubeadm` and `vrrpd` where the host's shell finds them.
fn install(host: &Host) -> Result<()> {
    host.write_file(format!("{BIN}/systemctl"), SYSTEMCTL)?;
    host.write_file(format!("{BIN}/kubeadm"), KUBEADM)?;
    let vrrpd = tools::vrrpd()?;
    host.enter(move || {
        let bin = Path::new(BIN);
        for script in ["systemctl", "kubeadm"] {
            let executable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(bin.join(script), executable)?;
        }
        symlink(vrrpd, bin.join("vrrpd"))
    })?
    .expect("the directory is the host's own");
    Ok(())
}
