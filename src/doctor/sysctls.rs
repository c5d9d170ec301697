//! Settings of the kernel that keep a host from answering for its virtual address. Nothing is
//! changed here.

use vrrp_net::sysctl;
use vrrp_wire::Family;

use super::Findings;
use super::scene::{Scene, Site};

pub(super) fn examine(_: &Scene, site: &Site, findings: &mut Findings<'_>) {
    if site.link.is_none() {
        return;
    }
    let name = site.interface();
    let before = findings.list.len();
    match site.family() {
        Family::V4 => {
            arp(name, findings);
            if site.instance.vmac {
                reverse_path(name, findings);
            }
        }
        Family::V6 => {
            if value(Family::V6, name, "disable_ipv6") == 1 {
                findings.problem(
                    format!("IPv6 is switched off on {name}"),
                    format!("sysctl -w net.ipv6.conf.{name}.disable_ipv6=0"),
                );
            }
        }
    }
    if findings.list.len() == before {
        findings.ok(format!("the kernel's settings of {name} are no obstacle"));
    }
}

/// The larger of the interface's and everybody's value counts (Documentation/networking/ip-sysctl).
fn arp(name: &str, findings: &mut Findings<'_>) {
    let ignore = value(Family::V4, name, "arp_ignore").max(value(Family::V4, "all", "arp_ignore"));
    if matches!(ignore, 2 | 8) {
        findings.problem(
            format!(
                "arp_ignore is {ignore} for {name}: nobody gets an answer for a virtual address"
            ),
            format!("sysctl -w net.ipv4.conf.{name}.arp_ignore=1 net.ipv4.conf.all.arp_ignore=1"),
        );
    }
}

/// With a virtual MAC address, answers leave by another interface than the questions come in.
fn reverse_path(name: &str, findings: &mut Findings<'_>) {
    let filter = value(Family::V4, name, "rp_filter").max(value(Family::V4, "all", "rp_filter"));
    if filter == 1 {
        findings.warning(
            format!("rp_filter is strict for {name}, and `vmac` is on: packets to the virtual address may be dropped"),
            format!("sysctl -w net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.{name}.rp_filter=2"),
        );
    }
}

/// 0, the kernel's default, where it cannot be read.
fn value(family: Family, name: &str, key: &str) -> i64 {
    sysctl::read(family, name, key).unwrap_or(0)
}
