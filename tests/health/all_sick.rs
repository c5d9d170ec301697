//! Every host fails at the same moment: the VIP stays. One recovers: the VIP goes there.

use std::time::Instant;

use vrrp_lab::{Mode, Result};

use crate::cluster::{BOUND, vip};
use crate::plane::{ControlPlane, apiserver, tracking};

fn all_at_once(instance_lines: &str, mode: Mode) -> Result<()> {
    let more = format!("{instance_lines}{}", tracking("apiserver", &apiserver()));
    let plane = ControlPlane::start_with(3, &more)?;
    let cluster = &plane.cluster;
    let since = Instant::now();
    std::thread::scope(|scope| {
        let tasks: Vec<_> = plane
            .servers
            .values()
            .map(|server| scope.spawn(|| server.set_mode(mode)))
            .collect();
        for task in tasks {
            task.join().expect("no panic")?;
        }
        Ok::<_, vrrp_lab::LabError>(())
    })?;
    for host in ["cp1", "cp2", "cp3"] {
        plane.wait_checks(host, "down")?;
    }
    let master = cluster.lab.wait_for("one host holds the VIP", BOUND, || {
        let holders = cluster.lab.holders(vip()).ok()?;
        (holders.len() == 1).then(|| holders[0].clone())
    })?;
    // Which check falls first is a matter of phases; while one host is still up the VIP may go
    // there. Once all are down it does not move any more, over many elections.
    let settled = Instant::now();
    let moves = cluster.moves(since);
    assert!(moves.len() <= 4, "at most two moves: {moves:?}");
    cluster.lab.wait_until("thirty more adverts", BOUND, || {
        let sent = cluster.capture().adverts_since(settled);
        sent.iter().filter(|advert| advert.priority > 0).count() >= 30
    })?;
    let moves = cluster.moves(settled);
    assert!(moves.is_empty(), "{moves:?}");
    let recovering = ["cp1", "cp2", "cp3"]
        .into_iter()
        .rfind(|host| *host != master)
        .expect("another host");
    plane.set(recovering, Mode::Healthy)?;
    cluster.settle(recovering)
}

#[test]
fn all_say_500_at_once() -> Result<()> {
    all_at_once("", Mode::Sick)
}

#[test]
fn all_refuse_at_once() -> Result<()> {
    all_at_once("", Mode::Dead)
}

#[test]
fn all_hang_at_once_without_preemption() -> Result<()> {
    all_at_once("    preempt: false\n", Mode::Hung)
}
