//! Intervals at both ends of the field in adverts that are otherwise sound: a backup learns them
//! (RFC 9568 section 6.4.2), and forgets them with the next advert of its master.

use std::time::{Duration, Instant};

use vrrp_lab::{Lab, Result, SeenAdvert};

use crate::scene::{BOUND, CENTISECONDS, INTERVAL, Scene, V4, V6, config, sound_with};

/// The longest that the field of twelve bits holds, in centiseconds.
const LONGEST: u16 = 4095;
/// Master_Down_Interval of priority 100 at 10 ms (RFC 9568 section 6.1).
const LEAST_SILENCE: Duration = Duration::from_millis(36);

#[test]
fn a_master_keeps_its_own_interval_whatever_a_lower_priority_sends() -> Result<()> {
    let scene = Scene::master()?;
    for instance in [V4, V6] {
        let state = scene.state(instance)?;
        for interval in [1, LONGEST] {
            let since = Instant::now();
            scene.send(&sound_with(&scene, instance, 50, interval))?;
            let advert =
                scene
                    .lab
                    .capture()
                    .wait_for_advert("the next beat", since, BOUND, |a| {
                        let after = a.at > since + INTERVAL / 2;
                        a.host == "cp1"
                            && a.vrid == 51
                            && a.source.is_ipv6() == (instance == V6)
                            && after
                    })?;
            assert_eq!(advert.interval, INTERVAL);
        }
        assert_eq!(scene.state(instance)?, state, "{instance}");
    }
    Ok(())
}

#[test]
fn a_backup_follows_a_master_of_10_ms_and_takes_over_as_soon_as_it_is_silent() -> Result<()> {
    let lab = Lab::builder().hosts(3).ipv6().build()?;
    // By its own interval it would wait for longer than anything here is waited for.
    let slow = config(100).replace("100ms", "10s");
    let daemon = lab.host("cp1")?.start_vrrpd(&slow)?;
    let scene = Scene { daemon, lab };
    for instance in [V4, V6] {
        scene.wait_state(instance, "backup")?;
        let advert = sound_with(&scene, instance, 254, 1);
        let since = Instant::now();
        while since.elapsed() < INTERVAL * 5 {
            scene.send(&advert)?;
        }
        scene.wait_state(instance, "master")?;
        let seen = scene.lab.capture().adverts_since(since);
        let of_instance =
            |advert: &&SeenAdvert| advert.vrid == 51 && advert.source.is_ipv6() == (instance == V6);
        // The sender may have stood still for a moment; without that nobody takes over.
        let mut heard = since;
        for advert in seen.iter().filter(of_instance) {
            if advert.host == "cp1" {
                let silent = advert.at - heard;
                assert!(silent >= LEAST_SILENCE, "{instance}: after {silent:?}");
                break;
            }
            heard = advert.at;
        }
    }
    Ok(())
}

#[test]
fn a_backup_waits_for_a_master_of_40_seconds_until_another_advert_tells_it_otherwise() -> Result<()>
{
    let scene = Scene::master()?;
    for instance in [V4, V6] {
        scene.send(&sound_with(&scene, instance, 254, LONGEST))?;
        scene.wait_state(instance, "backup")?;
        let state = scene.state(instance)?;
        let begun = Instant::now();
        scene
            .lab
            .wait_until("ten of its own intervals", BOUND, || {
                begun.elapsed() > INTERVAL * 10
            })?;
        assert_eq!(scene.state(instance)?, state, "{instance}");
        let told = Instant::now();
        scene.send(&sound_with(&scene, instance, 254, CENTISECONDS))?;
        scene.wait_state(instance, "master")?;
        let took = told.elapsed();
        assert!(took > INTERVAL * 3, "{took:?}");
    }
    Ok(())
}
