//! What is looked at: once, before anything is judged.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use vrrp_config::{Config, Diagnostics, Instance};
use vrrp_net::netlink::{
    AddressInfo, LinkInfo, Netlink, NetlinkError, link_local_ipv6, primary_ipv4,
};
use vrrp_net::probe;
use vrrp_net::socket::{RecvBatch, VrrpSocket};
use vrrp_wire::Family;

use super::balancing::Balancing;
use super::segment::{self, Heard};
use crate::control::client::Client;
use crate::daemon::ledger::Ledger;
use crate::status::{InstanceStatus, Status};

/// The shortest time to listen: an interval of the usual second, and some.
const LEAST_LISTENING: Duration = Duration::from_millis(1250);
/// How long to wait for answers to ARP probes.
const ARP_WAIT: Duration = Duration::from_millis(800);

/// Why nothing could be looked at.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    /// No runtime.
    #[error("starting the runtime: {0}")]
    Runtime(#[from] std::io::Error),
    /// The kernel does not tell.
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
}

/// Everything that is judged.
#[derive(Debug)]
pub struct Scene {
    /// The configuration, or what is wrong with it; `None` where another balances the load.
    pub(super) config: Option<Config>,
    /// Errors and warnings of the configuration.
    pub(super) said: Diagnostics,
    /// The path of the configuration.
    pub(super) path: String,
    /// Every interface.
    pub(super) links: Vec<LinkInfo>,
    /// Every address, tagged where the kernel keeps no tags.
    pub(super) addresses: Vec<AddressInfo>,
    /// The instances, each in its place.
    pub(super) sites: Vec<Site>,
    /// What load balancing needs, where there is any.
    pub(super) balancing: Option<Balancing>,
    /// What the running daemon says; why it says nothing.
    pub(super) status: Result<Status, String>,
}

/// An instance in its place.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) instance: Instance,
    /// Its interface, where there is one.
    pub(super) link: Option<LinkInfo>,
    /// The address that its adverts come from.
    pub(super) source: Option<IpAddr>,
    /// The adverts heard there, of all VRIDs; why none could be.
    pub(super) heard: Result<Vec<Heard>, String>,
    /// For how long was listened.
    pub(super) listened: Duration,
    /// Where probes were sent; `None` where none was asked for.
    pub(super) probed: Option<Vec<Result<IpAddr, String>>>,
    /// Who else answers for each IPv4 address; why that is not known.
    pub(super) holders: BTreeMap<IpAddr, Result<Vec<[u8; 6]>, String>>,
}

impl Site {
    pub(super) fn family(&self) -> Family {
        match self.instance.family() {
            vrrp_config::Family::Ipv4 => Family::V4,
            vrrp_config::Family::Ipv6 => Family::V6,
        }
    }

    /// The interface's name, also where it is not there.
    pub(super) fn interface(&self) -> &str {
        match (&self.link, &self.instance.interface) {
            (Some(link), _) => &link.name,
            (None, Some(name)) => name,
            (None, None) => "the interface",
        }
    }
}

impl Scene {
    /// Looks at this host. `config` is what `path` came to. Takes as long as an advert interval
    /// and some. With `probe` one packet is sent to the other hosts of each instance.
    ///
    /// # Errors
    /// The kernel does not tell of interfaces and addresses.
    pub fn look(
        path: &Path,
        config: Option<Config>,
        said: Diagnostics,
        socket: &Path,
        probe: bool,
    ) -> Result<Self, SceneError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let socket = config
            .as_ref()
            .map_or_else(|| socket.to_owned(), |config| config.control.socket.clone());
        runtime.block_on(async {
            let netlink = Netlink::new()?;
            let links = netlink.links().await?;
            let mut addresses = netlink.addresses().await?;
            let ledger = Ledger::beside(&socket);
            addresses.iter_mut().for_each(|info| ledger.tag(info));
            let status = Client::new(&socket).status().await;
            let instances = config.iter().flat_map(|config| &config.instances);
            let mut sites =
                join_all(instances.map(|instance| site(&netlink, instance, &links, &addresses)))
                    .await;
            let balancing = Balancing::look(config.as_ref()).await;
            if probe {
                for site in &mut sites {
                    site.probed = Some(segment::probe(site));
                }
            }
            Ok(Self {
                balancing,
                path: path.display().to_string(),
                sites,
                config,
                said,
                links,
                addresses,
                status: status
                    .map(|(_, status)| status)
                    .map_err(|error| error.to_string()),
            })
        })
    }

    /// What the daemon says of an instance.
    pub(super) fn status_of(&self, site: &Site) -> Option<&InstanceStatus> {
        let status = self.status.as_ref().ok()?;
        status
            .instances
            .iter()
            .find(|status| status.name == site.instance.name)
    }
}

async fn site(
    netlink: &Netlink,
    instance: &Instance,
    links: &[LinkInfo],
    addresses: &[AddressInfo],
) -> Site {
    let virtual_addresses: Vec<IpAddr> = instance
        .addresses
        .iter()
        .map(|found| found.address)
        .collect();
    let link = match (&instance.interface, virtual_addresses.first()) {
        (Some(name), _) => links.iter().find(|link| link.name == *name),
        (None, Some(first)) => by_route(netlink, *first, links, addresses).await,
        (None, None) => None,
    };
    let source = instance.source.or_else(|| {
        let index = link?.index;
        match virtual_addresses.first()? {
            IpAddr::V4(_) => primary_ipv4(addresses, index, &virtual_addresses).map(IpAddr::V4),
            IpAddr::V6(_) => link_local_ipv6(addresses, index, &virtual_addresses).map(IpAddr::V6),
        }
    });
    let listened = (instance.advert_interval + instance.advert_interval / 4).max(LEAST_LISTENING);
    let mut site = Site {
        instance: instance.clone(),
        link: link.cloned(),
        source,
        heard: Err("there is no interface to listen on".to_owned()),
        listened,
        probed: None,
        holders: BTreeMap::new(),
    };
    let Some(link) = link.filter(|link| link.is_usable()) else {
        return site;
    };
    site.heard = listen(link, site.family(), listened).await;
    let interface = link.interface();
    for address in virtual_addresses {
        if let (IpAddr::V4(v4), Some(mac)) = (address, link.mac) {
            let interface = interface.clone();
            let asked = move || probe::holders(&interface, mac, v4, ARP_WAIT);
            let answer = match tokio::task::spawn_blocking(asked).await {
                Ok(answer) => answer.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            site.holders.insert(address, answer);
        }
    }
    site
}

/// The interface of the route to a virtual address; where it is one of this host's own, the one
/// that has it.
async fn by_route<'a>(
    netlink: &Netlink,
    address: IpAddr,
    links: &'a [LinkInfo],
    addresses: &[AddressInfo],
) -> Option<&'a LinkInfo> {
    let route = netlink.route_to(address).await.ok()?;
    let index = if route.local {
        addresses
            .iter()
            .find(|info| info.address == address)?
            .ifindex
    } else {
        route.ifindex
    };
    links.iter().find(|link| link.index == index)
}

/// The adverts that arrive within a time, those of this host's own daemon left out by the kernel.
async fn listen(link: &LinkInfo, family: Family, within: Duration) -> Result<Vec<Heard>, String> {
    let socket = VrrpSocket::open(&link.interface(), family).map_err(|error| error.to_string())?;
    let mut batch = RecvBatch::new();
    let mut heard: Vec<Heard> = Vec::new();
    let all = async {
        loop {
            if let Err(error) = socket.recv_batch(&mut batch).await {
                return Err::<(), _>(error.to_string());
            }
            for received in batch.iter() {
                let one = Heard::read(family, &received);
                heard.extend(one.filter(|one| !heard.contains(one)));
            }
        }
    };
    match tokio::time::timeout(within, all).await {
        Ok(Err(error)) => Err(error),
        _ => Ok(heard),
    }
}
