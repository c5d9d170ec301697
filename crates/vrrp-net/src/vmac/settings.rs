//! Kernel settings of one interface, through netlink and not `/proc/sys`, which the service's
//! sandbox makes read-only.

use rtnetlink::LinkUnspec;
use rtnetlink::packet_core::{DefaultNla, Emitable, NLA_F_NESTED};
use rtnetlink::packet_route::link::{
    AfSpecInet, AfSpecInet6, AfSpecUnspec, In6AddrGenMode, LinkAttribute,
};
use vrrp_wire::Family;

use crate::Interface;
use crate::netlink::{Netlink, NetlinkError};
use crate::sysctl::{self, SysctlError};

/// Attribute that carries IPv4 settings (linux/if_link.h).
const IFLA_INET_CONF: u16 = 1;

/// IPv4 settings by the numbers that netlink has for them (linux/ip.h).
#[derive(Clone, Copy, Debug)]
pub(super) enum Setting {
    RpFilter = 8,
    ArpAnnounce = 18,
    ArpIgnore = 19,
}

/// Gives `interface` these IPv4 settings.
pub(super) async fn set_ipv4(
    netlink: &Netlink,
    interface: &Interface,
    settings: &[(Setting, i32)],
) -> Result<(), NetlinkError> {
    // Written out here: the library takes a value of 0 for one that is not to be changed.
    let mut nested = Vec::new();
    for (setting, value) in settings {
        let attribute = DefaultNla::new(*setting as u16, value.to_ne_bytes().to_vec());
        let start = nested.len();
        nested.resize(start + attribute.buffer_len(), 0);
        attribute.emit(&mut nested[start..]);
    }
    let conf = DefaultNla::new(IFLA_INET_CONF | NLA_F_NESTED, nested);
    let inet = AfSpecUnspec::Inet(vec![AfSpecInet::Other(conf)]);
    change(netlink, interface, inet, || {
        format!("setting arp_ignore, arp_announce or rp_filter of {interface}")
    })
    .await
}

/// Keeps the kernel from giving `interface` IPv6 addresses: they would be made from the virtual
/// MAC and so be the same on every host.
pub(super) async fn no_generated_addresses(
    netlink: &Netlink,
    interface: &Interface,
) -> Result<(), NetlinkError> {
    let inet6 = AfSpecUnspec::Inet6(vec![AfSpecInet6::AddrGenMode(In6AddrGenMode::None)]);
    change(netlink, interface, inet6, || {
        format!("switching generated IPv6 addresses of {interface} off")
    })
    .await
}

/// Keeps `interface` from taking addresses and routes out of router advertisements.
///
/// Netlink has nothing for it, so this is written below `/proc/sys`; not on a host that
/// forwards IPv6, for there the kernel heeds no advertisement unless told to with a 2.
pub(super) fn no_router_advertisements(interface: &Interface) -> Result<(), SysctlError> {
    let read = |key| sysctl::read(Family::V6, &interface.name, key);
    if read("forwarding")? != 0 && read("accept_ra")? != 2 {
        return Ok(());
    }
    sysctl::write(Family::V6, &interface.name, "accept_ra", 0)
}

async fn change(
    netlink: &Netlink,
    interface: &Interface,
    change: AfSpecUnspec,
    attempt: impl Fn() -> String,
) -> Result<(), NetlinkError> {
    let message = LinkUnspec::new_with_index(interface.index)
        .append_extra_attribute(LinkAttribute::AfSpecUnspec(vec![change]))
        .build();
    netlink.new_link(message, 0, attempt).await
}
