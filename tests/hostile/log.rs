//! A storm of bad packets does not fill the log.

use std::time::Duration;

use vrrp_lab::Result;

use crate::scene::{BOUND, Scene, V4, V6, sound};

/// As long as one line stands for all like it, with room for a busy machine.
const A_MINUTE: Duration = Duration::from_secs(120);

#[test]
fn a_storm_of_bad_packets_is_counted_in_full_and_logged_once_for_each_reason() -> Result<()> {
    const STORM: u64 = 400;
    let scene = Scene::master()?;
    let state = (scene.state(V4)?, scene.state(V6)?);
    for instance in [V4, V6] {
        let ttl = sound(&scene, instance).ttl(64).packet();
        let sum = sound(&scene, instance).wrong_sum().packet();
        let storm: Vec<_> = (0..STORM)
            .flat_map(|_| [ttl.clone(), sum.clone()])
            .collect();
        scene.host("cp3").inject_many(&storm)?;
    }
    scene.lab.wait_until("all are counted", BOUND, || {
        let counts = scene.drops().unwrap_or_default();
        counts.len() == 4 && counts.values().all(|count| *count == STORM)
    })?;
    let logged = |instance: &str, reason: &str| {
        let lines = scene.daemon.process().lines();
        let about = lines.iter().filter(|line| {
            line.text.contains("dropped an advert")
                && line.text.contains(&format!("instance=\"{instance}\""))
                && line.text.contains(&format!("reason=\"{reason}\""))
        });
        about.count()
    };
    // The log is written by a thread of its own, some time after the count.
    for instance in [V4, V6] {
        for reason in ["ttl", "checksum"] {
            let what = format!("{reason} is logged for {instance}");
            scene
                .lab
                .wait_until(&what, BOUND, || logged(instance, reason) > 0)?;
        }
    }
    for instance in [V4, V6] {
        for reason in ["ttl", "checksum"] {
            assert_eq!(logged(instance, reason), 1, "{instance}: {reason}");
        }
    }
    // When the minute is over, what was left out of the log is told as a number.
    for instance in [V4, V6] {
        for reason in ["ttl", "checksum"] {
            let end = format!("dropped another {} adverts", STORM - 1);
            let what = format!("the end of the storm of {reason} is told for {instance}");
            scene.lab.wait_until(&what, A_MINUTE, || {
                scene.daemon.process().lines().iter().any(|line| {
                    line.text.contains(&end)
                        && line.text.contains(&format!("instance=\"{instance}\""))
                        && line.text.contains(&format!("reason=\"{reason}\""))
                })
            })?;
        }
    }
    assert_eq!((scene.state(V4)?, scene.state(V6)?), state);
    Ok(())
}

#[test]
fn a_flood_for_foreign_virtual_routers_is_shut_out_and_later_heard_again() -> Result<()> {
    let scene = Scene::master()?;
    let state = scene.state(V4)?;
    let foreign = sound(&scene, V4).with(|message| message[1] = 99).packet();
    let flood = vec![foreign.clone(); 3000];
    let shut_out = || {
        let lines = scene.daemon.process().lines();
        lines
            .iter()
            .any(|line| line.text.contains("a flood of adverts"))
    };
    scene.lab.wait_until("the flood is told of", BOUND, || {
        scene.host("cp3").inject_many(&flood).is_ok() && shut_out()
    })?;
    let count = |reason: &str| -> u64 {
        let drops = scene.drops().unwrap_or_default();
        let of_reason = drops.iter().filter(|(labels, _)| labels.contains(reason));
        of_reason.map(|(_, count)| count).sum()
    };
    assert!(count("unknown_vrid") >= 1000);
    scene.send(&sound(&scene, V4).ttl(64))?;
    scene
        .lab
        .wait_until("our own is heard", BOUND, || count("\"ttl\"") == 1)?;
    let before = count("unknown_vrid");
    scene
        .lab
        .wait_until("strangers are heard again", BOUND, || {
            scene.host("cp3").inject(&foreign).is_ok() && count("unknown_vrid") > before
        })?;
    assert_eq!(scene.state(V4)?, state);
    Ok(())
}
