//! Interfaces with a virtual router's own MAC address (`vmac: true`): a macvlan on the real
//! interface, made, set up and removed here.
//!
//! The macvlan is in private mode. Only in that mode does it hear a peer that sends from the
//! same virtual MAC: the kernel takes such a frame for one of its own and hands it to that
//! macvlan alone, while bridge mode would take it as already delivered. So adverts are both
//! sent and received on the macvlan. Private mode also keeps several virtual routers of one
//! host apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rtnetlink::packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use rtnetlink::packet_route::link::{
    AfSpecInet, AfSpecInet6, AfSpecUnspec, In6AddrGenMode, InetDevConf, LinkAttribute, MacVlanMode,
};
use rtnetlink::{LinkMacVlan, LinkUnspec};
use vrrp_wire::{Family, virtual_mac};

use crate::Interface;
use crate::netlink::{ADDRESS_PROTOCOL, AddressSpec, LinkInfo, Netlink, NetlinkError};
use crate::sysctl::{self, SysctlError};

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

/// Makes the macvlan, sets it up and switches it on. One left by an earlier run, of the same
/// name, parent and MAC, is replaced.
///
/// # Errors
/// What was tried, what the kernel said and what to do; nothing is left behind.
pub async fn create(netlink: &Netlink, spec: &VmacSpec) -> Result<LinkInfo, VmacError> {
    let mac = virtual_mac(spec.family, spec.vrid);
    if let Some(link) = netlink.link_by_name(&spec.name).await? {
        if !is_ours(&link, spec, mac) {
            return Err(VmacError::NameTaken {
                name: spec.name.clone(),
                parent: spec.parent.clone(),
                kind: link.kind.unwrap_or_else(|| "hardware".to_owned()),
            });
        }
        netlink.delete_link(&link.interface()).await?;
    }
    let message = LinkMacVlan::new(&spec.name, spec.parent.index, MacVlanMode::Private)
        .address(mac.to_vec())
        .build();
    netlink
        .new_link(message, NLM_F_CREATE | NLM_F_EXCL, || {
            format!("making macvlan {} on {}", spec.name, spec.parent)
        })
        .await
        .map_err(|error| VmacError::NotMade(error, spec.parent.clone()))?;
    let gone = || VmacError::NameTaken {
        name: spec.name.clone(),
        parent: spec.parent.clone(),
        kind: "renamed meanwhile".to_owned(),
    };
    let made = netlink.link_by_name(&spec.name).await?.ok_or_else(gone)?;
    match set_up(netlink, spec, &made.interface()).await {
        Ok(()) => netlink.link_by_index(made.index).await?.ok_or_else(gone),
        Err(error) => {
            // The first error is the one to tell.
            let _ = netlink.delete_link(&made.interface()).await;
            Err(error)
        }
    }
}

/// Removes a macvlan; `false` when it is gone already.
///
/// # Errors
/// What the kernel said.
pub async fn remove(netlink: &Netlink, interface: &Interface) -> Result<bool, NetlinkError> {
    netlink.delete_link(interface).await
}

/// Whether the real interface answers ARP for addresses of the macvlan, with the wrong MAC.
/// Linux does so unless `arp_ignore` is set there or for all interfaces.
///
/// # Errors
/// The setting could not be read.
pub fn parent_answers(parent: &Interface) -> Result<bool, SysctlError> {
    let all = sysctl::read(Family::V4, "all", "arp_ignore")?;
    let own = sysctl::read(Family::V4, &parent.name, "arp_ignore")?;
    Ok(all.max(own) == 0)
}

/// Makes the real interface answer ARP for its own addresses only.
///
/// # Errors
/// What the kernel said.
pub async fn quiet_parent(netlink: &Netlink, parent: &Interface) -> Result<(), NetlinkError> {
    let mut settings = InetDevConf::default();
    settings.arp_ignore = ARP_OWN_ADDRESSES;
    set_ipv4(netlink, parent, settings).await
}

fn is_ours(link: &LinkInfo, spec: &VmacSpec, mac: [u8; 6]) -> bool {
    link.kind.as_deref() == Some("macvlan")
        && link.parent == Some(spec.parent.index)
        && link.mac == Some(mac)
}

/// Settings first, so that it never answers for an address that is not its own.
async fn set_up(
    netlink: &Netlink,
    spec: &VmacSpec,
    interface: &Interface,
) -> Result<(), VmacError> {
    let mut settings = InetDevConf::default();
    settings.rp_filter = RP_FILTER_LOOSE;
    settings.arp_ignore = match spec.family {
        Family::V4 => ARP_OWN_ADDRESSES,
        Family::V6 => ARP_NEVER,
    };
    set_ipv4(netlink, interface, settings).await?;
    let no_addresses = no_generated_addresses(netlink, interface).await;
    if spec.family == Family::V6 {
        no_addresses?;
        sysctl::write(Family::V6, &interface.name, "accept_ra", 0)?;
        sysctl::write(Family::V6, &interface.name, "autoconf", 0)?;
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

/// Through netlink and not `/proc/sys`, which the service's sandbox makes read-only.
async fn set_ipv4(
    netlink: &Netlink,
    interface: &Interface,
    settings: InetDevConf,
) -> Result<(), NetlinkError> {
    let message = LinkUnspec::new_with_index(interface.index)
        .append_extra_attribute(LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet(vec![
            AfSpecInet::DevConfRequest(settings),
        ])]))
        .build();
    netlink
        .new_link(message, 0, || {
            format!("setting arp_ignore and rp_filter of {interface}")
        })
        .await
}

async fn no_generated_addresses(
    netlink: &Netlink,
    interface: &Interface,
) -> Result<(), NetlinkError> {
    let message = LinkUnspec::new_with_index(interface.index)
        .append_extra_attribute(LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet6(
            vec![AfSpecInet6::AddrGenMode(In6AddrGenMode::None)],
        )]))
        .build();
    netlink
        .new_link(message, 0, || {
            format!("switching generated IPv6 addresses of {interface} off")
        })
        .await
}
