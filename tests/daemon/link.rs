//! The interface comes and goes: fault with its reason, and recovery without help.

use std::net::IpAddr;
use std::time::Instant;

use vrrp_lab::{Command, Daemon, Host, Lab, Result, VIP};

use crate::cluster::{BOUND, Cluster, config, vip};

/// Breaks cp1's interface: fault, with `reason`, and cp2 serves. Mends it: cp1 serves again.
fn breaks_and_recovers(
    reason: &str,
    break_it: impl Fn(&Host) -> Result<()>,
    mend_it: impl Fn(&Host) -> Result<()>,
) -> Result<()> {
    let mut cluster = Cluster::start("")?;
    let host = cluster.host("cp1").clone();
    break_it(&host)?;
    let daemon = cluster.take("cp1");
    let broken = daemon.wait_instance("fault", BOUND, |instance| instance["state"] == "fault")?;
    let said = broken["reason"].to_string();
    assert!(said.contains(reason), "{said}");
    assert_eq!(broken["addresses_present"], 0, "{broken}");
    let status = host.vrrpd_command(&["status"], BOUND)?;
    assert_eq!(status.status.code(), Some(1));
    assert!(status.stdout.contains("fault"), "{status:?}");
    cluster.settle("cp2")?;
    assert!(!host.holds(vip())?);
    mend_it(&host)?;
    daemon.wait_state("master", BOUND)?;
    cluster.lab.wait_only_holder(VIP, "cp1", BOUND)?;
    let since = Instant::now();
    cluster
        .capture()
        .wait_for_advert("adverts of cp1", since, BOUND, |a| a.host == "cp1")?;
    cluster.daemon("cp2").wait_state("backup", BOUND)
}

#[test]
fn an_interface_that_is_taken_down_is_a_fault_until_it_is_up_again() -> Result<()> {
    breaks_and_recovers("interface is down", Host::link_down, Host::link_up)
}

#[test]
fn a_cable_that_is_pulled_is_a_fault_until_it_is_back() -> Result<()> {
    breaks_and_recovers("no carrier", Host::unplug, Host::mend)
}

#[test]
fn an_interface_without_address_is_a_fault_until_it_has_one() -> Result<()> {
    breaks_and_recovers(
        "no usable source address",
        |host| host.delete_address(host.address().into()).map(drop),
        |host| host.add_address(host.address().into(), 24),
    )
}

#[test]
fn an_interface_that_is_deleted_is_rejoined_when_it_is_made_anew() -> Result<()> {
    breaks_and_recovers(
        "does not exist",
        Host::delete_interface,
        Host::create_interface,
    )
}

#[test]
fn an_interface_that_is_renamed_is_a_fault_until_it_has_its_name_again() -> Result<()> {
    breaks_and_recovers(
        "does not exist",
        |host| {
            host.link_down()?;
            host.rename_link("ens20f0", "other0")
        },
        |host| {
            host.rename_link("other0", "ens20f0")?;
            host.link_up()
        },
    )
}

/// An administrator makes a bridge of the interface: the host's address moves there.
fn into_a_bridge(host: &Host) -> Result<()> {
    ip(host, &["link", "add", "br0", "type", "bridge"])?;
    ip(host, &["link", "set", "ens20f0", "master", "br0"])?;
    ip(host, &["link", "set", "br0", "up"])?;
    host.delete_address(host.address().into())?;
    host.add_address_to("br0", host.address().into(), 24)
}

#[test]
fn an_interface_that_becomes_a_port_of_a_bridge_is_a_fault_until_it_is_none_any_more() -> Result<()>
{
    breaks_and_recovers("ens20f0 is a port of br0", into_a_bridge, |host| {
        ip(host, &["link", "delete", "br0"])?;
        host.add_address(host.address().into(), 24)
    })
}

/// [`config`] without an interface: the one of the route to the VIP.
fn by_route(priority: u8) -> String {
    config(priority, "").replace("    interface: ens20f0\n", "")
}

/// Waits until the instance is master on `interface`, and the VIP is there alone.
fn wait_master_on(daemon: &Daemon, interface: &str) -> Result<()> {
    daemon.wait_instance(&format!("master on {interface}"), BOUND, |instance| {
        instance["state"] == "master"
            && instance["interface"] == interface
            && instance["addresses_present"] == 1
    })?;
    let host = daemon.host();
    let links = host.links()?;
    let held: Vec<_> = host.addresses()?;
    let on: Vec<&str> = held
        .iter()
        .filter(|held| held.address == VIP)
        .filter_map(|held| links.iter().find(|link| link.ifindex == held.ifindex))
        .map(|link| link.name.as_str())
        .collect();
    assert_eq!(on, [interface]);
    Ok(())
}

#[test]
fn an_instance_that_goes_by_route_follows_the_address_to_the_bridge_and_back() -> Result<()> {
    let cluster = Cluster::start_in(Lab::new(2)?, |_, priority| by_route(priority))?;
    let host = cluster.host("cp1");
    into_a_bridge(host)?;
    wait_master_on(cluster.daemon("cp1"), "br0")?;
    cluster.settle("cp1")?;
    cluster.stays("cp1", 10)?;
    ip(host, &["link", "delete", "br0"])?;
    host.add_address(host.address().into(), 24)?;
    wait_master_on(cluster.daemon("cp1"), "ens20f0")?;
    cluster.settle("cp1")
}

#[test]
fn an_instance_that_goes_by_route_prefers_the_segment_of_the_vip_to_the_default_route() -> Result<()>
{
    let lab = Lab::new(2)?;
    let host = lab.host("cp1")?;
    host.delete_address(host.address().into())?;
    host.add_interface("mgmt0")?;
    host.add_address_to("mgmt0", [192, 168, 7, 2].into(), 24)?;
    ip(host, &["route", "add", "default", "via", "192.168.7.1"])?;
    let daemon = host.start_vrrpd(&by_route(250))?;
    wait_master_on(&daemon, "mgmt0")?;
    host.add_address(host.address().into(), 24)?;
    wait_master_on(&daemon, "ens20f0")?;
    let other = lab.host("cp2")?.start_vrrpd(&by_route(130))?;
    other.wait_state("backup", BOUND)?;
    let transitions = |daemon: &Daemon| -> Result<serde_json::Value> {
        Ok(daemon.instance(None)?["counters"]["transitions"].clone())
    };
    host.link_down()?;
    daemon.wait_instance("a fault there", BOUND, |instance| {
        instance["state"] == "fault" && instance["reason"].to_string().contains("is down")
    })?;
    // The kernel tells news of the other interface, whose default route is the only one now.
    host.add_address_to("mgmt0", [192, 168, 7, 3].into(), 24)?;
    other.wait_state("master", BOUND)?;
    let before = transitions(&daemon)?;
    let since = Instant::now();
    lab.wait_until("time to become master elsewhere", BOUND, || {
        lab.capture().adverts_since(since).len() >= 15
    })?;
    assert_eq!(daemon.state().as_deref(), Some("fault"));
    assert_eq!(transitions(&daemon)?, before);
    host.link_up()?;
    wait_master_on(&daemon, "ens20f0")
}

#[test]
fn a_short_loss_of_the_carrier_leaves_one_master() -> Result<()> {
    let cluster = Cluster::start("")?;
    for _ in 0..5 {
        cluster.host("cp1").unplug()?;
        cluster.host("cp1").mend()?;
    }
    cluster.settle("cp1")?;
    cluster.stays("cp1", 10)
}

#[test]
fn a_daemon_that_starts_before_the_network_waits_for_it() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.delete_address(host.address().into())?;
    host.link_down()?;
    let daemon = host.start_vrrpd(&config(100, ""))?;
    daemon.wait_instance("the first fault", BOUND, |instance| {
        instance["state"] == "fault" && instance["reason"].to_string().contains("is down")
    })?;
    host.link_up()?;
    daemon.wait_instance("the second fault", BOUND, |instance| {
        instance["state"] == "fault" && instance["reason"].to_string().contains("source address")
    })?;
    assert!(lab.capture().adverts().is_empty());
    host.add_address(host.address().into(), 24)?;
    daemon.wait_state("master", BOUND)
}

#[test]
fn a_route_that_comes_later_is_found() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.delete_address(host.address().into())?;
    let daemon = host.start_vrrpd(&config(100, "").replace("    interface: ens20f0\n", ""))?;
    daemon.wait_instance("no route", BOUND, |instance| {
        instance["state"] == "fault" && instance["reason"].to_string().contains("no route")
    })?;
    host.add_address(host.address().into(), 24)?;
    daemon.wait_state("master", BOUND)
}

#[test]
fn another_source_address_is_taken_up_without_a_change_of_state() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("master", BOUND)?;
    let new: IpAddr = [10, 0, 50, 61].into();
    host.add_address(new, 24)?;
    let before = daemon.instance(None)?;
    host.delete_address(host.address().into())?;
    // Where the kernel drops the second address with the first, an administrator adds it again.
    if !host.holds(new)? {
        host.add_address(new, 24)?;
    }
    lab.capture().wait_for_advert(
        "an advert from the new address",
        Instant::now(),
        BOUND,
        |advert| advert.source == new,
    )?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    assert_eq!(before["state"], "master");
    Ok(())
}

#[test]
fn a_tracked_interface_without_carrier_lowers_the_priority() -> Result<()> {
    let lab = Lab::new(3)?;
    for host in lab.hosts() {
        ip(
            host,
            &[
                "link", "add", "bond1", "type", "veth", "peer", "name", "far1",
            ],
        )?;
        ip(host, &["link", "set", "bond1", "up"])?;
        ip(host, &["link", "set", "far1", "up"])?;
    }
    let cluster = Cluster::start_in(lab, |_, priority| {
        config(priority, "    track: [{interface: bond1, penalty: 200}]\n")
    })?;
    ip(cluster.host("cp1"), &["link", "set", "far1", "down"])?;
    cluster.settle("cp2")?;
    let instance = cluster.instance("cp1")?;
    assert_eq!(instance["effective_priority"], 50);
    let why = instance["effective_priority_reason"].to_string();
    assert!(why.contains("bond1"), "{why}");
    ip(cluster.host("cp1"), &["link", "set", "far1", "up"])?;
    cluster.settle("cp1")?;
    ip(cluster.host("cp1"), &["link", "delete", "bond1"])?;
    cluster.settle("cp2")
}

fn ip(host: &Host, arguments: &[&str]) -> Result<()> {
    let output = host.output(&Command::new("ip").args(arguments), BOUND)?;
    assert!(output.status.success(), "ip {arguments:?}: {output:?}");
    Ok(())
}
