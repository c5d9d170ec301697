//! A host of the lab: a namespace with one interface on the switch. What one can do with it is in
//! the files beside this one, by subject.

mod faults;
mod files;
mod flood;
mod inject;
mod network;
mod processes;
mod segments;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, Weak};

use tokio::runtime;

pub use flood::Flood;
pub use inject::IpPacket;

use crate::error::Result;
use crate::namespace::Namespace;
use crate::netlink::Netlink;
use crate::pki::Pki;
use crate::process;
use crate::switch::Switch;

/// A host. Clones are the same host.
#[derive(Clone, Debug)]
pub struct Host {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    plan: HostPlan,
    namespace: Namespace,
    netlink: Netlink,
    switch: Arc<Switch>,
    pki: Arc<Pki>,
    processes: Mutex<Vec<Weak<process::Shared>>>,
    crashed: AtomicBool,
}

/// How a host is to be.
#[derive(Clone, Debug)]
pub(crate) struct HostPlan {
    pub(crate) name: String,
    pub(crate) interface: String,
    pub(crate) address: Ipv4Addr,
    pub(crate) prefix: u8,
    pub(crate) ipv6: Option<(Ipv6Addr, u8)>,
}

impl HostPlan {
    /// A MAC address one can recognise: locally administered, with the IPv4 address in it.
    fn mac(&self) -> [u8; 6] {
        let [a, b, c, d] = self.address.octets();
        [0x02, 0, a, b, c, d]
    }
}

impl Host {
    pub(crate) fn new(
        plan: HostPlan,
        switch: Arc<Switch>,
        pki: Arc<Pki>,
        runtime: &runtime::Handle,
    ) -> Result<Self> {
        let namespace = Namespace::new(&plan.name)?;
        let netlink = Netlink::open(&namespace, runtime)?;
        netlink.set_up("lo", true)?;
        let host = Self {
            inner: Arc::new(Inner {
                plan,
                namespace,
                netlink,
                switch,
                pki,
                processes: Mutex::new(Vec::new()),
                crashed: AtomicBool::new(false),
            }),
        };
        host.create_interface()?;
        Ok(host)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.plan.name
    }

    /// The name of its interface on the switch.
    #[must_use]
    pub fn interface(&self) -> &str {
        &self.inner.plan.interface
    }

    /// Its own IPv4 address.
    #[must_use]
    pub fn address(&self) -> Ipv4Addr {
        self.inner.plan.address
    }

    /// Its own global IPv6 address, in a lab with IPv6.
    #[must_use]
    pub fn address_v6(&self) -> Option<Ipv6Addr> {
        self.inner.plan.ipv6.map(|(address, _)| address)
    }

    /// The link-local address of its interface, which follows from its MAC address.
    #[must_use]
    pub fn link_local(&self) -> Ipv6Addr {
        let [a, b, c, d, e, f] = self.mac().map(u16::from);
        let last = [(a ^ 2) << 8 | b, c << 8 | 0xff, 0xfe00 | d, e << 8 | f];
        Ipv6Addr::new(0xfe80, 0, 0, 0, last[0], last[1], last[2], last[3])
    }

    /// The MAC address of its interface.
    #[must_use]
    pub fn mac(&self) -> [u8; 6] {
        self.inner.plan.mac()
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(&self) -> &Namespace {
        &self.inner.namespace
    }

    pub(crate) fn pki(&self) -> &Pki {
        &self.inner.pki
    }

    /// Runs `work` in this host's namespaces; see [`Namespace::enter`].
    ///
    /// # Errors
    /// The lab has been taken down.
    pub fn enter<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.inner.namespace.enter(work)
    }

    /// Whether an address was there before any program under test.
    fn is_own(&self, address: IpAddr) -> bool {
        address == IpAddr::from(self.address())
            || address == IpAddr::from(self.link_local())
            || self
                .address_v6()
                .is_some_and(|own| address == IpAddr::from(own))
            || address.is_loopback()
    }

    /// Its addresses, and its processes with the end of their output.
    pub(crate) fn diagnostics(&self) -> String {
        let mut text = format!("=== {}", self.name());
        if self.is_crashed() {
            text += " (crashed)";
        }
        let addresses = self.addresses().unwrap_or_default();
        for held in addresses.iter().filter(|held| !self.is_own(held.address)) {
            text += &format!(" holds {}/{}", held.address, held.prefix);
        }
        for link in self.links().unwrap_or_default() {
            if link.name == self.interface() && !(link.up && link.carrier) {
                text += &format!(
                    " ({} up: {}, carrier: {})",
                    link.name, link.up, link.carrier
                );
            }
        }
        text.push('\n');
        for process in self.processes().iter().filter_map(Weak::upgrade) {
            text += &process.tail();
        }
        text
    }

    /// Ends everything in it.
    pub(crate) fn close(&self) {
        let _ = self.kill_all();
        self.inner.namespace.close();
    }
}
