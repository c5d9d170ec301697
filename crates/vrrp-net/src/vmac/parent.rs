//! The real interface's part: it must not answer ARP for what is on the macvlan, and it gets
//! its setting back when the last macvlan is gone.
//!
//! Linux answers ARP for every address of the host on every interface unless `arp_ignore` says
//! otherwise, so the real interface would answer for the virtual address with its own MAC
//! beside the macvlan (RFC 9568 §8.1.2 wants the virtual MAC alone). No setting of the macvlan
//! and no scope of the address prevents that. What the setting was before is kept in the alias
//! of the macvlan: it is there for as long as the change is, whoever died in between.

use vrrp_wire::Family;

use super::settings::{Setting, set_ipv4};
use super::{ARP_OWN_ADDRESSES, MARK};
use crate::Interface;
use crate::netlink::{LinkInfo, Netlink, NetlinkError};
use crate::sysctl::{self, SysctlError};

const KEY: &str = "arp_ignore";
/// What precedes the earlier value in the alias.
const BEFORE: &str = ", parent had arp_ignore=";

/// The `arp_ignore` of the real interface if it answers ARP for addresses of the macvlan. Linux
/// does so unless the setting is there for it or for all interfaces; the greater counts.
pub(super) fn answers(parent: &Interface) -> Result<Option<i32>, SysctlError> {
    let all = sysctl::read(Family::V4, "all", KEY)?;
    let own = sysctl::read(Family::V4, &parent.name, KEY)?;
    Ok((all.max(own) == 0).then(|| i32::try_from(own).unwrap_or(0)))
}

/// Makes the real interface answer ARP for its own addresses only.
pub(super) async fn quiet(netlink: &Netlink, parent: &Interface) -> Result<(), NetlinkError> {
    set_ipv4(netlink, parent, &[(Setting::ArpIgnore, ARP_OWN_ADDRESSES)]).await
}

/// What the alias of a new macvlan says: whose it is, and the earlier setting of the real
/// interface where it has been, or is to be, changed.
pub(super) fn mark(before: Option<i32>) -> String {
    before.map_or_else(|| MARK.to_owned(), |value| format!("{MARK}{BEFORE}{value}"))
}

/// The earlier setting that the alias tells of.
pub(super) fn before(link: &LinkInfo) -> Option<i32> {
    let rest = link.alias.as_deref()?.strip_prefix(MARK)?;
    rest.strip_prefix(BEFORE)?.parse().ok()
}

/// The earlier setting that another macvlan of ours on the same interface tells of.
pub(super) fn before_of_any(links: &[LinkInfo], parent: u32) -> Option<i32> {
    links
        .iter()
        .filter(|link| link.parent == Some(parent))
        .find_map(before)
}

/// Gives the real interface its setting back if `removed` was the last macvlan that needed the
/// change and nobody has changed the setting since.
pub(super) async fn restore(netlink: &Netlink, removed: &LinkInfo) -> Result<(), NetlinkError> {
    let (Some(earlier), Some(parent)) = (before(removed), removed.parent) else {
        return Ok(());
    };
    let links = netlink.links().await?;
    let Some(parent) = links.iter().find(|link| link.index == parent) else {
        return Ok(());
    };
    let others = links.iter().filter(|link| link.index != removed.index);
    if others
        .filter(|link| link.parent == Some(parent.index))
        .any(|link| before(link).is_some())
    {
        return Ok(());
    }
    let now = sysctl::read(Family::V4, &parent.name, KEY);
    if now.is_ok_and(|now| now == i64::from(ARP_OWN_ADDRESSES)) {
        let settings = [(Setting::ArpIgnore, earlier)];
        set_ipv4(netlink, &parent.interface(), &settings).await?;
    }
    Ok(())
}
