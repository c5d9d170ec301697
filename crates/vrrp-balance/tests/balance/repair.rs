//! Somebody meddles with the table.

use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use vrrp_balance::{Balancer, Scheduler};

use crate::scene::{BOUND, Family, Result, Scene, block_on, output, ruleset, run};

/// Subscribes on cp1, and sends the time of each change.
fn watch(scene: &Scene) -> Result<mpsc::Receiver<Instant>> {
    let (news, changes) = mpsc::channel();
    let (ready, is_ready) = mpsc::channel();
    scene.lab.host("cp1")?.enter(move || {
        // The thread inherits the namespace, and ends with the receiver.
        thread::spawn(move || {
            block_on(async move {
                let mut watch = Balancer::watch().expect("a watch");
                ready.send(()).expect("the test waits");
                while watch.changed().await.is_ok() && news.send(Instant::now()).is_ok() {}
            });
        });
    })?;
    is_ready.recv_timeout(BOUND)?;
    Ok(changes)
}

#[test]
fn a_flush_is_noticed_and_mended() -> Result {
    let scene = Scene::new(Family::V4)?;
    let host = scene.lab.host("cp1")?;
    let service = [scene.service(Scheduler::RoundRobin, &[1, 1, 1])];
    scene.balancer.apply(&service)?;
    let mut connections = [scene.connect(1)?, scene.connect(2)?, scene.connect(3)?];
    assert!(scene.balancer.present()?);
    assert!(!scene.balancer.apply(&service)?.changed);
    let before = ruleset(host)?;
    let changes = watch(&scene)?;
    for meddling in [
        "flush ruleset",
        "delete table inet vrrpd",
        "flush chain inet vrrpd choose",
        "add chain inet vrrpd theirs",
        "add table inet vrrpd { flags dormant; }",
    ] {
        run(host, &["nft", meddling])?;
        changes.recv_timeout(BOUND)?;
        assert!(!scene.balancer.present()?, "{meddling}");
        assert!(scene.balancer.apply(&service)?.changed);
        assert!(scene.balancer.present()?);
        assert_eq!(ruleset(host)?, before, "{meddling}");
        // One's own change is news too.
        changes.recv_timeout(BOUND)?;
        while changes.try_recv().is_ok() {}
        for connection in &mut connections {
            connection.echo()?;
        }
    }
    Ok(())
}

#[test]
fn what_others_have_is_neither_touched_nor_news() -> Result {
    let scene = Scene::new(Family::V4)?;
    let host = scene.lab.host("cp1")?;
    run(
        host,
        &[
            "nft",
            "table inet others { set s { type ipv4_addr; elements = { 192.0.2.1 }; }; chain c { type nat hook prerouting priority dstnat; ip daddr 192.0.2.1 dnat ip to 192.0.2.2; }; }; table ip vrrpd { chain same_name_other_family { }; }",
        ],
    )?;
    let before = ruleset(host)?;
    let service = [scene.service(Scheduler::RoundRobin, &[1, 1, 1])];
    scene.balancer.apply(&service)?;
    let listed = ruleset(host)?;
    let others: Vec<&str> = listed.split("table inet vrrpd {").collect();
    assert!(listed.contains("table inet vrrpd {") && before.starts_with(others[0].trim_end()));
    let changes = watch(&scene)?;
    run(host, &["nft", "add element inet others s { 192.0.2.3 }"])?;
    run(host, &["nft", "delete element inet others s { 192.0.2.3 }"])?;
    scene.spread(10)?;
    run(host, &["nft", "add chain inet vrrpd theirs"])?;
    changes.recv_timeout(BOUND)?;
    assert!(changes.try_recv().is_err(), "only the last one counts");
    scene.balancer.remove()?;
    assert_eq!(ruleset(host)?, before);
    scene.balancer.remove()?;
    assert_eq!(
        output(host, &["nft", "list", "tables"])?
            .matches("table")
            .count(),
        2
    );
    Ok(())
}
