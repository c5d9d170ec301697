//! An IPv6 instance from end to end.

use std::net::IpAddr;
use std::time::Instant;

use serde_json::Value;
use vrrp_lab::{AnnouncementKind, Command, Host, Lab, Result, VIP_V6};

use crate::cluster::{BOUND, Cluster};

fn config(priority: u8, more: &str) -> String {
    format!(
        "instances:\n  - name: control-plane\n    addresses: [\"{VIP_V6}\"]\n    \
         interface: ens20f0\n    vrid: 51\n    advert_interval: 100ms\n    \
         priority: {priority}\n{more}"
    )
}

fn start(more: &str) -> Result<Cluster> {
    let lab = Lab::builder().ipv6().build()?;
    let cluster = Cluster::start_unsettled(lab, |_, priority| config(priority, more))?;
    settle(&cluster, "cp1")?;
    Ok(cluster)
}

fn settle(cluster: &Cluster, master: &str) -> Result<()> {
    let address = cluster.host(master).link_local().to_string();
    cluster.settle_on(VIP_V6.into(), &address, master)
}

/// What the kernel says of the VIP on a host.
fn address_as_the_kernel_shows_it(host: &Host) -> Result<Value> {
    let command = Command::new("ip").args(["-j", "-6", "address", "show", "dev", "ens20f0"]);
    let output = host.output(&command, BOUND)?;
    let shown: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let found = shown[0]["addr_info"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|info| info["local"] == VIP_V6.to_string());
    Ok(found.cloned().unwrap_or(Value::Null))
}

#[test]
fn three_hosts_elect_fail_over_and_serve_the_client() -> Result<()> {
    let mut cluster = start("")?;
    let prober = cluster.lab.probe(VIP_V6)?;
    prober.wait_answer("cp1", Instant::now(), BOUND)?;
    let gone = cluster.crash("cp1")?;
    settle(&cluster, "cp2")?;
    prober.wait_answer("cp2", gone, BOUND)?;
    cluster.boot("cp1")?;
    settle(&cluster, "cp1")?;
    let instance = cluster.instance("cp2")?;
    assert_eq!(instance["family"], "ipv6");
    assert_eq!(instance["addresses"][0], format!("{VIP_V6}/128"));
    Ok(())
}

#[test]
fn adverts_come_from_the_link_local_address() -> Result<()> {
    let cluster = start("")?;
    let advert = cluster.capture().wait_for_advert(
        "an advert of the master",
        Instant::now(),
        BOUND,
        |advert| advert.host == "cp1",
    )?;
    let source: IpAddr = cluster.host("cp1").link_local().into();
    assert_eq!(advert.source, source);
    assert_eq!(advert.destination.to_string(), "ff02::12");
    assert_eq!((advert.ttl, advert.tos), (255, 0xc0));
    assert_eq!(advert.addresses, [IpAddr::from(VIP_V6)]);
    Ok(())
}

#[test]
fn the_vip_skips_duplicate_detection_and_is_never_a_source() -> Result<()> {
    let cluster = start("")?;
    let host = cluster.host("cp1");
    let info = address_as_the_kernel_shows_it(host)?;
    assert_eq!(info["prefixlen"], 128, "{info}");
    assert_eq!(info["nodad"], true, "{info}");
    assert_eq!(info["preferred_life_time"], 0, "{info}");
    assert_eq!(info["deprecated"], true, "{info}");
    assert_eq!(info["tentative"], Value::Null, "{info}");
    let lifetime = info["valid_life_time"].as_u64();
    assert!(lifetime.is_some_and(|seconds| seconds <= 2), "{info}");
    let source = host.enter(|| {
        let socket = std::net::UdpSocket::bind("[::]:0")?;
        socket.connect("[fd00:50::100]:9")?;
        socket.local_addr()
    })?;
    let source = source.expect("a route to the client").ip();
    assert_eq!(Some(source), host.address_v6().map(IpAddr::V6));
    Ok(())
}

#[test]
fn unsolicited_neighbour_advertisements_tell_where_the_vip_is() -> Result<()> {
    let cluster = start("")?;
    let mac = cluster.host("cp1").mac();
    cluster.lab.wait_until("a burst of five", BOUND, || {
        cluster.capture().announcements_of(VIP_V6.into()).len() >= 5
    })?;
    for announcement in cluster.capture().announcements_of(VIP_V6.into()) {
        assert_eq!(announcement.host, "cp1");
        assert_eq!(announcement.kind, AnnouncementKind::NeighborAdvertisement);
        assert_eq!(announcement.mac, mac);
    }
    Ok(())
}

#[test]
fn sigterm_hands_over_and_removes_the_address() -> Result<()> {
    let mut cluster = start("")?;
    let daemon = cluster.take("cp1");
    assert!(daemon.terminate(BOUND)?.success());
    settle(&cluster, "cp2")?;
    assert!(!cluster.host("cp1").holds(VIP_V6.into())?);
    Ok(())
}

#[test]
fn an_interface_without_link_local_address_is_a_fault_until_it_has_one() -> Result<()> {
    let cluster = start("")?;
    let host = cluster.host("cp1");
    host.delete_address(host.link_local().into())?;
    let daemon = cluster.daemon("cp1");
    daemon.wait_instance("fault", BOUND, |instance| {
        instance["state"] == "fault" && instance["reason"].to_string().contains("source address")
    })?;
    host.add_address(host.link_local().into(), 64)?;
    settle(&cluster, "cp1")
}

#[test]
fn a_link_that_loses_its_ipv6_addresses_and_gets_them_back_recovers() -> Result<()> {
    let cluster = start("")?;
    cluster.host("cp1").link_down()?;
    cluster.daemon("cp1").wait_state("fault", BOUND)?;
    cluster.daemon("cp2").wait_state("master", BOUND)?;
    cluster.host("cp1").link_up()?;
    settle(&cluster, "cp1")
}

#[test]
fn a_link_local_vip_is_sent_first() -> Result<()> {
    let lab = Lab::builder().hosts(1).ipv6().build()?;
    let text = config(100, "").replace(
        &format!("[\"{VIP_V6}\"]"),
        &format!("[\"{VIP_V6}\", \"fe80::20\"]"),
    );
    let daemon = lab.host("cp1")?.start_vrrpd(&text)?;
    daemon.wait_state("master", BOUND)?;
    let advert = lab
        .capture()
        .wait_for_advert("an advert", Instant::now(), BOUND, |_| true)?;
    let first: IpAddr = "fe80::20".parse().expect("an address");
    assert_eq!(advert.addresses, [first, VIP_V6.into()]);
    lab.wait_only_holder(VIP_V6, "cp1", BOUND)?;
    lab.wait_only_holder(first, "cp1", BOUND)
}

#[test]
fn both_families_share_a_vrid_on_one_interface() -> Result<()> {
    let lab = Lab::builder().ipv6().build()?;
    let both = |priority| {
        let v4 = crate::cluster::config(priority, "");
        let v6 = config(priority, "").replace("control-plane", "control-plane-v6");
        v4 + v6.trim_start_matches("instances:\n")
    };
    let mut cluster = Cluster::start_in(lab, |_, priority| both(priority))?;
    cluster.lab.wait_only_holder(VIP_V6, "cp1", BOUND)?;
    cluster.crash("cp1")?;
    cluster.settle("cp2")?;
    cluster.lab.wait_only_holder(VIP_V6, "cp2", BOUND)
}
