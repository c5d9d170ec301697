//! A vrrpd daemon in a host, as an operator sees it: config file, process, status, metrics.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command::{Command, User};
use crate::error::{LabError, Result};
use crate::host::Host;
use crate::process::{Output, Process};
use crate::tools;

/// Where the daemon looks for its config by default.
pub const CONFIG_FILE: &str = "/etc/vrrpd/vrrpd.yaml";
/// Where its control socket is by default.
pub const CONTROL_SOCKET: &str = "/run/vrrpd/vrrpd.sock";
const METRICS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9650);
/// Pause between two questions for the status.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// What to start. Made by [`Host::vrrpd`].
#[derive(Clone, Debug)]
pub struct DaemonBuilder {
    host: Host,
    arguments: Vec<OsString>,
    user: Option<User>,
    environment: Vec<(String, String)>,
    socket: PathBuf,
    program: Option<PathBuf>,
}

/// A vrrpd daemon. Killed when dropped.
#[derive(Debug)]
pub struct Daemon {
    host: Host,
    process: Process,
    socket: PathBuf,
}

impl Host {
    /// A daemon to be started in this host.
    #[must_use]
    pub fn vrrpd(&self) -> DaemonBuilder {
        DaemonBuilder {
            host: self.clone(),
            arguments: Vec::new(),
            user: None,
            environment: Vec::new(),
            socket: PathBuf::from(CONTROL_SOCKET),
            program: None,
        }
    }

    /// Starts `vrrpd run` in this host with `config` as its config file.
    ///
    /// # Errors
    /// The binary is not found or does not start.
    pub fn start_vrrpd(&self, config: &str) -> Result<Daemon> {
        self.write_file(CONFIG_FILE, config)?;
        self.vrrpd().start()
    }

    /// Runs another command of vrrpd in this host to its end, such as `check` or `status`.
    ///
    /// # Errors
    /// The binary is not found, or it does not end within `bound`.
    pub fn vrrpd_command(&self, arguments: &[&str], bound: Duration) -> Result<Output> {
        self.output(&Command::new(tools::vrrpd()?).args(arguments), bound)
    }
}

impl DaemonBuilder {
    /// More arguments after `run`.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Runs as `user` with the capabilities the systemd unit leaves it, instead of as root.
    #[must_use]
    pub const fn user(mut self, user: User) -> Self {
        self.user = Some(user);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.environment.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Where its control socket is, if the config says another place than the default.
    #[must_use]
    pub fn socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.socket = path.into();
        self
    }

    /// Another binary than the one of this repository.
    #[must_use]
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.program = Some(path.into());
        self
    }

    /// Starts `vrrpd run`. That it serves is another matter: see [`Daemon::wait_state`].
    ///
    /// # Errors
    /// The binary is not found or does not start.
    pub fn start(self) -> Result<Daemon> {
        let program = self.program.map_or_else(tools::vrrpd, Ok)?;
        let mut command = Command::new(program)
            .name("vrrpd")
            .arg("run")
            .args(self.arguments);
        for (key, value) in self.environment {
            command = command.env(key, value);
        }
        if let Some(user) = self.user {
            self.host.chown("/run/vrrpd", user)?;
            command = command.user(user);
        }
        let process = self.host.spawn(&command)?;
        Ok(Daemon {
            host: self.host,
            process,
            socket: self.socket,
        })
    }
}

impl Daemon {
    /// Its process, for signals and logs.
    #[must_use]
    pub const fn process(&self) -> &Process {
        &self.process
    }

    /// The host it runs in.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Its answer to `GET /v1/status` on the control socket.
    ///
    /// # Errors
    /// It does not answer, or not with JSON.
    pub fn status(&self) -> Result<Value> {
        let response = self
            .host
            .unix_request(&self.socket, "GET", "/v1/status", ANSWERS_WITHIN)?;
        serde_json::from_str(&response.body).map_err(|error| LabError::Http {
            url: format!("/v1/status of {}", self.host.name()),
            why: format!("{error} in: {}", response.body),
        })
    }

    /// The status of the instance called `name`, or of the first one.
    ///
    /// # Errors
    /// It does not answer, or has no such instance.
    pub fn instance(&self, name: Option<&str>) -> Result<Value> {
        let status = self.status()?;
        let instances = status["instances"].as_array().cloned().unwrap_or_default();
        instances
            .into_iter()
            .find(|instance| name.is_none_or(|name| instance["name"] == name))
            .ok_or_else(|| LabError::Other(format!("no instance {name:?} in {status}")))
    }

    /// The state of its first instance: `init`, `backup`, `master` or `fault`; `None` while it
    /// does not answer.
    #[must_use]
    pub fn state(&self) -> Option<String> {
        self.instance(None).ok()?["state"]
            .as_str()
            .map(str::to_owned)
    }

    /// `POST /v1/ACTION`: reload, resign, drain, undrain. Returns status code and body.
    ///
    /// # Errors
    /// It does not answer.
    pub fn post(&self, action: &str) -> Result<(u16, String)> {
        let path = format!("/v1/{action}");
        let response = self
            .host
            .unix_request(&self.socket, "POST", &path, ANSWERS_WITHIN)?;
        Ok((response.status, response.body))
    }

    /// What it answers to a scrape of its metrics at the default address.
    ///
    /// # Errors
    /// It does not answer.
    pub fn metrics(&self) -> Result<String> {
        self.host
            .http_get(METRICS, "/metrics", ANSWERS_WITHIN)
            .map(|response| response.body)
    }

    /// Waits until its first instance is in `state`, and as a master has all its addresses, which
    /// the kernel gives it a moment later.
    ///
    /// # Errors
    /// It is not within `bound`, or the daemon ended.
    pub fn wait_state(&self, state: &str, bound: Duration) -> Result<()> {
        self.wait_instance(&format!("state {state}"), bound, |instance| {
            let addresses = instance["addresses"].as_array().map_or(0, Vec::len);
            instance["state"] == state
                && (state != "master" || instance["addresses_present"] == addresses)
        })
        .map(drop)
    }

    /// Waits until its first instance's status is as wanted; returns that status.
    ///
    /// # Errors
    /// It is not within `bound`, or the daemon ended.
    pub fn wait_instance(
        &self,
        what: &str,
        bound: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let status = self.wait_status(what, bound, |status| {
            status["instances"].get(0).is_some_and(&wanted)
        })?;
        Ok(status["instances"][0].clone())
    }

    /// Waits until its status is as wanted; returns it.
    ///
    /// # Errors
    /// It is not within `bound`, or the daemon ended.
    pub fn wait_status(
        &self,
        what: &str,
        bound: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let deadline = Instant::now() + bound;
        loop {
            let status = self.status();
            if let Ok(status) = &status
                && wanted(status)
            {
                return Ok(status.clone());
            }
            if !self.process.is_running() {
                return Err(self.process.ended());
            }
            if Instant::now() > deadline {
                let seen = status.map_or_else(|error| error.to_string(), |s| s.to_string());
                return Err(LabError::Timeout {
                    what: format!("waiting for {what} of vrrpd on {}", self.host.name()),
                    bound,
                    diagnostics: format!("{seen}\n{}", self.process.shared.tail()),
                });
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// SIGTERM, and waits for its end.
    ///
    /// # Errors
    /// It still runs after `bound`.
    pub fn terminate(&self, bound: Duration) -> Result<std::process::ExitStatus> {
        self.process.terminate();
        self.process.wait_exit(bound)
    }
}
