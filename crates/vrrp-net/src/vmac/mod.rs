//! Interfaces with a virtual router's own MAC address (`vmac: true`): a macvlan on the real
//! interface, made, set up and removed here.
//!
//! The macvlan is in private mode. Only in that mode does it hear a peer that sends from the
//! same virtual MAC: the kernel takes such a frame for one of its own and hands it to that
//! macvlan alone, while bridge mode would take it as already delivered. So adverts are both
//! sent and received on the macvlan. Private mode also keeps several virtual routers of one
//! host apart.

mod parent;
mod settings;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rtnetlink::packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use rtnetlink::packet_route::link::{LinkAttribute, MacVlanMode};
use rtnetlink::{LinkMacVlan, LinkUnspec};
use vrrp_wire::{Family, virtual_mac};

use self::settings::{Setting, no_generated_addresses, no_router_advertisements, set_ipv4};
use crate::Interface;
use crate::netlink::{ADDRESS_PROTOCOL, AddressSpec, LinkInfo, Netlink, NetlinkError};
use crate::sysctl::SysctlError;

/// How the alias of every macvlan made here begins.
const MARK: &str = "vrrpd";

/// Answer ARP only for addresses of the interface it came in by.
const ARP_OWN_ADDRESSES: i32 = 1;
/// Never answer ARP.
const ARP_NEVER: i32 = 8;
/// Accept a source that has a route by any interface: replies leave by the real one. Loose
/// and not off, because the kernel takes the greater of this and `all`, where 1 is common.
const RP_FILTER_LOOSE: i32 = 2;
/// The dummy address of RFC 7600. Where an interface has no IPv4 address at all, as the
/// macvlan of a backup, the kernel drops every packet unless `rp_filter` is off there and in
/// `all`: the backup would hear no adverts and become a second master.
const DUMMY: Ipv4Addr = Ipv4Addr::new(192, 0, 0, 8);

/// Which macvlan to make.
#[derive(Clone, Debug)]
pub struct VmacSpec {
    /// Its name, see [`name`].
    pub name: String,
    /// The real interface.
    pub parent: Interface,
    /// Family of the virtual router.
    pub family: Family,
    /// VRID, which gives the MAC address.
    pub vrid: u8,
    /// IPv6: the address adverts come from, see [`link_local`].
    pub link_local: Option<Ipv6Addr>,
}

/// Why a virtual router has no interface of its own.
#[derive(Debug, thiserror::Error)]
pub enum VmacError {
    /// Another interface has the name.
    #[error(
        "making {name} on {parent}: there is an interface of that name that vrrpd did not make \
         ({kind}); rename or remove it"
    )]
    NameTaken {
        /// The name.
        name: String,
        /// The real interface.
        parent: Interface,
        /// What it is.
        kind: String,
    },
    /// The driver or kernel has no macvlan for this interface.
    #[error(
        "{0}; where the kernel or the driver of {parent} has no macvlan, or {parent} is a port \
         of a bridge or bond, set `vmac: false` or use the bridge or bond itself", parent = .1
    )]
    NotMade(#[source] NetlinkError, Interface),
    /// It was made, but not set up; it is removed again.
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
    /// A setting could not be written; the interface is removed again.
    #[error(transparent)]
    Sysctl(#[from] SysctlError),
}

/// A macvlan that was made or taken over.
#[derive(Clone, Debug)]
pub struct Vmac {
    /// It.
    pub link: LinkInfo,
    /// Names of IPv4 settings of the real interface that were changed, until [`remove`] undoes
    /// it.
    pub parent_changed: Vec<&'static str>,
}

/// The usual name: `vrrp4-51`, `vrrp6-51`.
#[must_use]
pub fn name(family: Family, vrid: u8) -> String {
    match family {
        Family::V4 => format!("vrrp4-{vrid}"),
        Family::V6 => format!("vrrp6-{vrid}"),
    }
}

/// A link-local address for the macvlan, from that of the real interface: each host has its
/// own, and neither the real interface nor another virtual router answers for it.
#[must_use]
pub fn link_local(parent: Ipv6Addr, vrid: u8) -> Ipv6Addr {
    let mut octets = parent.octets();
    // An address made from a MAC has ff:fe here.
    octets[11] = ADDRESS_PROTOCOL;
    octets[12] = vrid;
    octets.into()
}

/// Whether vrrpd made the interface.
#[must_use]
pub fn is_ours(link: &LinkInfo) -> bool {
    let marked = |alias: &str| alias == MARK || alias.starts_with(&format!("{MARK},"));
    link.kind.as_deref() == Some("macvlan") && link.alias.as_deref().is_some_and(marked)
}

/// Whether an address on such an interface is there for the interface's own sake, and is no
/// virtual address.
#[must_use]
pub fn is_auxiliary(address: IpAddr, vrid: u8) -> bool {
    match address {
        IpAddr::V4(address) => address == DUMMY,
        IpAddr::V6(address) => {
            address.is_unicast_link_local() && address.octets()[11..13] == [ADDRESS_PROTOCOL, vrid]
        }
    }
}

/// The VRID that a virtual MAC is for (RFC 9568 §7.3).
#[must_use]
pub fn vrid_of(mac: [u8; 6]) -> Option<u8> {
    let vrid = mac[5];
    let known = [Family::V4, Family::V6].map(|family| virtual_mac(family, vrid));
    known.contains(&mac).then_some(vrid)
}

/// Makes the macvlan, sets it up and switches it on. One of the same name, interface and MAC
/// that an earlier run left is taken over with the addresses it has.
///
/// Over IPv4 the real interface is made to use ARP for its own addresses only, where it does
/// not so already.
///
/// # Errors
/// What was tried, what the kernel said and what to do; nothing is left behind.
pub async fn create(netlink: &Netlink, spec: &VmacSpec) -> Result<Vmac, VmacError> {
    let earlier = match netlink.link_by_name(&spec.name).await? {
        Some(link) => usable(netlink, spec, link).await?,
        None => None,
    };
    let mut wrong = parent::Settings::default();
    let mut before = parent::Settings::default();
    if spec.family == Family::V4 {
        wrong = parent::wrong(&spec.parent)?;
        before = parent::before_of_all(&netlink.links().await?, spec.parent.index, &wrong);
    }
    let made = match earlier {
        Some(link) => link,
        None => make(netlink, spec).await?,
    };
    let interface = made.interface();
    let result = async {
        give_alias(netlink, &interface, parent::mark(&before)).await?;
        if !wrong.is_empty() {
            parent::set_right(netlink, &spec.parent, &wrong).await?;
        }
        set_up(netlink, spec, &interface).await
    };
    if let Err(error) = result.await {
        // The first error is the one to tell.
        let _ = remove(netlink, &interface).await;
        return Err(error);
    }
    let link = netlink.link_by_index(made.index).await?;
    Ok(Vmac {
        link: link.ok_or_else(|| renamed(spec))?,
        parent_changed: wrong.names(),
    })
}

/// Removes a macvlan, and gives the real interface its settings back if this was the last one
/// of ours there; `false` when it is gone already.
///
/// # Errors
/// What the kernel said.
pub async fn remove(netlink: &Netlink, interface: &Interface) -> Result<bool, NetlinkError> {
    let Some(link) = netlink.link_by_index(interface.index).await? else {
        return Ok(false);
    };
    let removed = netlink.delete_link(interface).await?;
    parent::restore(netlink, &link).await?;
    Ok(removed)
}

/// What to do with the interface that has the name already: it is given back where it can be
/// taken over, removed where it is ours and of no use, and else in the way.
async fn usable(
    netlink: &Netlink,
    spec: &VmacSpec,
    link: LinkInfo,
) -> Result<Option<LinkInfo>, VmacError> {
    let same = link.kind.as_deref() == Some("macvlan")
        && link.parent == Some(spec.parent.index)
        && link.mac == Some(virtual_mac(spec.family, spec.vrid));
    if !same && !is_ours(&link) {
        return Err(VmacError::NameTaken {
            name: spec.name.clone(),
            parent: spec.parent.clone(),
            kind: link.kind.unwrap_or_else(|| "hardware".to_owned()),
        });
    }
    if !same || !is_ours(&link) {
        remove(netlink, &link.interface()).await?;
        return Ok(None);
    }
    for info in netlink.addresses().await? {
        let stale = info.ifindex == link.index
            && info.address.is_ipv6()
            && is_auxiliary(info.address, spec.vrid)
            && spec.link_local.map(IpAddr::V6) != Some(info.address);
        if stale {
            let interface = link.interface();
            netlink
                .delete_address(&interface, info.address, info.prefix_len)
                .await?;
        }
    }
    Ok(Some(link))
}

async fn make(netlink: &Netlink, spec: &VmacSpec) -> Result<LinkInfo, VmacError> {
    let mac = virtual_mac(spec.family, spec.vrid);
    let message = LinkMacVlan::new(&spec.name, spec.parent.index, MacVlanMode::Private)
        .address(mac.to_vec())
        .build();
    netlink
        .new_link(message, NLM_F_CREATE | NLM_F_EXCL, || {
            format!("making macvlan {} on {}", spec.name, spec.parent)
        })
        .await
        .map_err(|error| VmacError::NotMade(error, spec.parent.clone()))?;
    let made = netlink.link_by_name(&spec.name).await?;
    made.ok_or_else(|| renamed(spec))
}

fn renamed(spec: &VmacSpec) -> VmacError {
    VmacError::NameTaken {
        name: spec.name.clone(),
        parent: spec.parent.clone(),
        kind: "renamed meanwhile".to_owned(),
    }
}

async fn give_alias(
    netlink: &Netlink,
    interface: &Interface,
    alias: String,
) -> Result<(), NetlinkError> {
    let message = LinkUnspec::new_with_index(interface.index)
        .append_extra_attribute(LinkAttribute::IfAlias(alias))
        .build();
    netlink
        .new_link(message, 0, || format!("marking {interface} as vrrpd's"))
        .await
}

/// Settings first, so that it never answers for an address that is not its own.
async fn set_up(
    netlink: &Netlink,
    spec: &VmacSpec,
    interface: &Interface,
) -> Result<(), VmacError> {
    let arp_ignore = match spec.family {
        Family::V4 => ARP_OWN_ADDRESSES,
        Family::V6 => ARP_NEVER,
    };
    let settings = [
        (Setting::RpFilter, RP_FILTER_LOOSE),
        (Setting::ArpIgnore, arp_ignore),
    ];
    set_ipv4(netlink, interface, &settings).await?;
    let no_addresses = no_generated_addresses(netlink, interface).await;
    if spec.family == Family::V6 {
        no_addresses?;
        no_router_advertisements(interface)?;
    }
    let message = LinkUnspec::new_with_index(interface.index).up().build();
    netlink
        .new_link(message, 0, || format!("switching {interface} on"))
        .await?;
    let (address, prefix_len) = match (spec.family, spec.link_local) {
        (Family::V4, _) => (IpAddr::V4(DUMMY), 32),
        (Family::V6, Some(address)) => (IpAddr::V6(address), 64),
        (Family::V6, None) => return Ok(()),
    };
    let spec = AddressSpec {
        interface: interface.clone(),
        address,
        prefix_len,
        lifetime: None,
        never_source: spec.family == Family::V4,
        prefix_route: false,
        protocol: Some(ADDRESS_PROTOCOL),
    };
    netlink.add_address(&spec).await?;
    Ok(())
}
