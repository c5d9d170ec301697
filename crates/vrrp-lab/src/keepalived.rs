//! A Keepalived in a host, beside vrrpd or instead of it.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::command::Command;
use crate::error::{Context, Result};
use crate::host::Host;
use crate::process::Process;

const CONFIG_FILE: &str = "/etc/keepalived/keepalived.conf";
const PROGRAM: &str = "keepalived";

/// A Keepalived. Killed when dropped.
#[derive(Debug)]
pub struct Keepalived {
    host: Host,
    process: Process,
}

/// One `vrrp_instance` of a Keepalived config.
#[derive(Clone, Debug)]
pub struct KeepalivedInstance {
    /// Name of the instance.
    pub name: String,
    /// Virtual router identifier.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// Time between adverts; version 2 knows whole seconds only.
    pub advert_interval: Duration,
    /// Protocol version: 2 or 3.
    pub version: u8,
    /// The virtual addresses, one family.
    pub addresses: Vec<IpAddr>,
    /// More lines in the instance's block.
    pub extra: String,
}

impl KeepalivedInstance {
    /// An instance with vrid 51, version 3, one second.
    #[must_use]
    pub fn new(address: IpAddr, priority: u8) -> Self {
        Self {
            name: "control-plane".to_owned(),
            vrid: 51,
            priority,
            advert_interval: Duration::from_secs(1),
            version: 3,
            addresses: vec![address],
            extra: String::new(),
        }
    }

    /// The whole config file, after `globals`, which are more lines before the instance.
    #[must_use]
    pub fn config(&self, interface: &str, globals: &str) -> String {
        let mut text = format!(
            "global_defs {{\n    router_id lab\n    vrrp_version {}\n    script_user root\n    \
             enable_script_security\n}}\n{globals}\nvrrp_instance {} {{\n    state BACKUP\n    \
             interface {interface}\n    virtual_router_id {}\n    priority {}\n    advert_int {}\n",
            self.version,
            self.name,
            self.vrid,
            self.priority,
            self.advert_interval.as_secs_f64(),
        );
        text += &self.extra;
        text += "\n    virtual_ipaddress {\n";
        for address in &self.addresses {
            let prefix = if address.is_ipv4() { 32 } else { 128 };
            let _ = writeln!(text, "        {address}/{prefix}");
        }
        text + "    }\n}\n"
    }
}

impl Host {
    /// Starts Keepalived in this host with `config`.
    ///
    /// # Errors
    /// It is not installed or does not start.
    pub fn start_keepalived(&self, config: &str) -> Result<Keepalived> {
        self.start_keepalived_at(PROGRAM, config)
    }

    /// Like [`Host::start_keepalived`], but runs the binary at `program`.
    ///
    /// # Errors
    /// It is not there or does not start.
    pub fn start_keepalived_at(
        &self,
        program: impl Into<PathBuf>,
        config: &str,
    ) -> Result<Keepalived> {
        self.write_file(CONFIG_FILE, config)?;
        let command = Command::new(program)
            .args(["--dont-fork", "--log-console", "--log-detail", "--vrrp"])
            .args([
                "--use-file",
                CONFIG_FILE,
                "--pid",
                "/run/keepalived/keepalived.pid",
            ])
            .args(["--vrrp_pid", "/run/keepalived/vrrp.pid"]);
        Ok(Keepalived {
            host: self.clone(),
            process: self.spawn(&command)?,
        })
    }
}

impl Keepalived {
    /// The parent process, for SIGTERM and logs.
    #[must_use]
    pub const fn process(&self) -> &Process {
        &self.process
    }

    /// Writes its config file anew; SIGHUP makes it read that.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn configure(&self, config: &str) -> Result<()> {
        self.host.write_file(CONFIG_FILE, config)
    }

    /// Kills parent and VRRP process, as a crash does: the VIP stays behind.
    ///
    /// # Errors
    /// The parent survives, or the kernel does not tell of its children.
    pub fn kill(&self) -> Result<()> {
        // The parent would start the other anew; if it died first, the other would leave in
        // good order.
        self.process.stop();
        for child in self.children()? {
            let _ = kill(child, Signal::SIGKILL);
        }
        self.process.kill();
        self.process.wait_exit(Duration::from_secs(5)).map(drop)
    }

    /// Sends a signal to parent and VRRP process: SIGSTOP and SIGCONT make it hang and wake.
    ///
    /// # Errors
    /// The kernel does not tell of the parent's children.
    pub fn signal_all(&self, signal: Signal) -> Result<()> {
        self.process.signal(signal);
        for child in self.children()? {
            let _ = kill(child, signal);
        }
        Ok(())
    }

    /// The VRRP process, or nothing while there is none: it may end by itself at any time.
    fn children(&self) -> Result<Vec<Pid>> {
        let parent = self.process.pid();
        let path = format!("/proc/{parent}/task/{parent}/children");
        let text = match std::fs::read_to_string(&path) {
            // The parent has ended.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.context(|| format!("reading {path}"))?,
        };
        let pids = text
            .split_ascii_whitespace()
            .filter_map(|pid| pid.parse().ok());
        Ok(pids.map(Pid::from_raw).collect())
    }

    /// Waits until it says that it is in `state`: `MASTER` or `BACKUP`.
    ///
    /// # Errors
    /// It did not within `bound`, or ended.
    pub fn wait_state(&self, state: &str, bound: Duration) -> Result<()> {
        self.process
            .wait_line(&format!("Entering {state} STATE"), bound)
            .map(drop)
    }
}
