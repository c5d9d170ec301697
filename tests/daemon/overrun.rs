//! The kernel's news are lost, or never told: everything is listed anew, and the daemon ends up
//! right.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use vrrp_lab::{Command, Daemon, Host, IpPacket, Lab, Result, VIP};
use vrrp_net::Interface;
use vrrp_net::netlink::{AddressSpec, Netlink};
use vrrp_wire::constants::GROUP_V4;
use vrrp_wire::{AddressList, Advert, Auth, Centiseconds, ChecksumForm, Version};

use crate::cluster::{BOUND, Cluster, config, vip};

/// The kernel's lists are read every thirty seconds.
const RECONCILED: Duration = Duration::from_secs(60);

/// A single master whose adverts are so far apart that a stop is no stall, and whose lease is so
/// long that it does not end meanwhile: nothing but news of the network moves it.
fn patient(lab: &Lab) -> Result<Daemon> {
    let text = config(255, "").replace("100ms", "40s");
    let daemon = lab.host("cp1")?.start_vrrpd(&text)?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    Ok(daemon)
}

/// Far more changes than the daemon's socket holds.
fn flood(host: &Host) -> Result<()> {
    let script = "for i in $(seq 1 12000); do echo address add 10.9.0.1/32 dev lo; \
                  echo address del 10.9.0.1/32 dev lo; done | ip -batch -";
    let output = host.output(&Command::new("sh").args(["-c", script]), BOUND)?;
    assert!(output.status.success(), "{output:?}");
    Ok(())
}

/// Stops the daemon, changes `network` and floods it with news, and lets it go on.
fn while_it_is_stopped(
    daemon: &Daemon,
    network: impl FnOnce(&Host) -> Result<()>,
) -> Result<Instant> {
    daemon.process().stop();
    flood(daemon.host())?;
    network(daemon.host())?;
    let woken = Instant::now();
    daemon.process().cont();
    daemon.process().wait_line("overran", BOUND)?;
    Ok(woken)
}

/// Waits until an advert that `from` sends is counted as received.
fn hears(daemon: &Daemon, from: &Host) -> Result<()> {
    let source = IpAddr::from(from.address());
    let addresses = [vip()];
    let advert = Advert {
        version: Version::V3,
        vrid: 51,
        priority: 1,
        interval: Centiseconds(4000),
        auth: Auth::None,
        addresses: AddressList::Slice(&addresses),
    };
    let mut message = vec![0; advert.buffer_len()];
    advert
        .emit(&mut message, source, GROUP_V4.into(), ChecksumForm::Rfc9568)
        .expect("an advert");
    from.inject(&IpPacket::vrrp(source, GROUP_V4.into(), &message))?;
    daemon.wait_instance("an advert that was received", BOUND, |instance| {
        instance["counters"]["adverts_received"].as_u64() > Some(0)
    })?;
    Ok(())
}

#[test]
fn an_address_whose_deletion_was_lost_among_other_news_is_back() -> Result<()> {
    let lab = Lab::new(2)?;
    let daemon = patient(&lab)?;
    let before = daemon.instance(None)?["counters"]["transitions"].clone();
    let woken = while_it_is_stopped(&daemon, |host| {
        assert!(host.delete_address(vip())?);
        Ok(())
    })?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    lab.capture().wait_for(
        "an announcement",
        woken,
        BOUND,
        |frame| matches!(&frame.packet, vrrp_lab::Packet::Announcement(a) if a.address == vip()),
    )?;
    hears(&daemon, lab.host("cp2")?)?;
    let instance = daemon.instance(None)?;
    assert_eq!(instance["counters"]["transitions"], before);
    Ok(())
}

#[test]
fn an_interface_that_was_made_anew_unseen_is_served_again() -> Result<()> {
    let lab = Lab::new(2)?;
    let daemon = patient(&lab)?;
    while_it_is_stopped(&daemon, |host| {
        host.delete_interface()?;
        host.create_interface()
    })?;
    serves(&lab, &daemon)
}

/// The interface goes to another namespace and comes back: with the same index, and without its
/// addresses and memberships.
fn away_and_back(host: &Host) -> Result<()> {
    let index = |host: &Host| -> Result<Option<u32>> {
        let links = host.links()?;
        let link = links.iter().find(|link| link.name == host.interface());
        Ok(link.map(|link| link.ifindex))
    };
    let before = index(host)?;
    let script = "unshare --net sleep 60 & other=$!; \
                  until ip link set ens20f0 netns $other && ! ip link show ens20f0; do :; done; \
                  nsenter --target $other --net ip link set ens20f0 netns $$; kill $other";
    let output = host.output(&Command::new("sh").args(["-c", script]), BOUND)?;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(index(host)?, before, "{output:?}");
    host.link_up()?;
    host.add_address(host.address().into(), 24)?;
    host.wait_connected()
}

/// Waits until it serves again, and hears.
fn serves(lab: &Lab, daemon: &Daemon) -> Result<()> {
    daemon.wait_instance("master with its address", BOUND, |instance| {
        instance["state"] == "master" && instance["addresses_present"] == 1
    })?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    hears(daemon, lab.host("cp2")?)
}

#[test]
fn an_interface_that_was_away_unseen_and_kept_its_index_is_served_again() -> Result<()> {
    let lab = Lab::new(2)?;
    let daemon = patient(&lab)?;
    while_it_is_stopped(&daemon, away_and_back)?;
    serves(&lab, &daemon)
}

#[test]
fn an_interface_whose_way_there_and_back_is_told_at_once_is_served_again() -> Result<()> {
    let lab = Lab::new(2)?;
    let daemon = patient(&lab)?;
    daemon.process().stop();
    away_and_back(daemon.host())?;
    daemon.process().cont();
    serves(&lab, &daemon)
}

#[test]
fn a_fault_that_came_and_a_link_that_went_unseen_are_found() -> Result<()> {
    let lab = Lab::new(2)?;
    let daemon = patient(&lab)?;
    while_it_is_stopped(&daemon, Host::link_down)?;
    daemon.wait_state("fault", BOUND)?;
    while_it_is_stopped(&daemon, Host::link_up)?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)
}

/// Adds the VIP to a host under vrrpd's own tag, as a daemon would that then loses track of it.
fn add_tagged(host: &Host) -> Result<()> {
    let name = host.interface().to_owned();
    host.enter(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let netlink = Netlink::new().expect("netlink");
            let link = netlink.link_by_name(&name).await.expect("an answer");
            let index = link.expect("the interface").index;
            let interface = Interface::new(index, name.as_str());
            let spec = AddressSpec::virtual_address(interface, vip(), 32, None);
            netlink.add_address(&spec).await.expect("the address");
        });
    })
}

#[test]
fn an_address_of_ours_that_no_instance_holds_is_removed_by_the_next_reconciliation() -> Result<()> {
    let cluster = Cluster::start("")?;
    add_tagged(cluster.host("cp2"))?;
    assert_eq!(cluster.lab.holders(VIP)?, ["cp1", "cp2"]);
    cluster.lab.wait_only_holder(VIP, "cp1", RECONCILED)?;
    let said = "vrrpd added it, and does not hold it now";
    cluster.daemon("cp2").process().wait_line(said, BOUND)?;
    cluster.stays("cp1", 10)
}
