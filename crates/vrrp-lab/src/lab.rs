//! The lab as a whole: a switch, hosts, a client, and the oracles that watch them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{self, Runtime};

use crate::apiserver::install_certificates;
use crate::capture::Capture;
use crate::error::{Context, LabError, Result};
use crate::holders::HolderLog;
use crate::host::{Host, HostPlan};
use crate::pki::Pki;
use crate::prober::{Echo, HttpsProber, PROBE_INTERVAL, Prober};
use crate::switch::Switch;

/// The virtual address that tests, demo and examples use.
pub const VIP: Ipv4Addr = Ipv4Addr::new(10, 0, 50, 20);
/// The virtual address of IPv6 labs.
pub const VIP_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x50, 0, 0, 0, 0, 0, 0x20);
/// The interface of a host unless the builder says otherwise.
pub const INTERFACE: &str = "ens20f0";

const CLIENT_NUMBER: u8 = 100;
const FIRST_HOST_NUMBER: u8 = 11;
const PREFIX: u8 = 24;
const PREFIX_V6: u8 = 64;
/// How long [`Lab::wait_until`] waits between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// How a lab is to be. Made by [`Lab::builder`].
#[derive(Clone, Debug)]
pub struct LabBuilder {
    hosts: usize,
    interface: String,
    ipv6: bool,
    virtual_addresses: Vec<IpAddr>,
}

/// A lab. Everything in it ends and disappears when it is dropped, and with this process in any
/// case.
#[derive(Debug)]
pub struct Lab {
    hosts: Vec<Host>,
    client: Host,
    switch: Arc<Switch>,
    capture: Capture,
    holder_log: HolderLog,
    echoes: Mutex<Vec<Echo>>,
    runtime: Option<Runtime>,
}

impl LabBuilder {
    /// How many hosts: `cp1` with 10.0.50.11, `cp2` with 10.0.50.12, and so on. Three unless
    /// said otherwise.
    #[must_use]
    pub const fn hosts(mut self, hosts: usize) -> Self {
        self.hosts = hosts;
        self
    }

    /// The name of the hosts' interface, `ens20f0` unless said otherwise.
    #[must_use]
    pub fn interface(mut self, name: &str) -> Self {
        name.clone_into(&mut self.interface);
        self
    }

    /// Global IPv6 addresses too: fd00:50::11/64 and so on. Link-local addresses are always
    /// there.
    #[must_use]
    pub const fn ipv6(mut self) -> Self {
        self.ipv6 = true;
        self
    }

    /// Further addresses that API servers' certificates are for, besides [`VIP`], [`VIP_V6`]
    /// and the hosts' own.
    #[must_use]
    pub fn virtual_addresses(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.virtual_addresses.extend(addresses);
        self
    }

    /// Makes the lab.
    ///
    /// # Errors
    /// Not root, or the kernel refuses.
    pub fn build(self) -> Result<Lab> {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("lab-io")
            .enable_all()
            .build()
            .context(|| "starting the lab's runtime".to_owned())?;
        let switch = Arc::new(Switch::new(runtime.handle())?);
        let pki = Arc::new(Pki::new()?);
        let capture = Capture::start(&switch, None)?;
        let holder_log = HolderLog::default();
        let make = |name: String, number: u8, interface: &str| {
            let plan = self.plan(name, number, interface);
            Host::new(
                plan,
                Arc::clone(&switch),
                Arc::clone(&pki),
                runtime.handle(),
            )
        };
        let client = make("client".to_owned(), CLIENT_NUMBER, "eth0")?;
        let mut lab = Lab {
            hosts: Vec::new(),
            client,
            switch: Arc::clone(&switch),
            capture,
            holder_log,
            echoes: Mutex::new(Vec::new()),
            runtime: None,
        };
        for number in 1..=self.hosts {
            let octet = u8::try_from(number)
                .unwrap_or(u8::MAX)
                .saturating_add(FIRST_HOST_NUMBER - 1);
            let host = make(format!("cp{number}"), octet, &self.interface)?;
            install_certificates(&host, &self.virtual_addresses)?;
            lab.holder_log.watch(&host, runtime.handle())?;
            let echo = Echo::start(&host)?;
            lab.echoes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(echo);
            lab.hosts.push(host);
        }
        lab.runtime = Some(runtime);
        Ok(lab)
    }

    fn plan(&self, name: String, number: u8, interface: &str) -> HostPlan {
        HostPlan {
            name,
            interface: interface.to_owned(),
            address: Ipv4Addr::new(10, 0, 50, number),
            prefix: PREFIX,
            // Written like the IPv4 one: the decimal digits of the number are the hexadecimal ones.
            ipv6: self.ipv6.then(|| {
                let number = u16::from(number);
                let digits = number / 100 * 256 + number / 10 % 10 * 16 + number % 10;
                (
                    Ipv6Addr::new(0xfd00, 0x50, 0, 0, 0, 0, 0, digits),
                    PREFIX_V6,
                )
            }),
        }
    }
}

impl Lab {
    /// A lab of three hosts, to be changed before it is built.
    #[must_use]
    pub fn builder() -> LabBuilder {
        LabBuilder {
            hosts: 3,
            interface: INTERFACE.to_owned(),
            ipv6: false,
            virtual_addresses: vec![VIP.into(), VIP_V6.into()],
        }
    }

    /// A lab of `hosts` hosts.
    ///
    /// # Errors
    /// Not root, or the kernel refuses.
    pub fn new(hosts: usize) -> Result<Self> {
        Self::builder().hosts(hosts).build()
    }

    /// The hosts in their order.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// A host by name.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn host(&self, name: &str) -> Result<&Host> {
        self.hosts
            .iter()
            .find(|host| host.name() == name)
            .ok_or_else(|| LabError::NoHost {
                name: name.to_owned(),
                known: self
                    .hosts
                    .iter()
                    .map(Host::name)
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    /// The client, 10.0.50.100.
    #[must_use]
    pub const fn client(&self) -> &Host {
        &self.client
    }

    /// The packet capture at the switch, running since the lab was made.
    #[must_use]
    pub const fn capture(&self) -> &Capture {
        &self.capture
    }

    /// A further capture, of what `host` sends and nobody else: what others send costs it
    /// nothing.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn capture_of(&self, host: &Host) -> Result<Capture> {
        Capture::start(&self.switch, Some(host.port()))
    }

    /// The record of who held which address, running since the lab was made.
    #[must_use]
    pub const fn holder_log(&self) -> &HolderLog {
        &self.holder_log
    }

    /// The hosts that have `address` on an interface now. Asks the kernel.
    ///
    /// # Errors
    /// The kernel refuses to tell.
    pub fn holders(&self, address: impl Into<IpAddr>) -> Result<Vec<String>> {
        let address = address.into();
        let mut holders = Vec::new();
        for host in &self.hosts {
            if host.holds(address)? {
                holders.push(host.name().to_owned());
            }
        }
        Ok(holders)
    }

    /// Starts to probe `target` from the client by UDP, every 500 µs. Every host answers for
    /// the addresses it holds.
    ///
    /// # Errors
    /// Sockets or threads cannot be made.
    pub fn probe(&self, target: impl Into<IpAddr>) -> Result<Prober> {
        Prober::start(&self.client, target.into(), PROBE_INTERVAL)
    }

    /// Starts to probe an API server at `target` from the client: a new connection, a full
    /// handshake and a request each time.
    ///
    /// # Errors
    /// Threads cannot be made.
    pub fn probe_https(&self, target: SocketAddr, every: Duration) -> Result<HttpsProber> {
        HttpsProber::start(&self.client, target, every)
    }

    /// Parts the network: hosts in the same group see each other, and nobody else. Hosts in no
    /// group stay with the client.
    ///
    /// # Errors
    /// There is no such host, or the kernel refuses.
    pub fn partition(&self, groups: &[&[&str]]) -> Result<()> {
        for (part, group) in groups.iter().enumerate() {
            let ports = group
                .iter()
                .map(|name| self.host(name).map(Host::port))
                .collect::<Result<Vec<_>>>()?;
            let ports: Vec<&str> = ports.iter().map(String::as_str).collect();
            self.switch.move_to_part(part + 1, &ports)?;
        }
        Ok(())
    }

    /// Undoes cuts and partitions of every host that has not crashed.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn heal(&self) -> Result<()> {
        self.hosts
            .iter()
            .filter(|host| !host.is_crashed())
            .try_for_each(Host::mend)
    }

    /// Waits until `happened` says so.
    ///
    /// # Errors
    /// It did not within `bound`; the error shows hosts, logs and wire.
    pub fn wait_until(
        &self,
        what: &str,
        bound: Duration,
        mut happened: impl FnMut() -> bool,
    ) -> Result<()> {
        self.wait_for(what, bound, || happened().then_some(()))
    }

    /// Waits until `look` finds something.
    ///
    /// # Errors
    /// It did not within `bound`; the error shows hosts, logs and wire.
    pub fn wait_for<T>(
        &self,
        what: &str,
        bound: Duration,
        mut look: impl FnMut() -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + bound;
        loop {
            if let Some(found) = look() {
                return Ok(found);
            }
            if Instant::now() > deadline {
                return Err(LabError::Timeout {
                    what: what.to_owned(),
                    bound,
                    diagnostics: self.diagnostics(),
                });
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Waits until `host`, and no other, holds `address`.
    ///
    /// # Errors
    /// It did not come to that within `bound`.
    pub fn wait_only_holder(
        &self,
        address: impl Into<IpAddr>,
        host: &str,
        bound: Duration,
    ) -> Result<()> {
        let address = address.into();
        self.wait_until(&format!("only {host} holds {address}"), bound, || {
            self.holders(address).is_ok_and(|holders| holders == [host])
        })
    }

    /// Hosts with their addresses and the end of their logs, and the end of the capture.
    #[must_use]
    pub fn diagnostics(&self) -> String {
        let hosts = self.hosts.iter().map(Host::diagnostics).collect::<String>();
        hosts + &self.capture.tail()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for host in &self.hosts {
            let _ = host.kill_all();
        }
        self.echoes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        for host in self.hosts.iter().chain([&self.client]) {
            host.close();
        }
        self.capture.stop();
        self.switch.namespace.close();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
    }
}
