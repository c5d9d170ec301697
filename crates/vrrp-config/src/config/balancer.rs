//! Load balancers as configured.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::check::{
    ExecProbe, Header, HoldDown, HostPort, HttpProbe, HttpUrl, Probe, Scheme, StatusMatch, Tls,
};

/// Stands for a backend's `address:port` in the check of a load balancer.
pub(crate) const BACKEND: &str = "{backend}";

/// A load balancer in the kernel, active on the host that holds its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadBalancer {
    /// Unique among load balancers.
    pub name: String,
    /// An address of an instance.
    pub address: IpAddr,
    /// Where clients connect, 1..=65535.
    pub port: u16,
    /// Servers of the same family as `address`; at least one, no duplicates.
    pub backends: Vec<Backend>,
    /// How a new client finds its backend.
    pub scheduler: Scheduler,
    /// How long a client address keeps its backend; `None`: not kept.
    pub persistence: Option<Duration>,
    /// After which an idle connection is forgotten.
    pub idle_timeout: Duration,
    /// Who may connect; empty: everyone.
    pub allow: Vec<Network>,
    /// How each backend's health is known; `None`: all are taken as healthy.
    pub check: Option<BackendCheck>,
}

/// One server behind a load balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backend {
    /// Address and port.
    pub address: SocketAddr,
    /// Share of new clients relative to the other backends, 1..=255.
    pub weight: u8,
}

/// How a new client finds its backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheduler {
    /// By a hash of the client address.
    #[default]
    SourceHash,
    /// In turn.
    RoundRobin,
    /// At random.
    Random,
}

/// A network in CIDR form; host bits are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    /// The network address.
    pub address: IpAddr,
    /// Prefix length, 0..=32 or 0..=128.
    pub prefix: u8,
}

impl Network {
    /// Whether every address of `other` is in this network.
    #[must_use]
    pub fn contains(self, other: Network) -> bool {
        let first = |address: IpAddr| match address {
            IpAddr::V4(address) => {
                let bits = u32::MAX.checked_shl(32 - u32::from(self.prefix));
                IpAddr::V4((u32::from(address) & bits.unwrap_or(0)).into())
            }
            IpAddr::V6(address) => {
                let bits = u128::MAX.checked_shl(128 - u32::from(self.prefix));
                IpAddr::V6((u128::from(address) & bits.unwrap_or(0)).into())
            }
        };
        let same_family = self.address.is_ipv4() == other.address.is_ipv4();
        same_family && self.prefix <= other.prefix && first(other.address) == self.address
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The health check of every backend of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendCheck {
    /// What one probe does, without the backend's address.
    pub probe: BackendProbe,
    /// From the start of one probe to the start of the next.
    pub interval: Duration,
    /// After which a probe has failed.
    pub timeout: Duration,
    /// Failures in a row that make a backend down.
    pub fall: u8,
    /// Successes in a row that make a backend up.
    pub rise: u8,
    /// How long a backend that went down stays down whatever the probes say; `None`: not at all.
    pub hold_down: Option<HoldDown>,
}

/// A probe whose target is each backend in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendProbe {
    /// GET `scheme://{backend}path`.
    Http {
        /// http or https.
        scheme: Scheme,
        /// Path and query, beginning with `/`.
        path: String,
        /// `Some` exactly for `https`.
        tls: Option<Tls>,
        /// Which status codes are success.
        status: StatusMatch,
        /// Text which the body must contain.
        body: Option<String>,
        /// Further headers of the request.
        headers: Vec<Header>,
    },
    /// A TCP connection to the backend.
    Tcp,
    /// A program, `{backend}` in its arguments standing for the backend.
    Exec(ExecProbe),
}

impl BackendProbe {
    /// The probe of one backend.
    #[must_use]
    pub fn of(&self, backend: SocketAddr) -> Probe {
        let target = HostPort {
            host: backend.ip().to_string(),
            port: backend.port(),
        };
        match self {
            BackendProbe::Tcp => Probe::Tcp(target),
            BackendProbe::Exec(ExecProbe { command }) => {
                let fill = |argument: &String| argument.replace(BACKEND, &target.to_string());
                Probe::Exec(ExecProbe {
                    command: command.iter().map(fill).collect(),
                })
            }
            BackendProbe::Http {
                scheme,
                path,
                tls,
                status,
                body,
                headers,
            } => Probe::Http(HttpProbe {
                url: HttpUrl {
                    scheme: *scheme,
                    target,
                    path: path.clone(),
                },
                tls: tls.clone(),
                status: status.clone(),
                body: body.clone(),
                headers: headers.clone(),
            }),
        }
    }
}
