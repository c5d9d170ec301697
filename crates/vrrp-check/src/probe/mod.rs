//! One probe of each kind, and the watch between two probes.

pub(crate) mod dial;
mod exec;
mod file;
pub(crate) mod http;
mod tcp;
pub(crate) mod text;
mod tls;

use std::time::Duration;

use crate::error::ProbeError;
use crate::rise_fall::CheckState;
use crate::spec::{CheckSpec, ProbeSpec};
use crate::validate::SpecError;

/// What a probe may know beside its spec.
pub(crate) struct Context {
    pub(crate) timeout: Duration,
    pub(crate) state: CheckState,
    pub(crate) environment: Vec<(String, String)>,
}

/// The working part of a check, with what it keeps between probes.
pub(crate) enum Prober {
    Http(Box<http::HttpProber>),
    Tcp(tcp::TcpProber),
    Exec(exec::ExecProber),
    File(file::FileProber),
}

impl Prober {
    pub(crate) fn new(spec: &CheckSpec) -> Result<Self, SpecError> {
        Ok(match &spec.probe {
            ProbeSpec::Http(http) => Self::Http(Box::new(http::HttpProber::new(&spec.name, http)?)),
            ProbeSpec::Tcp(tcp) => Self::Tcp(tcp::TcpProber::new(&spec.name, tcp)?),
            ProbeSpec::Exec(exec) => Self::Exec(exec::ExecProber::new(&spec.name, exec)),
            ProbeSpec::File(file) => Self::File(file::FileProber::new(file)),
        })
    }

    /// One probe; ends within the time-out.
    pub(crate) async fn probe(&mut self, context: &Context) -> Result<(), ProbeError> {
        match self {
            Self::Http(http) => http.probe(context).await,
            Self::Tcp(tcp) => tcp.probe(context).await,
            Self::Exec(exec) => exec.probe(context).await,
            Self::File(file) => file.probe(),
        }
    }

    /// Waits until something happens that makes a probe worthwhile: the connection ends, the file comes or
    /// goes. Waits for ever where there is nothing to watch. May be dropped and called again.
    pub(crate) async fn changed(&mut self) {
        match self {
            Self::Http(http) => http.changed().await,
            Self::Tcp(tcp) => tcp.changed().await,
            Self::Exec(_) => std::future::pending().await,
            Self::File(file) => file.changed().await,
        }
    }

    /// Whether a connection is open and watched.
    pub(crate) const fn is_watching(&self) -> bool {
        match self {
            Self::Http(http) => http.is_watching(),
            Self::Tcp(tcp) => tcp.is_watching(),
            Self::Exec(_) | Self::File(_) => false,
        }
    }

    /// Whether each change matters, also while down: true of a file, whose presence is the whole answer.
    pub(crate) const fn is_always_watched(&self) -> bool {
        matches!(self, Self::File(_))
    }
}
