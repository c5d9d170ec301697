//! Priority 255 from somebody we do not know.

use std::time::Instant;

use vrrp_lab::{Lab, Result, VIP};

use crate::scene::{BOUND, CENTISECONDS, INTERVAL, Scene, V4, V6, sound_with};

#[test]
fn a_stranger_of_priority_255_is_followed_and_named_until_it_is_silent() -> Result<()> {
    let scene = Scene::master()?;
    for instance in [V4, V6] {
        let advert = sound_with(&scene, instance, 255, CENTISECONDS);
        scene.send(&advert)?;
        scene.wait_state(instance, "backup")?;
        let heard = scene.daemon.instance(Some(instance))?;
        assert_eq!(heard["master"]["address"], advert.source.to_string());
        assert_eq!(heard["master"]["priority"], 255);
        let line = format!(
            "{instance} is backup now: master {} has priority 255",
            advert.source
        );
        scene.daemon.process().wait_line(&line, BOUND)?;
        scene.wait_state(instance, "master")?;
    }
    Ok(())
}

#[test]
fn an_owner_that_hears_another_owner_reports_it_and_the_greater_address_decides() -> Result<()> {
    let lab = Lab::new(3)?;
    let daemon = lab.host("cp1")?.start_vrrpd(&format!(
        "instances: [{{name: v4, addresses: [{VIP}], interface: ens20f0, vrid: 51, \
         priority: 255, advert_interval: 100ms}}]"
    ))?;
    daemon.wait_state("master", BOUND)?;
    let scene = Scene { daemon, lab };
    let stranger = sound_with(&scene, V4, 255, CENTISECONDS);
    // From a lesser address: we stay, and answer at once.
    let state = scene.state(V4)?;
    let lesser = stranger
        .clone()
        .between([10, 0, 50, 2].into(), stranger.destination);
    scene.send(&lesser)?;
    let line = "10.0.50.2 also says that it owns the addresses (priority 255)";
    scene.daemon.process().wait_line(line, BOUND)?;
    assert_eq!(scene.state(V4)?, state);
    // From a greater one: we give way (RFC 9568 section 6.4.3), and are back when it is silent.
    let since = Instant::now();
    scene.send(&stranger)?;
    let line = format!("{} also says that it owns the addresses", stranger.source);
    scene.daemon.process().wait_line(&line, BOUND)?;
    scene
        .lab
        .wait_until("it gave way and came back", BOUND, || {
            let moved = scene.state(V4).is_ok_and(|now| now.1 >= state.1 + 2);
            moved && scene.daemon.state().as_deref() == Some("master")
        })?;
    assert!(since.elapsed() > INTERVAL * 3);
    Ok(())
}
