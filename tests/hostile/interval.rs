//! Intervals at both ends of the field in adverts that are otherwise sound: a backup learns them
//! (RFC 9568 section 6.4.2), and forgets them with the next advert of its master.

use std::time::{Duration, Instant};

use vrrp_lab::Result;

use crate::scene::{BOUND, CENTISECONDS, INTERVAL, Scene, V4, V6, sound_with};

/// The longest that the field of twelve bits holds, in centiseconds.
const LONGEST: u16 = 4095;

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
    let scene = Scene::master()?;
    for instance in [V4, V6] {
        let advert = sound_with(&scene, instance, 254, 1);
        scene.send(&advert)?;
        scene.wait_state(instance, "backup")?;
        let state = scene.state(instance)?;
        let until = Instant::now() + INTERVAL * 5;
        while Instant::now() < until {
            scene.send(&advert)?;
        }
        let silent = Instant::now();
        assert_eq!(scene.state(instance)?, state, "{instance}");
        scene.wait_state(instance, "master")?;
        let took = silent.elapsed();
        assert!(took < Duration::from_millis(350), "{instance}: {took:?}");
        let transitions = scene.state(instance)?.1;
        assert_eq!(transitions, state.1 + 1, "{instance}");
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
        scene.send(&sound_with(&scene, instance, 254, CENTISECONDS))?;
        let told = Instant::now();
        scene.wait_state(instance, "master")?;
        let took = told.elapsed();
        assert!(took > INTERVAL * 3 && took < INTERVAL * 8, "{took:?}");
    }
    Ok(())
}
