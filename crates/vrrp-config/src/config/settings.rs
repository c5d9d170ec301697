//! Settings of the daemon as a whole.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// The control socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Absolute path of the Unix socket.
    pub socket: PathBuf,
}

impl Default for Control {
    fn default() -> Self {
        Control {
            socket: PathBuf::from("/run/vrrpd/vrrpd.sock"),
        }
    }
}

/// The metrics endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// Where to listen; `None`: no endpoint.
    pub listen: Option<SocketAddr>,
    /// Whether to add the names of the common Keepalived exporters.
    pub keepalived_names: bool,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics {
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 9650))),
            keepalived_names: false,
        }
    }
}

/// What is logged and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Log {
    /// The least severe level that is logged.
    pub level: LogLevel,
    /// The form of a line.
    pub format: LogFormat,
}

/// A log level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LogLevel {
    /// Errors only.
    Error,
    /// Warnings and errors.
    Warn,
    /// What an operator wants to know.
    #[default]
    Info,
    /// Every decision.
    Debug,
    /// Every packet.
    Trace,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people, on standard error.
    #[default]
    Text,
    /// One JSON object per line, on standard error.
    Json,
    /// Fields to systemd-journald.
    Journald,
}

/// Real-time scheduling and locked memory for the protocol thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Realtime {
    /// Where the host allows it.
    #[default]
    Auto,
    /// Never.
    Off,
}
