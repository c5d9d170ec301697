//! Gratuitous ARP, as switches and clients see it.

use std::time::{Duration, Instant};

use vrrp_lab::{AnnouncementKind, Command, Host, Lab, Link, Packet, Result, VIP};

use crate::cluster::{BOUND, Cluster, config, vip};

/// Waits until `count` announcements of the VIP came from `host`.
fn wait_announcements(lab: &Lab, host: &str, count: usize) -> Result<()> {
    lab.wait_until(&format!("{count} announcements by {host}"), BOUND, || {
        announced_by(lab, host).len() >= count
    })
}

fn announced_by(lab: &Lab, host: &str) -> Vec<vrrp_lab::Announcement> {
    let mut all = lab.capture().announcements_of(vip());
    all.retain(|announcement| announcement.host == host);
    all
}

/// A burst of so many, which single announcements do not come near to in a few seconds.
const BURST: usize = 30;

#[test]
fn a_new_master_announces_in_bursts_at_once_and_after_five_seconds() -> Result<()> {
    let lab = Lab::new(1)?;
    let more = format!("    announce: {{burst: {BURST}, refresh: off}}\n");
    let daemon = lab.host("cp1")?.start_vrrpd(&config(100, &more))?;
    daemon.wait_state("master", BOUND)?;
    wait_announcements(&lab, "cp1", BURST)?;
    let first = announced_by(&lab, "cp1")[0].at;
    wait_announcements(&lab, "cp1", 2 * BURST)?;
    let all = announced_by(&lab, "cp1");
    assert!(all[BURST - 1].at.duration_since(first) < Duration::from_secs(4));
    let later: Vec<_> = all[BURST..]
        .iter()
        .map(|a| a.at.duration_since(first))
        .collect();
    assert!(later[BURST - 1] > Duration::from_secs(4), "{later:?}");
    // Between the bursts there are single ones.
    let between = later.iter().filter(|at| **at < Duration::from_secs(4));
    assert!((1..BURST).contains(&between.count()), "{later:?}");
    let mac = lab.host("cp1")?.mac();
    for announcement in &all {
        assert_eq!(announcement.kind, AnnouncementKind::ArpRequest);
        assert_eq!(announcement.mac, mac);
    }
    Ok(())
}

#[test]
fn the_frame_is_a_broadcast_request_from_the_vip_to_the_vip() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("master", BOUND)?;
    wait_announcements(&lab, "cp1", 1)?;
    let frame = lab
        .capture()
        .select(|frame| match &frame.packet {
            Packet::Announcement(_) => Some(frame.bytes().to_vec()),
            _ => None,
        })
        .swap_remove(0);
    let (mac, address) = (host.mac(), VIP.octets());
    let expected = [
        &[0xff; 6][..],
        &mac,
        &[0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1],
        &mac,
        &address,
        &frame[32..38],
        &address,
    ]
    .concat();
    assert_eq!(frame[..42], expected);
    assert!([[0; 6], [0xff; 6]].iter().any(|mac| frame[32..38] == *mac));
    Ok(())
}

#[test]
fn the_advert_comes_before_the_announcement() -> Result<()> {
    let mut cluster = Cluster::start("")?;
    let gone = cluster.crash("cp1")?;
    cluster.settle("cp2")?;
    wait_announcements(&cluster.lab, "cp2", 5)?;
    let advert = cluster
        .capture()
        .wait_for_advert("cp2's advert", gone, BOUND, |a| a.host == "cp2")?;
    let announced = announced_by(&cluster.lab, "cp2");
    assert!(announced.iter().all(|a| a.at >= advert.at), "{announced:?}");
    Ok(())
}

#[test]
fn backups_announce_nothing() -> Result<()> {
    let cluster = Cluster::start("    announce: {burst: 1, refresh: 1s}\n")?;
    let since = Instant::now();
    let by = |host: &str| {
        let mut announced = announced_by(&cluster.lab, host);
        announced.retain(|announcement| announcement.at >= since);
        announced
    };
    cluster
        .lab
        .wait_until("the master announces again", BOUND, || by("cp1").len() >= 2)?;
    for backup in ["cp2", "cp3"] {
        assert_eq!(by(backup), []);
    }
    Ok(())
}

#[test]
fn burst_and_refresh_are_as_configured() -> Result<()> {
    let lab = Lab::new(1)?;
    let more = "    announce: {burst: 2, refresh: 1s}\n";
    let daemon = lab.host("cp1")?.start_vrrpd(&config(100, more))?;
    daemon.wait_state("master", BOUND)?;
    // Two bursts of two, the echo of the first, nine single ones, then one each second.
    wait_announcements(&lab, "cp1", 21)?;
    let all = announced_by(&lab, "cp1");
    let gaps: Vec<_> = all
        .windows(2)
        .map(|pair| pair[1].at.duration_since(pair[0].at))
        .collect();
    let bursts = gaps.iter().filter(|gap| **gap < Duration::from_millis(100));
    assert_eq!(bursts.count(), 3, "{gaps:?}");
    // Without a refresh the last would be two seconds apart.
    let apart = all[20].at.duration_since(all[18].at);
    assert!(apart < Duration::from_secs(3), "{gaps:?}");
    Ok(())
}

/// It keeps its index: the socket of the last announcement, still open, is taken for one on it.
#[test]
fn an_interface_that_was_in_another_namespace_is_announced_on_once_it_is_back() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(100, "    announce: {burst: 3, refresh: off}\n"))?;
    daemon.wait_state("master", BOUND)?;
    wait_announcements(&lab, "cp1", 3)?;
    let index = host.links()?.iter().find_map(|link| index_of(host, link));
    assert!(index.is_some());

    let elsewhere = host.spawn(&Command::new("unshare").args(["--net", "sleep", "1000"]))?;
    let (pid, interface) = (elsewhere.pid(), host.interface());
    let entered = || {
        let namespace = |pid: u32| std::fs::read_link(format!("/proc/{pid}/ns/net")).ok();
        namespace(pid) != namespace(daemon.process().pid())
    };
    lab.wait_until("another namespace", BOUND, entered)?;
    let shell = |script: &str| {
        let output = host.output(&Command::new("sh").args(["-c", script]), BOUND)?;
        assert!(output.status.success(), "{script}: {output:?}");
        Ok::<(), vrrp_lab::LabError>(())
    };
    shell(&format!("ip link set {interface} netns {pid}"))?;
    daemon.wait_state("fault", BOUND)?;
    let since = Instant::now();
    let own = daemon.process().pid();
    shell(&format!(
        "nsenter --target {pid} --net ip link set {interface} netns {own}"
    ))?;
    host.add_address(host.address().into(), 24)?;
    host.link_up()?;
    daemon.wait_state("master", BOUND)?;
    assert_eq!(
        host.links()?.iter().find_map(|link| index_of(host, link)),
        index
    );
    lab.wait_until("three announcements more", BOUND, || {
        let mut announced = announced_by(&lab, "cp1");
        announced.retain(|announcement| announcement.at >= since);
        announced.len() >= 3
    })?;
    let lines = daemon.process().lines();
    let refused = lines.iter().find(|line| line.text.contains("announcing"));
    assert!(refused.is_none(), "{refused:?}");
    Ok(())
}

fn index_of(host: &Host, link: &Link) -> Option<u32> {
    (link.name == host.interface()).then_some(link.ifindex)
}
