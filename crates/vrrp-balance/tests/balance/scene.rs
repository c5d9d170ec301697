//! Three hosts with a server each, a client with as many addresses as one likes, and a balancer
//! on the first host.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use vrrp_balance::{
    Applied, Backend, BackendUsage, BalanceError, Balancer, Scheduler, Service, Takes,
};
use vrrp_lab::{Host, Lab};

pub(crate) use crate::traffic::{
    BOUND, Connection, Family, PORT, Result, output, ruleset, run, sysctl,
};
use crate::traffic::{prepare_client, prepare_host, serve};

/// The lab with servers and the VIPs on `cp1`.
pub(crate) struct Scene {
    pub(crate) lab: Lab,
    pub(crate) balancer: Handle,
    pub(crate) family: Family,
}

impl Scene {
    pub(crate) fn new(family: Family) -> Result<Self> {
        let lab = Lab::builder().ipv6().build()?;
        for host in lab.hosts() {
            prepare_host(host)?;
            serve(host)?;
        }
        prepare_client(lab.client())?;
        let first = lab.host("cp1")?;
        hold(first, family.vip())?;
        let balancer = Handle::new(first);
        Ok(Self {
            lab,
            balancer,
            family,
        })
    }

    /// A service on the VIP with a backend on each host, of `weights`.
    pub(crate) fn service(&self, scheduler: Scheduler, weights: &[u32]) -> Service {
        let backends = self.lab.hosts().iter().zip(weights);
        Service {
            name: "apiserver".to_owned(),
            address: self.family.vip(),
            port: PORT,
            scheduler,
            persistence: None,
            idle_timeout: None,
            allow: Vec::new(),
            backends: backends
                .map(|(host, weight)| Backend {
                    address: self.backend(host.name()),
                    weight: *weight,
                    takes: Takes::New,
                })
                .collect(),
        }
    }

    /// Where the server of a host is.
    pub(crate) fn backend(&self, host: &str) -> SocketAddr {
        let host = self.lab.host(host).expect("a host of the lab");
        let address = match self.family {
            Family::V4 => host.address().into(),
            Family::V6 => host.address_v6().expect("a lab with IPv6").into(),
        };
        SocketAddr::new(address, PORT)
    }

    /// Connects to the VIP from one of the client's addresses.
    pub(crate) fn connect(&self, client: u16) -> io::Result<Connection> {
        self.connect_from(self.lab.client(), Some(self.family.client(client)), PORT)
    }

    /// Connects to a port of the VIP from a host, with an address of its kernel's choice unless
    /// one is given.
    pub(crate) fn connect_from(
        &self,
        host: &Host,
        source: Option<IpAddr>,
        port: u16,
    ) -> io::Result<Connection> {
        Connection::open(host, source, SocketAddr::new(self.family.vip(), port))
    }

    /// The host that serves one of the client's addresses.
    pub(crate) fn served_by(&self, client: u16) -> io::Result<String> {
        self.connect(client).map(|connection| connection.host)
    }

    /// How many of so many clients, each with an address of its own, get to each host.
    pub(crate) fn spread(&self, clients: u16) -> io::Result<[u32; 3]> {
        let mut counts = [0; 3];
        for client in 0..clients {
            let host = self.served_by(client)?;
            let number = host.trim_start_matches("cp").parse::<usize>();
            counts[number.map_err(io::Error::other)? - 1] += 1;
        }
        Ok(counts)
    }
}

/// Gives the VIP to a host as the daemon does: it is never chosen as a source.
pub(crate) fn hold(host: &Host, vip: IpAddr) -> Result {
    let (vip, interface) = (vip.to_string(), host.interface());
    run(
        host,
        &[
            "ip",
            "address",
            "add",
            &vip,
            "dev",
            interface,
            "preferred_lft",
            "0",
        ],
    )
}

/// A balancer on a host, as a daemon would have it.
#[derive(Clone)]
pub(crate) struct Handle {
    host: Host,
    balancer: Arc<Mutex<Balancer>>,
}

impl Handle {
    pub(crate) fn new(host: &Host) -> Self {
        Self {
            host: host.clone(),
            balancer: Arc::new(Mutex::new(Balancer::new(PathBuf::from("nft")))),
        }
    }

    fn with<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Balancer) -> Result<T, BalanceError> + Send + 'static,
    ) -> Result<T> {
        let balancer = Arc::clone(&self.balancer);
        let done = self.host.enter(move || {
            let mut balancer = balancer.lock().unwrap_or_else(PoisonError::into_inner);
            block_on(work(&mut balancer))
        })?;
        Ok(done?)
    }

    pub(crate) fn apply(&self, services: &[Service]) -> Result<Applied> {
        let services = services.to_vec();
        self.with(async move |balancer| balancer.apply(&services).await)
    }

    pub(crate) fn reset(&self, service: &Service, backend: SocketAddr) -> Result<u64> {
        let service = service.clone();
        self.with(async move |balancer| balancer.reset(&service, backend).await)
    }

    pub(crate) fn release(&self, service: &Service) -> Result<u64> {
        let service = service.clone();
        self.with(async move |balancer| balancer.release(&service).await)
    }

    pub(crate) fn usage(&self) -> Result<Vec<BackendUsage>> {
        self.with(async |balancer| balancer.usage().await)
    }

    pub(crate) fn present(&self) -> Result<bool> {
        self.with(async |balancer| balancer.present().await)
    }

    pub(crate) fn remove(&self) -> Result {
        self.with(async |balancer| balancer.remove().await)
    }
}

/// Runs something of the balancer's on this thread.
pub(crate) fn block_on<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(work)
}
