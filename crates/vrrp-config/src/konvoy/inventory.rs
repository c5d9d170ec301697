//! The Ansible inventory beside a `cluster.yaml`.

use std::net::IpAddr;

use crate::report::Report;
use crate::words::quoted;
use crate::yaml::{Node, Parsed};

/// The most hosts that get priorities of their own, 254 down to 1.
const MOST_HOSTS: usize = 254;

/// A control-plane host.
#[derive(Debug)]
pub(super) struct Host<'a> {
    pub(super) name: &'a str,
    /// Its addresses: `ansible_host`, then its name, where they are addresses.
    pub(super) addresses: Vec<IpAddr>,
    pub(super) node: &'a Node,
}

impl Host<'_> {
    /// Whether the two can be the same host.
    pub(super) fn shares_address(&self, other: &Host<'_>) -> bool {
        self.addresses
            .iter()
            .any(|address| other.addresses.contains(address))
    }
}

/// The inventory's first document.
pub(super) struct Inventory<'a> {
    root: &'a Node,
}

impl<'a> Inventory<'a> {
    pub(super) fn open(parsed: &'a Parsed, report: &mut Report) -> Option<Self> {
        let root = parsed.documents.first()?;
        if root.entries().is_none() {
            report
                .error(
                    root,
                    format!("an inventory must be a mapping, not {}", root.describe()),
                )
                .hint("only Ansible's YAML form is read, not its INI form");
            return None;
        }
        Some(Inventory { root })
    }

    /// `all.vars.control_plane_endpoint`, where it says something.
    pub(super) fn endpoint(&self) -> Option<&'a Node> {
        self.root
            .at(&["all", "vars", "control_plane_endpoint"])
            .filter(|node| !node.is_null() && node.text() != Some(""))
    }

    /// The control-plane hosts in sorted order: addresses by number, then names.
    pub(super) fn hosts(&self, report: &mut Report) -> Vec<Host<'a>> {
        let group = self
            .root
            .entry("control-plane")
            .or_else(|| self.root.at(&["all", "children"])?.entry("control-plane"));
        let Some((key, group)) = group else {
            report
                .error(self.root, "the inventory has no group `control-plane`")
                .hint("the hosts that share the VIP stand under `control-plane.hosts`");
            return Vec::new();
        };
        let entries = group
            .get("hosts")
            .and_then(Node::entries)
            .unwrap_or_default();
        if entries.is_empty() {
            report
                .error(key, "`control-plane` has no hosts")
                .hint("write each host as a key under `control-plane.hosts`");
        }
        let mut hosts: Vec<Host<'_>> = entries
            .iter()
            .filter_map(|(key, vars)| host(key, vars, report))
            .collect();
        hosts.sort_by_key(|host| {
            (
                host.name.parse::<IpAddr>().map_err(|_| host.name),
                host.name,
            )
        });
        if let Some(first_without) = hosts.get(MOST_HOSTS) {
            report.error(
                first_without.node,
                format!(
                    "{} hosts are more than there are priorities, {MOST_HOSTS}",
                    hosts.len()
                ),
            );
            hosts.truncate(MOST_HOSTS);
        }
        once_each(&hosts, report);
        hosts
    }
}

fn host<'a>(key: &'a Node, vars: &'a Node, report: &mut Report) -> Option<Host<'a>> {
    let Some(name) = key.text() else {
        report
            .error(
                key,
                format!("a host's name must be text, not {}", key.describe()),
            )
            .hint("put the name in quotes");
        return None;
    };
    if name.contains('[') {
        report
            .error(
                key,
                format!("the host range {} is not supported", quoted(name)),
            )
            .hint("write one line for each host");
        return None;
    }
    let given = vars.get("ansible_host").filter(|node| !node.is_null());
    let ansible_host = given
        .and_then(Node::text)
        .and_then(|text| text.parse().ok());
    let mut addresses: Vec<IpAddr> = ansible_host.into_iter().chain(name.parse()).collect();
    addresses.dedup();
    if addresses.is_empty() {
        let place = given.unwrap_or(key);
        report
            .error(
                place,
                format!("the address of the host {} is not known", quoted(name)),
            )
            .hint("give its IP address as `ansible_host`: names are not looked up");
        return None;
    }
    Some(Host {
        name,
        addresses,
        node: key,
    })
}

fn once_each(hosts: &[Host<'_>], report: &mut Report) {
    for (at, host) in hosts.iter().enumerate() {
        if let Some(other) = hosts
            .iter()
            .take(at)
            .find(|other| other.shares_address(host))
        {
            report
                .error(
                    host.node,
                    format!("the host {} has an address of another", quoted(host.name)),
                )
                .related(other.node, "the other")
                .hint("each control-plane host has addresses of its own");
        }
    }
}
