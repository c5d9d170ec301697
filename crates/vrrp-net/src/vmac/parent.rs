//! The real interface's part: it must speak ARP neither for nor as an address on the macvlan,
//! and it gets its settings back when the last macvlan is gone.
//!
//! Unless told otherwise, Linux answers ARP for every address of the host on every interface,
//! and asks who has a client's address in the name of whichever address it is about to send
//! from. So the real interface would teach the segment the virtual address with its own MAC,
//! beside the macvlan, where RFC 9568 §8.1.2 wants the virtual MAC alone. No setting of the
//! macvlan and no scope of the address prevents that.
//!
//! What the settings were before is kept in the alias of the macvlan: it is there for as long
//! as the change is, whoever died in between.

use vrrp_wire::Family;

use super::MARK;
use super::settings::{Setting, set_ipv4};
use crate::Interface;
use crate::netlink::{LinkInfo, Netlink, NetlinkError};
use crate::sysctl::{self, SysctlError};

/// What precedes the earlier values in the alias.
const BEFORE: &str = ", parent had";

/// What is to be so on the real interface.
struct Need {
    setting: Setting,
    key: &'static str,
    /// The least value that is good. The kernel goes by the greater of this interface's and
    /// that of `all`.
    least: i64,
    /// What it is set to.
    value: i32,
}

const NEEDS: [Need; 2] = [
    // Answer for addresses of the interface it came in by only.
    Need {
        setting: Setting::ArpIgnore,
        key: "arp_ignore",
        least: 1,
        value: 1,
    },
    // Ask in the name of addresses of the interface it goes out by only.
    Need {
        setting: Setting::ArpAnnounce,
        key: "arp_announce",
        least: 2,
        value: 2,
    },
];

/// Settings of the real interface, as names and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings(Vec<(&'static str, i32)>);

impl Settings {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|(key, _)| *key).collect()
    }
}

/// The settings that are not as they need be, with their values now.
pub(super) fn wrong(parent: &Interface) -> Result<Settings, SysctlError> {
    let mut wrong = Vec::new();
    for need in &NEEDS {
        let all = sysctl::read(Family::V4, "all", need.key)?;
        let own = sysctl::read(Family::V4, &parent.name, need.key)?;
        if all.max(own) < need.least {
            wrong.push((need.key, i32::try_from(own).unwrap_or(0)));
        }
    }
    Ok(Settings(wrong))
}

/// Sets them right.
pub(super) async fn set_right(
    netlink: &Netlink,
    parent: &Interface,
    wrong: &Settings,
) -> Result<(), NetlinkError> {
    let right = NEEDS
        .iter()
        .filter(|need| wrong.0.iter().any(|(key, _)| *key == need.key))
        .map(|need| (need.setting, need.value))
        .collect::<Vec<_>>();
    set_ipv4(netlink, parent, &right).await
}

/// What the alias of a new macvlan says: whose it is, and the earlier settings of the real
/// interface where they have been, or are to be, changed.
pub(super) fn mark(before: &Settings) -> String {
    let mut mark = MARK.to_owned();
    if !before.is_empty() {
        mark.push_str(BEFORE);
        for (key, value) in &before.0 {
            mark.push_str(&format!(" {key}={value}"));
        }
    }
    mark
}

/// The earlier settings that the alias tells of.
fn before(link: &LinkInfo) -> Settings {
    let alias = link.alias.as_deref().unwrap_or_default();
    let told = alias
        .strip_prefix(MARK)
        .and_then(|rest| rest.strip_prefix(BEFORE));
    let read = |word: &str| {
        let (key, value) = word.split_once('=')?;
        let need = NEEDS.iter().find(|need| need.key == key)?;
        Some((need.key, value.parse().ok()?))
    };
    let words = told.unwrap_or_default().split_whitespace();
    Settings(words.filter_map(read).collect())
}

/// `wrong`, and what other macvlans of ours on the same interface tell was changed before.
pub(super) fn before_of_all(links: &[LinkInfo], parent: u32, wrong: &Settings) -> Settings {
    let mut settings = wrong.clone();
    for link in links.iter().filter(|link| link.parent == Some(parent)) {
        for (key, value) in before(link).0 {
            if !settings.0.iter().any(|(known, _)| *known == key) {
                settings.0.push((key, value));
            }
        }
    }
    settings
}

/// Gives the real interface its settings back if `removed` was the last macvlan that needed
/// the change and nobody has changed them since.
pub(super) async fn restore(netlink: &Netlink, removed: &LinkInfo) -> Result<(), NetlinkError> {
    let (earlier, Some(parent)) = (before(removed), removed.parent) else {
        return Ok(());
    };
    if earlier.is_empty() {
        return Ok(());
    }
    let links = netlink.links().await?;
    let Some(parent) = links.iter().find(|link| link.index == parent) else {
        return Ok(());
    };
    let mut others = links.iter().filter(|link| link.index != removed.index);
    if others.any(|link| link.parent == Some(parent.index) && !before(link).is_empty()) {
        return Ok(());
    }
    let mut back = Vec::new();
    for need in &NEEDS {
        let now = sysctl::read(Family::V4, &parent.name, need.key);
        let ours = now.is_ok_and(|now| now == i64::from(need.value));
        let value = earlier.0.iter().find(|(key, _)| *key == need.key);
        if let (true, Some((_, value))) = (ours, value) {
            back.push((need.setting, *value));
        }
    }
    if back.is_empty() {
        return Ok(());
    }
    set_ipv4(netlink, &parent.interface(), &back).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alias_tells_what_was_before() {
        let mut link = LinkInfo {
            index: 3,
            name: "vrrp4-51".into(),
            up: true,
            carrier: true,
            loopback: false,
            multicast: true,
            mac: None,
            mtu: 1500,
            kind: Some("macvlan".into()),
            controller: None,
            parent: Some(2),
            alias: None,
        };
        for settings in [
            Settings::default(),
            Settings(vec![("arp_announce", 1)]),
            Settings(vec![("arp_ignore", 0), ("arp_announce", 0)]),
        ] {
            link.alias = Some(mark(&settings));
            assert_eq!(before(&link), settings);
            assert!(super::super::is_ours(&link));
            let links = [link.clone()];
            assert_eq!(before_of_all(&links, 2, &Settings::default()), settings);
            assert!(before_of_all(&links, 4, &Settings::default()).is_empty());
        }
        for alias in ["vrrpdish", "", "vrrpd-like, parent had arp_ignore=0"] {
            link.alias = Some(alias.to_owned());
            assert!(!super::super::is_ours(&link), "{alias}");
        }
    }
}
