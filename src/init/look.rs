//! What this host looks like: its addresses, the way to the virtual address, Kubernetes.

use std::net::IpAddr;
use std::path::Path;

use vrrp_net::netlink::{AddressInfo, LinkInfo, Netlink, NetlinkError, RouteAnswer};

use super::{Kubernetes, Wish};

/// Why this host could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// No runtime.
    #[error("starting the runtime: {0}")]
    Runtime(#[from] std::io::Error),
    /// The kernel does not tell.
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
    /// There is no such interface.
    #[error("this host has no interface {name}; it has {known}")]
    NoInterface {
        /// As it was given.
        name: String,
        /// Those that are there.
        known: String,
    },
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The host's own addresses, without those of the loopback interface.
    pub addresses: Vec<IpAddr>,
    /// The interface that the virtual address belongs on.
    pub interface: Option<String>,
    /// Whether that interface has an address of the same prefix as the virtual one.
    pub on_link: bool,
    /// Whether an interface of this host has the virtual address now.
    pub held: bool,
    /// The API server of this host.
    pub kubernetes: Option<Kubernetes>,
}

impl Surroundings {
    /// Asks the kernel, and looks for Kubernetes.
    ///
    /// # Errors
    /// The kernel does not tell, or the interface that was asked for is not there.
    pub fn look(wish: &Wish) -> Result<Self, LookError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (links, addresses, route) = runtime.block_on(async {
            let netlink = Netlink::new()?;
            let route = match netlink.route_to(wish.vip).await {
                Ok(route) => Some(route),
                Err(NetlinkError::NoRoute { .. }) => None,
                Err(error) => return Err(error),
            };
            Ok((netlink.links().await?, netlink.addresses().await?, route))
        })?;
        if let Some(name) = &wish.interface
            && !links.iter().any(|link| link.name == *name)
        {
            let known = links.iter().filter(|link| !link.loopback);
            let known: Vec<&str> = known.map(|link| link.name.as_str()).collect();
            return Err(LookError::NoInterface {
                name: name.clone(),
                known: known.join(", "),
            });
        }
        let index = match &wish.interface {
            Some(name) => links.iter().find(|link| link.name == *name),
            None => place(wish, &links, &addresses, route.as_ref()),
        }
        .map(|link| link.index);
        let here = addresses.iter().filter(|info| Some(info.ifindex) == index);
        Ok(Self {
            addresses: own(&links, &addresses, wish.vip),
            interface: index
                .and_then(|index| links.iter().find(|link| link.index == index))
                .map(|link| link.name.clone()),
            on_link: here
                .clone()
                .any(|info| info.address != wish.vip && info.is_prefix_of(wish.vip)),
            held: addresses.iter().any(|info| info.address == wish.vip),
            kubernetes: Kubernetes::find(Path::new("/"), wish.ca.as_deref()),
        })
    }

    /// What the operator should know of all this.
    pub(super) fn remarks(&self, vip: IpAddr, interface: Option<&str>) -> Vec<String> {
        let mut remarks = Vec::new();
        match interface {
            None => remarks.push(format!(
                "no interface leads to {vip}: name one with --interface, or the daemon waits for a \
                 route"
            )),
            Some(interface) if !self.on_link => remarks.push(format!(
                "{vip} is in no network of {interface}: clients elsewhere need a route to it, and \
                 some networks drop addresses that they do not expect"
            )),
            Some(_) => {}
        }
        if self.held {
            remarks.push(format!(
                "{vip} is on this host now: if it is Keepalived's, `vrrpd import` makes a \
                 configuration of its own; if it is the host's, choose a free address"
            ));
        }
        remarks
    }
}

/// The link that the virtual address belongs on: where an address of the same prefix is, that of
/// a given host first, else where the kernel would send it.
fn place<'a>(
    wish: &Wish,
    links: &'a [LinkInfo],
    addresses: &[AddressInfo],
    route: Option<&RouteAnswer>,
) -> Option<&'a LinkInfo> {
    let by_index = |index| links.iter().find(move |link| link.index == index);
    let near = |info: &&AddressInfo| {
        info.address != wish.vip
            && info.is_prefix_of(wish.vip)
            && by_index(info.ifindex).is_some_and(|link| !link.loopback)
    };
    let of_host = |info: &&AddressInfo| wish.hosts.contains(&info.address);
    let routed = route
        .filter(|route| !route.local)
        .and_then(|route| by_index(route.ifindex));
    let by_address = |info: &AddressInfo| by_index(info.ifindex);
    addresses
        .iter()
        .filter(near)
        .find(of_host)
        .and_then(by_address)
        .or_else(|| routed.filter(|_| route.is_some_and(|route| route.gateway.is_none())))
        .or_else(|| addresses.iter().find(near).and_then(by_address))
        .or_else(|| addresses.iter().find(of_host).and_then(by_address))
        .or(routed)
}

/// The host's own addresses of the family that is asked for.
fn own(links: &[LinkInfo], addresses: &[AddressInfo], vip: IpAddr) -> Vec<IpAddr> {
    let loopback = |index| {
        links
            .iter()
            .any(|link| link.index == index && link.loopback)
    };
    addresses
        .iter()
        .filter(|info| !loopback(info.ifindex) && !info.is_ours())
        .map(|info| info.address)
        .filter(|address| *address != vip && address.is_ipv4() == vip.is_ipv4())
        .collect()
}
