//! What can go wrong, in words that say what was tried and what to do.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Why balancing could not be set up, changed, read or ended.
#[derive(Debug, thiserror::Error)]
pub enum BalanceError {
    /// A backend is of the other family, or has port 0.
    #[error(
        "load balancer {service}: backend {backend} cannot serve {address}: it needs an address of the same family and a port other than 0"
    )]
    Backend {
        /// The service.
        service: String,
        /// The service's address.
        address: IpAddr,
        /// The backend.
        backend: SocketAddr,
    },
    /// A backend is named twice.
    #[error(
        "load balancer {service}: backend {backend} is there twice; give it once, with a weight"
    )]
    BackendTwice {
        /// The service.
        service: String,
        /// The backend.
        backend: SocketAddr,
    },
    /// Two services are at the same address and port.
    #[error("load balancers {first} and {second} are both at {address}; give one another port")]
    ServiceTwice {
        /// Where.
        address: SocketAddr,
        /// The service named first.
        first: String,
        /// The other one.
        second: String,
    },
    /// `nft` does not start.
    #[error("starting {}: {source}; install nftables", nft.display())]
    Start {
        /// The program.
        nft: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// Reading from or writing to `nft` failed.
    #[error("{attempt}: talking to {}: {source}", nft.display())]
    Talk {
        /// What was tried.
        attempt: &'static str,
        /// The program.
        nft: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// `nft` does not end.
    #[error("{attempt}: {} has not ended after {} s; it was killed", nft.display(), bound.as_secs())]
    Stuck {
        /// What was tried.
        attempt: &'static str,
        /// The program.
        nft: PathBuf,
        /// How long it had.
        bound: Duration,
    },
    /// `nft` lacks the rights.
    #[error(
        "{attempt}: nft: {said}; it needs CAP_NET_ADMIN (AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW)"
    )]
    NotPermitted {
        /// What was tried.
        attempt: &'static str,
        /// What `nft` said.
        said: String,
    },
    /// `nft` or the kernel refused.
    #[error("{attempt}: nft: {said}; `vrrpd doctor` says what this host lacks")]
    Refused {
        /// What was tried.
        attempt: &'static str,
        /// What `nft` said.
        said: String,
    },
    /// `nft` answered with something else than asked.
    #[error(
        "{attempt}: nft answered with what is no ruleset: {source}; is it nftables 1.0 or later?"
    )]
    Answer {
        /// What was tried.
        attempt: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A netlink socket could not be had, or failed.
    #[error("{attempt}: {source}; it needs CAP_NET_ADMIN and a kernel with {feature}")]
    Netlink {
        /// What was tried.
        attempt: &'static str,
        /// The kernel feature behind it.
        feature: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}
