//! What is to be balanced: services, their backends, and who takes new connections.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crate::error::BalanceError;

/// A TCP service on an address that this host holds at times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name, for messages; the kernel's objects are named after address and port.
    pub name: String,
    /// The virtual address that clients connect to.
    pub address: IpAddr,
    /// The port that clients connect to.
    pub port: u16,
    /// How a backend is chosen for a client without a backend of its own.
    pub scheduler: Scheduler,
    /// How long a client's address keeps its backend after a connection of it last began or ended.
    pub persistence: Option<Duration>,
    /// How long an established connection may be silent; the kernel's setting where `None`.
    /// In whole seconds, rounded up.
    pub idle_timeout: Option<Duration>,
    /// Who may connect; everybody when empty. Networks of the other family do not matter.
    pub allow: Vec<Network>,
    /// Where connections go, all of the family of [`address`](Self::address).
    pub backends: Vec<Backend>,
}

/// How a backend is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// By the client's address: the same backend each time, on each host.
    SourceHash,
    /// In turn.
    RoundRobin,
    /// In an order that looks random; the shares are exact all the same.
    Random,
}

/// A network: an address and the number of its bits that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// Any address in it.
    pub address: IpAddr,
    /// Length of its prefix, in bits.
    pub prefix: u8,
}

impl Network {
    /// Without the bits that do not count.
    pub(crate) fn canonical(&self) -> Self {
        let (address, prefix) = match self.address {
            IpAddr::V4(address) => {
                let prefix = self.prefix.min(32);
                let mask = u32::MAX.checked_shl(u32::from(32 - prefix)).unwrap_or(0);
                (Ipv4Addr::from_bits(address.to_bits() & mask).into(), prefix)
            }
            IpAddr::V6(address) => {
                let prefix = self.prefix.min(128);
                let mask = u128::MAX.checked_shl(u32::from(128 - prefix)).unwrap_or(0);
                (Ipv6Addr::from_bits(address.to_bits() & mask).into(), prefix)
            }
        };
        Self { address, prefix }
    }

    /// Whether `other`, canonical as this one, lies in it.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        let cut = Self {
            address: other.address,
            prefix: self.prefix,
        };
        other.prefix >= self.prefix && cut.canonical() == *self
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// A host and port behind a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its share of new connections, relative to the other backends'; 0 for none.
    pub weight: u32,
    /// Which connections it gets.
    pub takes: Takes,
}

/// Which connections a backend gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// All: it is well.
    New,
    /// Those it has: it is drained, and new ones go elsewhere.
    Established,
    /// None: it is down. What it has is ended by [`Balancer::reset`](crate::Balancer::reset).
    Nothing,
}

impl Service {
    /// Which backends get new connections, by index, with their weights: those that are well;
    /// when there are none, all that are not drained; when all are drained, all.
    pub(crate) fn takers(&self) -> Vec<(usize, u32)> {
        let select = |wanted: &dyn Fn(&Backend) -> bool| -> Vec<(usize, u32)> {
            let chosen = self.backends.iter().enumerate();
            chosen
                .filter(|(_, backend)| wanted(backend))
                .map(|(index, backend)| (index, backend.weight))
                .collect()
        };
        let healthy = select(&|backend| backend.takes == Takes::New && backend.weight > 0);
        if !healthy.is_empty() {
            return healthy;
        }
        let mut open = select(&|backend| backend.takes != Takes::Established);
        if open.is_empty() {
            open = select(&|_| true);
        }
        if open.iter().all(|(_, weight)| *weight == 0) {
            open.iter_mut().for_each(|(_, weight)| *weight = 1);
        }
        open.retain(|(_, weight)| *weight > 0);
        open
    }

    /// What cannot be carried out, whatever the kernel can do.
    pub(crate) fn validate(&self) -> Result<(), BalanceError> {
        let wrong = self.backends.iter().find(|backend| {
            backend.address.is_ipv4() != self.address.is_ipv4() || backend.address.port() == 0
        });
        if let Some(backend) = wrong {
            return Err(BalanceError::Backend {
                service: self.name.clone(),
                address: self.address,
                backend: backend.address,
            });
        }
        for (index, backend) in self.backends.iter().enumerate() {
            if self.backends[..index]
                .iter()
                .any(|other| other.address == backend.address)
            {
                return Err(BalanceError::BackendTwice {
                    service: self.name.clone(),
                    backend: backend.address,
                });
            }
        }
        Ok(())
    }
}

/// Checks services one by one, and that no two are at the same address and port.
pub(crate) fn validate(services: &[Service]) -> Result<(), BalanceError> {
    for (index, service) in services.iter().enumerate() {
        service.validate()?;
        if let Some(other) = services[..index]
            .iter()
            .find(|other| (other.address, other.port) == (service.address, service.port))
        {
            return Err(BalanceError::ServiceTwice {
                address: SocketAddr::new(service.address, service.port),
                first: other.name.clone(),
                second: service.name.clone(),
            });
        }
    }
    Ok(())
}
