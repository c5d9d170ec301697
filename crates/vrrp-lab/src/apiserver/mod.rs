//! A stand-in for the API server of a host: real TLS, `/healthz`, and every way to fail. It runs
//! as a process of its own, so that it can be killed as the real one is; this is the handle to
//! it, the process itself is in `server`.

mod certificates;
mod server;

use std::net::{Ipv6Addr, SocketAddr};
use std::time::Duration;

pub use certificates::Certificate;
pub(crate) use certificates::install_certificates;
pub use server::{ServerOptions, serve};

use crate::command::Command;
use crate::error::{LabError, Result};
use crate::host::Host;
use crate::process::Process;
use crate::tools;

/// Port of the API server.
pub const API_PORT: u16 = 6443;
/// Where the host finds the authority, as kubeadm puts it.
pub const CA_FILE: &str = "/etc/kubernetes/pki/ca.crt";
const CERTIFICATE_FILE: &str = "/etc/kubernetes/pki/apiserver.crt";
const KEY_FILE: &str = "/etc/kubernetes/pki/apiserver.key";
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// How an API server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// `/healthz` answers 200 and `ok`.
    Healthy,
    /// `/healthz` answers 500 and says that etcd failed.
    Sick,
    /// Accepts connections and never answers.
    Hung,
    /// `/healthz` answers 200 and `ok` after three seconds.
    Slow,
    /// `/healthz` sends the head of a 200 and no body.
    Stalled,
    /// `/healthz` sends a 200 whose body never ends.
    Endless,
    /// Not listening; open connections were reset.
    Dead,
}

impl Mode {
    /// Its name in commands and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Sick => "sick",
            Self::Hung => "hung",
            Self::Slow => "slow",
            Self::Stalled => "stalled",
            Self::Endless => "endless",
            Self::Dead => "dead",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [
            Self::Healthy,
            Self::Sick,
            Self::Hung,
            Self::Slow,
            Self::Stalled,
            Self::Endless,
            Self::Dead,
        ]
        .into_iter()
        .find(|mode| mode.name() == name)
    }
}

/// A running API server. Killed when dropped.
#[derive(Debug)]
pub struct ApiServer {
    host: Host,
    process: Process,
    mode: std::sync::Mutex<Mode>,
}

impl ApiServer {
    /// Starts a healthy API server on `host`, on all its addresses.
    ///
    /// # Errors
    /// The vrrp-lab binary is not found, or it does not listen in time.
    pub fn start(host: &Host) -> Result<Self> {
        Self::start_on(
            host,
            SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), API_PORT),
            false,
        )
    }

    /// Starts a healthy API server that listens on `listen` and, if `client_certificates`, wants
    /// clients to show a certificate of the lab's authority.
    ///
    /// # Errors
    /// The vrrp-lab binary is not found, or it does not listen in time.
    pub fn start_on(host: &Host, listen: SocketAddr, client_certificates: bool) -> Result<Self> {
        let mut command = Command::new(tools::vrrp_lab()?)
            .name("apiserver")
            .args([
                "apiserver",
                "--name",
                host.name(),
                "--listen",
                &listen.to_string(),
            ])
            .args(["--cert", CERTIFICATE_FILE, "--key", KEY_FILE]);
        if client_certificates {
            command = command.args(["--client-ca", CA_FILE]);
        }
        let process = host.spawn(&command)?;
        process.wait_line("mode healthy", ANSWERS_WITHIN)?;
        Ok(Self {
            host: host.clone(),
            process,
            mode: std::sync::Mutex::new(Mode::Healthy),
        })
    }

    /// Changes how it behaves; when this returns, it does.
    ///
    /// # Errors
    /// It has ended, or does not confirm in time.
    pub fn set_mode(&self, mode: Mode) -> Result<()> {
        let mut current = self
            .mode
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        self.order(mode.name(), &format!("mode {}", mode.name()))?;
        *current = mode;
        Ok(())
    }

    /// Gives it another certificate: new connections get that one, and open ones are closed in
    /// good order. When this returns, it is so.
    ///
    /// # Errors
    /// The certificate could not be made, or it does not confirm in time.
    pub fn rotate(&self, certificate: Certificate) -> Result<()> {
        certificates::write(&self.host, certificate)?;
        self.order("rotate", "rotated")
    }

    /// Writes a line to it and waits for its answer.
    fn order(&self, line: &str, confirmation: &str) -> Result<()> {
        let confirmed = || {
            let lines = self.process.lines();
            lines
                .iter()
                .filter(|line| line.text == confirmation)
                .count()
        };
        let before = confirmed();
        self.process.write_line(line)?;
        let deadline = std::time::Instant::now() + ANSWERS_WITHIN;
        while confirmed() == before {
            if !self.process.is_running() {
                return Err(self.process.ended());
            }
            if std::time::Instant::now() > deadline {
                return Err(LabError::Timeout {
                    what: format!("waiting for the API server to say {confirmation:?}"),
                    bound: ANSWERS_WITHIN,
                    diagnostics: self.process.text(),
                });
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// How it behaves; dead once its process has ended.
    #[must_use]
    pub fn mode(&self) -> Mode {
        if self.process.is_running() {
            *self
                .mode
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        } else {
            Mode::Dead
        }
    }

    /// Its process, to be killed or stopped.
    #[must_use]
    pub const fn process(&self) -> &Process {
        &self.process
    }

    /// SIGKILL, and waits until it is gone.
    ///
    /// # Errors
    /// It survives.
    pub fn kill(&self) -> Result<()> {
        self.process.kill();
        self.process.wait_exit(ANSWERS_WITHIN).map(drop)
    }
}
