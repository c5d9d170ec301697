//! Unicast: for networks that do not carry multicast.

use std::net::IpAddr;
use std::time::Instant;

use vrrp_lab::{Lab, Result, VIP, VIP_V6};

use crate::cluster::{BOUND, Cluster, config};

/// Lines that name the others as peers.
fn peers_of(own: IpAddr, all: &[IpAddr]) -> String {
    let others: Vec<_> = all
        .iter()
        .filter(|address| **address != own)
        .map(|address| format!("\"{address}\""))
        .collect();
    format!("    peers: [{}]\n", others.join(", "))
}

fn all_v4() -> Vec<IpAddr> {
    (11..=13)
        .map(|last| IpAddr::from([10, 0, 50, last]))
        .collect()
}

fn start() -> Result<Cluster> {
    Cluster::start_in(Lab::new(3)?, |host, priority| {
        config(priority, &peers_of(host.address().into(), &all_v4()))
    })
}

#[test]
fn three_hosts_elect_and_fail_over() -> Result<()> {
    let mut cluster = start()?;
    cluster.crash("cp1")?;
    cluster.settle("cp2")?;
    cluster.boot("cp1")?;
    cluster.settle("cp1")?;
    let daemon = cluster.take("cp1");
    assert!(daemon.terminate(BOUND)?.success());
    cluster.settle("cp2")
}

#[test]
fn adverts_go_to_each_peer_and_never_to_the_group() -> Result<()> {
    let cluster = start()?;
    let since = Instant::now();
    for peer in ["10.0.50.12", "10.0.50.13"] {
        let advert = cluster
            .capture()
            .wait_for_advert(peer, since, BOUND, |advert| {
                advert.destination.to_string() == peer
            })?;
        assert_eq!((advert.host.as_str(), advert.ttl), ("cp1", 255));
    }
    let adverts = cluster.capture().adverts();
    let multicast = adverts.iter().find(|a| a.destination.is_multicast());
    assert_eq!(multicast, None);
    Ok(())
}

#[test]
fn the_status_tells_when_each_peer_was_last_heard() -> Result<()> {
    let cluster = start()?;
    let instance = cluster.instance("cp3")?;
    let peers = instance["peers"].as_array().expect("peers");
    assert_eq!(peers.len(), 2, "{instance}");
    let heard = |address: &str| {
        let peer = peers.iter().find(|peer| peer["address"] == address);
        peer.and_then(|peer| peer["last_heard_ms"].as_u64())
    };
    assert!(
        heard("10.0.50.11").is_some_and(|ms| ms < 5_000),
        "{instance}"
    );
    Ok(())
}

#[test]
fn multicast_and_unicast_do_not_hear_each_other_and_it_is_counted() -> Result<()> {
    let lab = Lab::new(2)?;
    let more = peers_of([10, 0, 50, 11].into(), &all_v4()[..2]);
    let one = lab.host("cp1")?.start_vrrpd(&config(250, &more))?;
    let two = lab.host("cp2")?.start_vrrpd(&config(130, ""))?;
    one.wait_state("master", BOUND)?;
    two.wait_state("master", BOUND)?;
    for daemon in [&one, &two] {
        daemon.wait_instance("drops", BOUND, |instance| {
            instance["counters"]["adverts_dropped"]["destination"].as_u64() > Some(0)
        })?;
        daemon.process().wait_line("dropped an advert", BOUND)?;
    }
    Ok(())
}

#[test]
fn a_stranger_is_not_listened_to() -> Result<()> {
    let lab = Lab::new(3)?;
    let all = all_v4();
    let one = peers_of(all[0], &all[..2]);
    let one = lab.host("cp1")?.start_vrrpd(&config(130, &one))?;
    let two = peers_of(all[1], &all[..2]);
    let two = lab.host("cp2")?.start_vrrpd(&config(10, &two))?;
    one.wait_state("master", BOUND)?;
    let stranger = peers_of(all[2], &all);
    let stranger = lab.host("cp3")?.start_vrrpd(&config(250, &stranger))?;
    stranger.wait_state("master", BOUND)?;
    one.wait_instance("drops", BOUND, |instance| {
        instance["counters"]["adverts_dropped"]["not_a_peer"].as_u64() > Some(5)
    })?;
    assert_eq!(one.state().as_deref(), Some("master"));
    assert_eq!(two.state().as_deref(), Some("backup"));
    Ok(())
}

#[test]
fn ipv6_peers_work_over_global_addresses() -> Result<()> {
    let lab = Lab::builder().ipv6().build()?;
    let all: Vec<IpAddr> = lab
        .hosts()
        .iter()
        .filter_map(|host| host.address_v6().map(IpAddr::V6))
        .collect();
    let cluster = Cluster::start_unsettled(lab, |host, priority| {
        let own = host.address_v6().map(IpAddr::V6).expect("an IPv6 lab");
        config(priority, &peers_of(own, &all)).replace("10.0.50.20", &format!("\"{VIP_V6}\""))
    })?;
    cluster.settle_on(VIP_V6.into(), "fd00:50::11", "cp1")?;
    assert_eq!(cluster.lab.holders(VIP)?, [""; 0]);
    Ok(())
}
