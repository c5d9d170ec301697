//! `vmac: true`: a virtual router with the RFC's MAC address, from its first advert to the last
//! trace of it.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use vrrp_lab::{Command, Daemon, Host, INTERFACE, KeepalivedInstance, Lab, Link, VIP, VIP_V6};

type Result = vrrp_lab::Result<()>;

/// Far longer than anything here takes, for machines that are busy with something else.
const BOUND: Duration = Duration::from_secs(30);
const MAC: [u8; 6] = [0, 0, 0x5e, 0, 1, 51];
const MAC_V6: [u8; 6] = [0, 0, 0x5e, 0, 2, 51];
const NAME: &str = "vrrp4-51";

fn config(priority: u8, more: &str) -> String {
    format!(
        "instances: [{{name: one, addresses: [{VIP}], interface: {INTERFACE}, vrid: 51, vmac: true, \
         priority: {priority}, advert_interval: 100ms{more}}}]"
    )
}

fn link(host: &Host, name: &str) -> vrrp_lab::Result<Option<Link>> {
    Ok(host.links()?.into_iter().find(|link| link.name == name))
}

/// The names of the interfaces that have `address`.
fn on(host: &Host, address: impl Into<IpAddr>) -> vrrp_lab::Result<Vec<String>> {
    let address = address.into();
    let links = host.links()?;
    let held = host.addresses()?;
    let has = |link: &&Link| {
        held.iter()
            .any(|held| held.address == address && held.ifindex == link.ifindex)
    };
    Ok(links.iter().filter(has).map(|l| l.name.clone()).collect())
}

fn arp_ignore(host: &Host) -> vrrp_lab::Result<String> {
    let text = host.read_file(format!("/proc/sys/net/ipv4/conf/{INTERFACE}/arp_ignore"))?;
    Ok(text.trim().to_owned())
}

/// The MAC addresses that ARP packets, questions too, gave for the VIP since `since`.
fn arp_senders(lab: &Lab, since: Instant) -> Vec<[u8; 6]> {
    lab.capture().select(|frame| {
        let bytes = frame.bytes();
        let arp = bytes.get(12..14)? == [8, 6] && frame.at >= since;
        let from_vip = arp && bytes.get(28..32)? == VIP.octets();
        from_vip
            .then(|| bytes.get(22..28)?.try_into().ok())
            .flatten()
    })
}

/// Client and hosts forget who has which address, and ask anew.
fn resolve(lab: &Lab) -> Result {
    let since = Instant::now();
    let flush = Command::new("ip").args(["neigh", "flush", "all"]);
    for host in lab.hosts().iter().chain([lab.client()]) {
        host.output(&flush, BOUND)?;
    }
    let prober = lab.probe(VIP)?;
    lab.wait_until("the VIP in an ARP packet", BOUND, || {
        !arp_senders(lab, since).is_empty()
    })?;
    drop(prober);
    Ok(())
}

fn run(lab: &Lab, host: &str, arguments: &[&str]) -> Result {
    let output = lab
        .host(host)?
        .output(&Command::new("ip").args(arguments), BOUND)?;
    assert!(output.status.success(), "ip {arguments:?}: {output:?}");
    Ok(())
}

fn two(lab: &Lab) -> vrrp_lab::Result<(Daemon, Daemon)> {
    let first = lab.host("cp1")?.start_vrrpd(&config(200, ""))?;
    let second = lab.host("cp2")?.start_vrrpd(&config(100, ""))?;
    second.wait_state("backup", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    Ok((first, second))
}

#[test]
fn adverts_announcements_and_answers_have_the_virtual_mac_and_no_other() -> Result {
    let lab = Lab::new(2)?;
    let (first, second) = two(&lab)?;
    let since = Instant::now();
    let advert = lab
        .capture()
        .wait_for_advert("an advert", since, BOUND, |_| true)?;
    assert_eq!(advert.source_mac, MAC);
    assert_eq!(advert.source, lab.host("cp1")?.address());
    for announcement in lab.capture().announcements_of(VIP.into()) {
        assert_eq!(announcement.mac, MAC, "{announcement:?}");
    }
    for _ in 0..5 {
        resolve(&lab)?;
    }
    let prober = lab.probe(VIP)?;
    prober.wait_answer("cp1", since, BOUND)?;
    assert!(first.terminate(BOUND)?.success());
    second.wait_state("master", BOUND)?;
    prober.wait_answer("cp2", since, BOUND)?;
    resolve(&lab)?;
    let senders = arp_senders(&lab, since);
    assert!(senders.iter().all(|mac| *mac == MAC), "{senders:x?}");
    Ok(())
}

#[test]
fn a_backup_has_its_own_interface_and_not_the_address_and_says_nothing() -> Result {
    let lab = Lab::new(2)?;
    // The kernel's own IGMP reports: docs/vmac.md.
    lab.host("cp2")?
        .write_file("/proc/sys/net/ipv4/igmp_link_local_mcast_reports", "0")?;
    let (_first, second) = two(&lab)?;
    let backup = lab.host("cp2")?;
    let made = link(backup, NAME)?.expect("it is there");
    assert_eq!(made.mac, MAC);
    assert!(on(backup, VIP)?.is_empty());
    assert_eq!(on(lab.host("cp1")?, VIP)?, [NAME]);
    // It hears the master, which sends from the same MAC address.
    let since = Instant::now();
    let ten = Duration::from_secs(1);
    lab.wait_until("a second goes by", BOUND, || since.elapsed() > ten)?;
    assert_eq!(second.state().as_deref(), Some("backup"));
    let frames = lab.capture().select(|frame| {
        let from_mac = frame.host == "cp2" && frame.bytes().get(6..12)? == MAC;
        from_mac.then(|| frame.bytes().to_vec())
    });
    assert!(frames.is_empty(), "{frames:02x?}");
    let senders: Vec<_> = lab.capture().adverts_since(since);
    assert!(senders.iter().all(|advert| advert.host == "cp1"));
    assert_eq!(
        second.instance(None)?["interface"],
        INTERFACE,
        "status names the interface of the configuration"
    );
    Ok(())
}

#[test]
fn after_a_stop_nothing_is_left_and_the_interface_has_its_setting_back() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(200, ""))?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    assert_eq!(arp_ignore(host)?, "1");
    assert!(daemon.process().text().contains("arp_ignore"));
    assert!(daemon.terminate(BOUND)?.success());
    assert!(link(host, NAME)?.is_none());
    assert_eq!(arp_ignore(host)?, "0");
    Ok(())
}

#[test]
fn over_ipv6_it_advertises_and_announces_from_a_link_local_address_of_its_own() -> Result {
    let lab = Lab::builder().hosts(2).ipv6().build()?;
    let config = |priority| {
        format!(
            "instances: [{{name: one, addresses: [\"{VIP_V6}\"], interface: {INTERFACE}, vrid: 51, \
             vmac: true, priority: {priority}, advert_interval: 100ms}}]"
        )
    };
    let first = lab.host("cp1")?.start_vrrpd(&config(200))?;
    let second = lab.host("cp2")?.start_vrrpd(&config(100))?;
    second.wait_state("backup", BOUND)?;
    lab.wait_only_holder(VIP_V6, "cp1", BOUND)?;
    let since = Instant::now();
    let advert = lab
        .capture()
        .wait_for_advert("an advert", since, BOUND, |_| true)?;
    assert_eq!(advert.source_mac, MAC_V6);
    let IpAddr::V6(source) = advert.source else {
        panic!("{advert:?}");
    };
    assert!(source.is_unicast_link_local());
    assert_ne!(source, lab.host("cp1")?.link_local());
    assert_eq!(on(lab.host("cp1")?, source)?, ["vrrp6-51"]);
    let announced = lab.capture().announcements_of(VIP_V6.into());
    assert!(!announced.is_empty() && announced.iter().all(|one| one.mac == MAC_V6));
    let prober = lab.probe(VIP_V6)?;
    prober.wait_answer("cp1", since, BOUND)?;
    assert!(first.terminate(BOUND)?.success());
    prober.wait_answer("cp2", since, BOUND)?;
    second.wait_state("master", BOUND)?;
    assert!(link(lab.host("cp1")?, "vrrp6-51")?.is_none());
    Ok(())
}

#[test]
fn it_survives_that_the_interface_is_deleted_and_made_anew() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(200, ""))?;
    daemon.wait_state("master", BOUND)?;
    host.delete_interface()?;
    daemon.wait_state("fault", BOUND)?;
    host.create_interface()?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_until("the VIP is on the new one", BOUND, || {
        on(host, VIP).is_ok_and(|names| names == [NAME])
    })?;
    let prober = lab.probe(VIP)?;
    prober.wait_answer("cp1", Instant::now(), BOUND)?;
    Ok(())
}

#[test]
fn a_link_without_carrier_has_none_and_gets_it_back() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(200, ""))?;
    daemon.wait_state("master", BOUND)?;
    host.unplug()?;
    daemon.wait_state("fault", BOUND)?;
    lab.wait_until("the macvlan is gone", BOUND, || {
        link(host, NAME).is_ok_and(|link| link.is_none())
    })?;
    host.mend()?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)
}

#[test]
fn one_that_somebody_deletes_or_switches_off_is_back() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(200, ""))?;
    daemon.wait_state("master", BOUND)?;
    for command in [
        ["link", "del", NAME].as_slice(),
        &["link", "set", NAME, "down"],
    ] {
        run(&lab, "cp1", command)?;
        let since = Instant::now();
        let prober = lab.probe(VIP)?;
        prober.wait_answer("cp1", since, BOUND)?;
        daemon.wait_state("master", BOUND)?;
        lab.wait_until("the VIP is on it again", BOUND, || {
            on(host, VIP).is_ok_and(|names| names == [NAME])
        })?;
    }
    assert_eq!(arp_ignore(host)?, "1");
    Ok(())
}

#[test]
fn a_refusal_is_a_fault_with_the_kernels_words() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    run(&lab, "cp1", &["link", "add", NAME, "type", "bridge"])?;
    let daemon = host.start_vrrpd(&config(200, ""))?;
    let fault = daemon.wait_instance("a fault", BOUND, |one| one["state"] == "fault")?;
    let reason = fault["reason"].as_str().unwrap_or_default();
    assert!(
        reason.contains("making vrrp4-51 on ens20f0") && reason.contains("rename or remove it"),
        "{reason}"
    );
    // When the reason is gone, so is the fault.
    run(&lab, "cp1", &["link", "del", NAME])?;
    daemon.wait_state("master", BOUND)
}

#[test]
fn a_reload_moves_the_address_between_interface_and_macvlan() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let with = config(200, "");
    let without = with.replace("vmac: true", "vmac: false");
    let daemon = host.start_vrrpd(&with)?;
    daemon.wait_state("master", BOUND)?;
    for (config, name) in [(&without, INTERFACE), (&with, NAME)] {
        host.write_file(vrrp_lab::CONFIG_FILE, config.as_str())?;
        assert_eq!(daemon.post("reload")?.0, 200);
        lab.wait_until("the VIP has moved", BOUND, || {
            on(host, VIP).is_ok_and(|names| names == [name])
        })?;
        let there = link(host, NAME)?.is_some();
        assert_eq!(there, name == NAME);
    }
    let none = "instances: [{name: other, addresses: [10.0.50.30], interface: ens20f0, vrid: 52}]";
    host.write_file(vrrp_lab::CONFIG_FILE, none)?;
    assert_eq!(daemon.post("reload")?.0, 200);
    lab.wait_until("the macvlan is gone", BOUND, || {
        link(host, NAME).is_ok_and(|link| link.is_none())
    })?;
    lab.wait_until("the setting is back", BOUND, || {
        arp_ignore(host).is_ok_and(|value| value == "0")
    })
}

#[test]
fn unicast_peers_are_heard_and_the_virtual_mac_answers() -> Result {
    let lab = Lab::new(2)?;
    let peers = [Ipv4Addr::new(10, 0, 50, 12), Ipv4Addr::new(10, 0, 50, 11)];
    let mut daemons = Vec::new();
    for (number, host) in lab.hosts().iter().enumerate() {
        let priority = if number == 0 { 200 } else { 100 };
        let more = format!(", peers: [{}]", peers[number]);
        daemons.push(host.start_vrrpd(&config(priority, &more))?);
    }
    daemons[1].wait_state("backup", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    let since = Instant::now();
    resolve(&lab)?;
    assert!(daemons[0].terminate(BOUND)?.success());
    lab.wait_only_holder(VIP, "cp2", BOUND)?;
    resolve(&lab)?;
    let senders = arp_senders(&lab, since);
    assert!(senders.iter().all(|mac| *mac == MAC), "{senders:x?}");
    Ok(())
}

#[test]
fn after_a_crash_the_next_run_takes_over_macvlan_and_address() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let config = config(200, ", lease: off");
    // Found by the route, which leads to the macvlan while the address is there.
    let config = config.replace("interface: ens20f0, ", "");
    let daemon = host.start_vrrpd(&config)?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    let before = link(host, NAME)?;
    daemon.process().kill();
    daemon.process().wait_exit(BOUND)?;
    drop(daemon);
    let daemon = host.start_vrrpd(&config)?;
    daemon.wait_state("master", BOUND)?;
    assert_eq!(link(host, NAME)?, before, "it is the same one");
    let changes = lab.holder_log().changes_of(VIP.into());
    assert!(changes.iter().all(|change| change.held), "{changes:?}");
    assert!(daemon.terminate(BOUND)?.success());
    assert!(link(host, NAME)?.is_none());
    assert_eq!(arp_ignore(host)?, "0");
    Ok(())
}

#[test]
fn after_a_crash_a_run_without_it_sweeps_it_away() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(200, ", lease: off"))?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    daemon.process().kill();
    daemon.process().wait_exit(BOUND)?;
    drop(daemon);
    let other = "instances: [{name: other, addresses: [10.0.50.30], interface: ens20f0, vrid: 52}]";
    let _daemon = host.start_vrrpd(other)?;
    lab.wait_until("the macvlan is gone", BOUND, || {
        link(host, NAME).is_ok_and(|link| link.is_none())
    })?;
    lab.wait_until("the setting is back", BOUND, || {
        arp_ignore(host).is_ok_and(|value| value == "0")
    })
}

#[test]
fn one_vrid_on_two_interfaces_makes_two() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    run(&lab, "cp1", &["link", "add", "dummy7", "type", "bridge"])?;
    run(
        &lab,
        "cp1",
        &["link", "add", "d7a", "type", "veth", "peer", "name", "d7b"],
    )?;
    run(
        &lab,
        "cp1",
        &["link", "set", "d7b", "master", "dummy7", "up"],
    )?;
    run(&lab, "cp1", &["link", "set", "d7a", "up"])?;
    run(&lab, "cp1", &["addr", "add", "10.7.0.1/24", "dev", "d7a"])?;
    let both = config(200, "").replace(
        "}]",
        "}, {name: two, addresses: [10.7.0.20], interface: d7a, vrid: 51, vmac: true, \
         advert_interval: 100ms}]",
    );
    let daemon = host.start_vrrpd(&both)?;
    let second = IpAddr::from([10, 7, 0, 20]);
    lab.wait_until("both are served", BOUND, || {
        [VIP.into(), second].iter().all(|address| {
            on(host, *address).is_ok_and(|names| names.len() == 1 && names[0].starts_with(NAME))
        })
    })?;
    assert_ne!(on(host, VIP)?, on(host, second)?);
    assert!(daemon.terminate(BOUND)?.success());
    let left = host.links()?;
    assert!(!left.iter().any(|link| link.name.starts_with("vrrp4")));
    Ok(())
}

#[test]
fn it_hands_over_to_a_keepalived_with_the_same_mac_and_takes_back() -> Result {
    let lab = Lab::new(2)?;
    let (ours, theirs) = (lab.host("cp1")?, lab.host("cp2")?);
    let daemon = ours.start_vrrpd(&config(200, ""))?;
    daemon.wait_state("master", BOUND)?;
    let mut instance = KeepalivedInstance::new(VIP.into(), 100);
    instance.advert_interval = Duration::from_millis(100);
    instance.extra = "    use_vmac\n".to_owned();
    let keepalived = theirs.start_keepalived(&instance.config(theirs.interface(), ""))?;
    keepalived.wait_state("BACKUP", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    let since = Instant::now();
    assert!(daemon.terminate(BOUND)?.success());
    keepalived.wait_state("MASTER", BOUND)?;
    lab.wait_only_holder(VIP, "cp2", BOUND)?;
    // It hears adverts from its own virtual MAC address, and takes over again.
    let daemon = ours.start_vrrpd(&config(200, ""))?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    let adverts = lab.capture().adverts_since(since);
    assert!(adverts.iter().all(|advert| advert.source_mac == MAC));
    Ok(())
}
