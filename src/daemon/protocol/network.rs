//! The host's interfaces and addresses as the kernel last told, and what that means for a
//! virtual router: usable, or why not.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use vrrp_core::FaultReason;
use vrrp_net::Interface;
use vrrp_net::netlink::{AddressInfo, LinkInfo, NetEvent, link_local_ipv6, primary_ipv4};
use vrrp_wire::Family;

use crate::daemon::ledger::Ledger;
use crate::daemon::plan::{InstancePlan, InterfaceChoice};

/// On which interface, which address, with which prefix.
type Key = (u32, IpAddr, u8);

/// Links by index, and addresses in the kernel's order.
#[derive(Debug)]
pub(super) struct Network {
    links: BTreeMap<u32, LinkInfo>,
    /// By interface, and there by when they came.
    addresses: BTreeMap<(u32, u64), AddressInfo>,
    /// When each came.
    came: HashMap<Key, u64>,
    /// When the next one comes.
    next: u64,
    ledger: Arc<Ledger>,
}

/// Where a virtual router runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The interface of the configuration.
    pub(super) parent: Interface,
    /// The one that adverts go and come by: the same, or a macvlan on it.
    pub(super) interface: Interface,
    /// The address adverts are sent from.
    pub(super) source: IpAddr,
    /// The one that gets the virtual addresses.
    pub(super) serving: Interface,
    /// The MAC address that is announced.
    pub(super) mac: [u8; 6],
    /// The address that neighbour advertisements are sent from.
    pub(super) announce_from: IpAddr,
}

impl Network {
    /// Knows nothing yet. `ledger` tells which addresses are ours where the kernel does not.
    pub(super) fn new(ledger: Arc<Ledger>) -> Self {
        Self {
            links: BTreeMap::new(),
            addresses: BTreeMap::new(),
            came: HashMap::new(),
            next: 0,
            ledger,
        }
    }

    /// Replaces everything by a full listing.
    pub(super) fn replace(&mut self, links: Vec<LinkInfo>, addresses: Vec<AddressInfo>) {
        self.links = links.into_iter().map(|link| (link.index, link)).collect();
        self.addresses.clear();
        self.came.clear();
        for info in addresses {
            self.put(info);
        }
    }

    /// Takes in one change. Returns whether it can matter to anybody: a lifetime that was
    /// renewed does not. An overrun changes nothing: the caller lists everything anew.
    pub(super) fn apply(&mut self, event: &NetEvent) -> bool {
        match event {
            NetEvent::Link(link) => {
                let before = self.links.insert(link.index, link.clone());
                before.as_ref() != Some(link)
            }
            NetEvent::LinkRemoved { index, .. } => {
                self.addresses.retain(|(ifindex, _), _| ifindex != index);
                self.came.retain(|(ifindex, ..), _| ifindex != index);
                self.links.remove(index).is_some()
            }
            NetEvent::Address(info) => {
                let mut info = info.clone();
                self.ledger.tag(&mut info);
                self.put(info)
            }
            NetEvent::AddressRemoved(info) => match self.came.remove(&key(info)) {
                Some(came) => self.addresses.remove(&(info.ifindex, came)).is_some(),
                None => false,
            },
            NetEvent::Overrun => false,
        }
    }

    /// Takes in an address that is there. Returns whether more than its lifetime is new.
    fn put(&mut self, info: AddressInfo) -> bool {
        let came = *self.came.entry(key(&info)).or_insert_with(|| {
            self.next += 1;
            self.next
        });
        let place = (info.ifindex, came);
        let renewed = self.addresses.get(&place).is_some_and(|known| {
            let lifetime = info.lifetime;
            AddressInfo {
                lifetime,
                ..known.clone()
            } == info
        });
        self.addresses.insert(place, info);
        !renewed
    }

    fn get(&self, key: &Key) -> Option<&AddressInfo> {
        let came = self.came.get(key)?;
        self.addresses.get(&(key.0, *came))
    }

    /// The addresses of one interface, in the kernel's order.
    fn on(&self, ifindex: u32) -> impl Iterator<Item = &AddressInfo> {
        let all = (ifindex, 0)..=(ifindex, u64::MAX);
        self.addresses.range(all).map(|(_, info)| info)
    }

    /// The link of this name.
    pub(super) fn by_name(&self, name: &str) -> Option<&LinkInfo> {
        self.links.values().find(|link| link.name == name)
    }

    /// The link with this index.
    pub(super) fn by_index(&self, index: u32) -> Option<&LinkInfo> {
        self.links.get(&index)
    }

    /// All links.
    pub(super) fn links(&self) -> impl Iterator<Item = &LinkInfo> {
        self.links.values()
    }

    /// Whether the interface of this name can carry traffic.
    pub(super) fn is_usable(&self, name: &str) -> bool {
        self.by_name(name).is_some_and(LinkInfo::is_usable)
    }

    /// How many of `addresses` are on the interface now.
    pub(super) fn count_present(&self, ifindex: u32, addresses: &[(IpAddr, u8)]) -> usize {
        let there = |(address, prefix_len): &&(IpAddr, u8)| {
            self.came.contains_key(&(ifindex, *address, *prefix_len))
        };
        addresses.iter().filter(there).count()
    }

    /// How many of `addresses` are on the interface now and carry our tag.
    pub(super) fn count_present_ours(&self, ifindex: u32, addresses: &[(IpAddr, u8)]) -> usize {
        let ours = |(address, prefix_len): &&(IpAddr, u8)| {
            self.get(&(ifindex, *address, *prefix_len))
                .is_some_and(AddressInfo::is_ours)
        };
        addresses.iter().filter(ours).count()
    }

    /// All addresses that carry our tag.
    pub(super) fn tagged(&self) -> impl Iterator<Item = &AddressInfo> {
        self.addresses.values().filter(|info| info.is_ours())
    }

    /// Where `plan` runs now, or why it cannot. `route` is the index of the interface that the
    /// route to its first address leads to; `virtual_addresses` are those of all instances,
    /// which are never a source.
    pub(super) fn place(
        &self,
        plan: &InstancePlan,
        route: Option<u32>,
        virtual_addresses: &[IpAddr],
    ) -> Result<Place, FaultReason> {
        let link = match &plan.interface {
            InterfaceChoice::Named(name) => {
                self.by_name(name).ok_or(FaultReason::InterfaceMissing)?
            }
            InterfaceChoice::RouteTo(address) => route
                .and_then(|index| self.by_index(index))
                .ok_or_else(|| {
                    FaultReason::Other(format!(
                        "no route leads to {address} over an interface of this host, give one by \
                         `interface:`"
                    ))
                })?,
        };
        if let Some(bridge) = self.carrying(link) {
            return Err(FaultReason::Other(format!(
                "interface {} is a port of {}, where its packets go; name {} by `interface:`",
                link.name, bridge.name, bridge.name
            )));
        }
        if !link.up {
            return Err(FaultReason::InterfaceDown);
        }
        if !link.carrier {
            return Err(FaultReason::NoCarrier);
        }
        let mac = link.mac.ok_or_else(|| {
            FaultReason::Other(format!("interface {} has no Ethernet address", link.name))
        })?;
        let source = self.source(plan, link.index, virtual_addresses)?;
        Ok(Place {
            parent: link.interface(),
            interface: link.interface(),
            source,
            serving: link.interface(),
            mac,
            announce_from: source,
        })
    }

    /// The bridge or bond that takes all packets of its port `link`. A VRF does not.
    fn carrying(&self, link: &LinkInfo) -> Option<&LinkInfo> {
        let controller = self.by_index(link.controller?)?;
        (controller.kind.as_deref() != Some("vrf")).then_some(controller)
    }

    /// The link-local address of an interface, once it is known to be unique.
    pub(super) fn link_local(
        &self,
        ifindex: u32,
        virtual_addresses: &[IpAddr],
    ) -> Option<Ipv6Addr> {
        link_local_ipv6(self.on(ifindex), ifindex, virtual_addresses)
    }

    fn source(
        &self,
        plan: &InstancePlan,
        ifindex: u32,
        virtual_addresses: &[IpAddr],
    ) -> Result<IpAddr, FaultReason> {
        if let Some(wanted) = plan.source {
            let usable = self
                .on(ifindex)
                .any(|info| info.address == wanted && is_settled(info));
            return usable.then_some(wanted).ok_or_else(|| {
                FaultReason::Other(format!(
                    "the source address {wanted} is not on the interface"
                ))
            });
        }
        let found = match plan.router.family() {
            Family::V4 => {
                primary_ipv4(self.on(ifindex), ifindex, virtual_addresses).map(IpAddr::V4)
            }
            Family::V6 if needs_global_source(plan) => {
                self.global_ipv6(ifindex, virtual_addresses).map(IpAddr::V6)
            }
            Family::V6 => self.link_local(ifindex, virtual_addresses).map(IpAddr::V6),
        };
        found.ok_or(FaultReason::NoSourceAddress)
    }

    fn global_ipv6(&self, ifindex: u32, virtual_addresses: &[IpAddr]) -> Option<Ipv6Addr> {
        self.on(ifindex)
            .filter(|info| info.global && is_settled(info))
            .filter(|info| !info.is_ours() && !info.deprecated)
            .filter(|info| !virtual_addresses.contains(&info.address))
            .find_map(|info| match info.address {
                IpAddr::V6(address) => Some(address),
                IpAddr::V4(_) => None,
            })
    }
}

const fn key(info: &AddressInfo) -> Key {
    (info.ifindex, info.address, info.prefix_len)
}

const fn is_settled(info: &AddressInfo) -> bool {
    !info.tentative && !info.dad_failed
}

/// A unicast peer beyond the link cannot answer to a link-local source.
fn needs_global_source(plan: &InstancePlan) -> bool {
    plan.router.peers.iter().flatten().any(|peer| match peer {
        IpAddr::V6(address) => !address.is_unicast_link_local(),
        IpAddr::V4(_) => false,
    })
}
