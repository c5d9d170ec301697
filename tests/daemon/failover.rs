//! The VIP moves: a host vanishes, a daemon is told to stop or to hand over.

use std::net::IpAddr;
use std::time::Instant;

use nix::sys::signal::Signal;
use vrrp_lab::{Lab, Result, VIP};

use crate::cluster::{BOUND, Cluster, config, vip};

#[test]
fn a_crashed_host_is_replaced_by_the_next_in_priority() -> Result<()> {
    let mut cluster = Cluster::start("")?;
    let prober = cluster.lab.probe(VIP)?;
    prober.wait_answer("cp1", Instant::now(), BOUND)?;
    let gone = cluster.crash("cp1")?;
    cluster.settle("cp2")?;
    prober.wait_answer("cp2", gone, BOUND)?;
    let gone = cluster.crash("cp2")?;
    cluster.settle("cp3")?;
    prober.wait_answer("cp3", gone, BOUND)?;
    Ok(())
}

#[test]
fn a_host_that_returns_takes_the_vip_back() -> Result<()> {
    let mut cluster = Cluster::start("")?;
    cluster.crash("cp1")?;
    cluster.settle("cp2")?;
    cluster.boot("cp1")?;
    cluster.settle("cp1")?;
    cluster.stays("cp1", 20)
}

/// The master leaves on `signal`; the order of what follows is the promise of make before break.
fn the_master_leaves(signal: Signal) -> Result<()> {
    // A slow interval, so that each step is well apart from the next.
    let mut cluster = Cluster::start_in(Lab::new(3)?, |_, priority| {
        config(priority, "").replace("100ms", "500ms")
    })?;
    let prober = cluster.lab.probe(VIP)?;
    prober.wait_answer("cp1", Instant::now(), BOUND)?;
    let since = Instant::now();
    let daemon = cluster.take("cp1");
    daemon.process().signal(signal);
    let leaving = cluster
        .capture()
        .wait_for_advert("priority 0", since, BOUND, |advert| advert.priority == 0)?;
    assert_eq!(leaving.host, "cp1");
    let next = cluster.capture().wait_for_advert(
        "the next master's advert",
        leaving.at,
        BOUND,
        |advert| advert.priority > 0,
    )?;
    assert_eq!((next.host.as_str(), next.priority), ("cp2", 130));
    let status = daemon.process().wait_exit(BOUND)?;
    assert_eq!(status.code(), Some(0), "{}", daemon.process().text());
    assert!(!cluster.host("cp1").holds(vip())?);
    cluster.settle("cp2")?;
    let removed = cluster
        .moves(since)
        .into_iter()
        .find(|change| change.host == "cp1" && !change.held)
        .expect("cp1 gave the VIP up");
    assert!(
        removed.at >= next.at,
        "the VIP was removed {:?} before anybody took over",
        next.at.duration_since(removed.at)
    );
    let answered = prober.wait_answer("cp2", leaving.at, BOUND)?;
    assert!(answered >= leaving.at);
    let socket = cluster.host("cp1").read_file("/run/vrrpd/vrrpd.sock");
    assert!(socket.is_err_and(|error| error.to_string().contains("No such file")));
    Ok(())
}

#[test]
fn sigterm_hands_over_before_it_lets_go() -> Result<()> {
    the_master_leaves(Signal::SIGTERM)
}

#[test]
fn sigint_hands_over_before_it_lets_go() -> Result<()> {
    the_master_leaves(Signal::SIGINT)
}

#[test]
fn a_backup_that_is_told_to_stop_ends_at_once_and_silently() -> Result<()> {
    let mut cluster = Cluster::start("")?;
    let backup = cluster.take("cp2");
    let since = Instant::now();
    assert!(backup.terminate(BOUND)?.success());
    let said = cluster.capture().adverts_since(since);
    assert!(said.iter().all(|advert| advert.host == "cp1"), "{said:?}");
    cluster.stays("cp1", 10)
}

#[test]
fn the_last_host_gives_up_waiting_for_a_successor() -> Result<()> {
    let lab = Lab::new(1)?;
    let daemon = lab.host("cp1")?.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("master", BOUND)?;
    assert_eq!(daemon.terminate(BOUND)?.code(), Some(0));
    assert_eq!(lab.holders(VIP)?, [""; 0]);
    Ok(())
}

#[test]
fn a_second_signal_does_not_wait_for_a_successor() -> Result<()> {
    let lab = Lab::new(1)?;
    // The owner is master at once; it would wait an interval and more for a successor.
    let text = config(255, "").replace("100ms", "40s");
    let daemon = lab.host("cp1")?.start_vrrpd(&text)?;
    daemon.wait_state("master", BOUND)?;
    let since = Instant::now();
    daemon.process().terminate();
    lab.capture()
        .wait_for_advert("priority 0", since, BOUND, |advert| advert.priority == 0)?;
    assert!(daemon.process().is_running());
    assert!(lab.host("cp1")?.holds(vip())?, "it still answers");
    assert_eq!(daemon.terminate(BOUND)?.code(), Some(0));
    assert_eq!(lab.holders(VIP)?, [""; 0]);
    Ok(())
}

#[test]
fn resign_moves_the_vip_and_it_stays_there() -> Result<()> {
    let cluster = Cluster::start("")?;
    let since = Instant::now();
    cluster.command_succeeds("cp1", &["resign"])?;
    cluster.settle("cp2")?;
    let adverts = cluster.capture().adverts_since(since);
    let leaving = adverts.iter().find(|advert| advert.priority == 0);
    assert_eq!(leaving.map(|advert| advert.host.as_str()), Some("cp1"));
    cluster.stays("cp2", 20)?;
    let reason = cluster.instance("cp1")?["reason"].to_string();
    assert!(reason.contains("10.0.50.12"), "{reason}");
    Ok(())
}

#[test]
fn resign_of_one_instance_leaves_the_other_alone() -> Result<()> {
    let other: IpAddr = [10, 0, 50, 30].into();
    let cluster = Cluster::start_in(Lab::new(3)?, |_, priority| {
        config(priority, "")
            + &format!(
                "  - name: ingress\n    addresses: [{other}]\n    interface: ens20f0\n    \
                 vrid: 52\n    advert_interval: 100ms\n    priority: {priority}\n"
            )
    })?;
    cluster.lab.wait_only_holder(other, "cp1", BOUND)?;
    let since = Instant::now();
    cluster.command_succeeds("cp1", &["resign", "ingress"])?;
    cluster.lab.wait_only_holder(other, "cp2", BOUND)?;
    assert_eq!(cluster.moves(since), []);
    let refused = cluster.command("cp1", &["resign", "ingres"])?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        refused.stderr.contains("control-plane, ingress"),
        "{refused:?}"
    );
    Ok(())
}

#[test]
fn a_backup_has_nothing_to_resign() -> Result<()> {
    let cluster = Cluster::start("")?;
    let refused = cluster.command("cp2", &["resign", "control-plane"])?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.contains("not master"), "{refused:?}");
    Ok(())
}

#[test]
fn handing_over_back_and_forth_never_leaves_the_vip_nowhere() -> Result<()> {
    let cluster = Cluster::start("")?;
    let mut master = "cp1";
    for round in 0..6 {
        let since = Instant::now();
        cluster.command_succeeds(master, &["resign"])?;
        let other = if master == "cp1" { "cp2" } else { "cp1" };
        cluster.settle(other)?;
        let mut held: i32 = 1;
        for change in cluster.lab.holder_log().changes_of(vip()) {
            if change.at >= since {
                held += if change.held { 1 } else { -1 };
                assert!((0..=2).contains(&held), "round {round}: {change:?}");
            }
        }
        assert_eq!(held, 1, "round {round}");
        master = other;
    }
    Ok(())
}
