//! The table in the kernel: mended, adopted, and taken away.

use std::time::Instant;

use vrrp_lab::CONFIG_FILE;

use crate::scene::{BOUND, CHECK, Scene};
use crate::traffic::{Result, run};

#[test]
fn a_flushed_ruleset_is_back_and_connections_go_on() -> Result {
    let scene = Scene::start("    scheduler: round_robin\n")?;
    let mut connections = scene.one_to_each()?;
    run(scene.host("cp1"), &["nft", "flush", "ruleset"])?;
    let flushed = Instant::now();
    scene.lab.wait_until("the table is back", BOUND, || {
        scene.has_table("cp1").unwrap_or_default()
    })?;
    assert!(flushed.elapsed() < BOUND);
    let daemon = scene.daemon("cp1");
    daemon.process().wait_line("it was written again", BOUND)?;
    for (_, connection) in connections.values_mut() {
        connection.echo()?;
    }
    scene.one_to_each()?;
    Ok(())
}

#[test]
fn a_daemon_that_was_killed_is_followed_by_one_that_goes_on() -> Result {
    let mut scene = Scene::start(&format!("    scheduler: round_robin\n{CHECK}"))?;
    let mut connections = scene.one_to_each()?;
    scene.kill_daemon("cp1")?;
    assert!(scene.has_table("cp1")?);
    scene.start_daemon("cp1")?;
    scene.wait_balancer("cp1", "active")?;
    for (_, connection) in connections.values_mut() {
        connection.echo()?;
    }
    let daemon = scene.daemon("cp1");
    daemon
        .process()
        .wait_line("the nftables table of an earlier daemon goes on", BOUND)?;
    Ok(())
}

#[test]
fn a_good_end_takes_the_table_away() -> Result {
    let mut scene = Scene::start("")?;
    assert!(scene.has_table("cp1")?);
    scene.end_daemon("cp1")?;
    assert!(!scene.has_table("cp1")?);
    scene.wait_balancer("cp2", "active")?;
    Ok(())
}

#[test]
fn cleanup_takes_a_dead_daemons_table_away_unless_an_address_still_serves() -> Result {
    let mut scene = Scene::start("")?;
    for (keep, removed) in [(true, false), (false, true)] {
        scene.kill_daemon("cp1")?;
        let arguments = if keep {
            &["cleanup", "--keep-leased"][..]
        } else {
            &["cleanup"]
        };
        // The lease may have ended meanwhile, and then nothing is kept.
        let said = scene.command("cp1", arguments)?;
        let gone = said.contains("removed the nftables table inet vrrpd");
        assert!(
            gone == removed || !said.contains("expires by itself"),
            "{said}"
        );
        assert_eq!(scene.has_table("cp1")?, !gone, "{said}");
        if !removed {
            scene.start_daemon("cp1")?;
            scene.wait_balancer("cp1", "active")?;
        }
    }
    assert_eq!(
        scene.command("cp1", &["cleanup"])?,
        "nothing was left behind\n"
    );
    Ok(())
}

#[test]
fn a_configuration_without_load_balancers_leaves_no_table() -> Result {
    let mut scene = Scene::start("")?;
    let with = scene.host("cp1").read_file(CONFIG_FILE)?;
    let (without, _) = with.split_once("load_balancers").expect("there is one");
    scene.host("cp1").write_file(CONFIG_FILE, without)?;
    scene.command("cp1", &["reload"])?;
    let gone = |scene: &Scene| {
        scene.lab.wait_until("the table is gone", BOUND, || {
            scene.has_table("cp1").is_ok_and(|there| !there)
        })
    };
    gone(&scene)?;
    // And with a reload it is back.
    scene.host("cp1").write_file(CONFIG_FILE, with.as_str())?;
    scene.command("cp1", &["reload"])?;
    scene.wait_balancer("cp1", "active")?;
    assert!(scene.has_table("cp1")?);
    // A daemon that is killed leaves it to the next one, which has nothing to balance.
    scene.kill_daemon("cp1")?;
    scene.host("cp1").write_file(CONFIG_FILE, without)?;
    scene.start_daemon("cp1")?;
    gone(&scene)?;
    Ok(())
}
