//! A dropped packet touches no timer: neither the master's beat nor the backup's patience.

use std::time::{Duration, Instant};

use vrrp_lab::Result;

use crate::packets::Draft;
use crate::scene::{BOUND, INTERVAL, Scene, V4, sound};

/// What may be wrong with a packet that comes with every beat. Keepalived puts its next advert
/// off by a whole interval for each of these.
const WRONG: [fn(Draft) -> Draft; 5] = [
    |draft| draft.ttl(254),
    |draft| draft.with(|message| message[0] = 0x21),
    Draft::wrong_sum,
    |draft| draft.with(|message| message.truncate(10)),
    |draft| draft.with(|message| message[3] = 0),
];

#[test]
fn a_bad_packet_with_every_advert_does_not_change_the_beat_of_the_master() -> Result<()> {
    const BEATS: u32 = 30;
    let scene = Scene::master()?;
    let is_ours = |advert: &vrrp_lab::SeenAdvert| {
        advert.host == "cp1" && advert.vrid == 51 && advert.source.is_ipv4()
    };
    let capture = scene.lab.capture();
    let mut last = capture.wait_for_advert("an advert", Instant::now(), BOUND, is_ours)?;
    let first = last.at;
    let state = scene.state(V4)?;
    for beat in 1..=BEATS {
        let wrong = WRONG[beat as usize % WRONG.len()];
        scene.send(&wrong(sound(&scene, V4)))?;
        let after = last.at + Duration::from_nanos(1);
        last = capture.wait_for_advert("the next advert", after, BOUND, is_ours)?;
    }
    // The beat is kept over all of them; some may be late on a busy machine, but not as late as
    // where each bad packet puts the next advert off.
    let took = last.at - first;
    let expected = INTERVAL * BEATS;
    assert!(
        took + INTERVAL > expected && took < expected * 3 / 2,
        "{BEATS} adverts took {took:?} instead of {expected:?}"
    );
    let drops: u64 = scene.drops()?.values().sum();
    assert_eq!(drops, u64::from(BEATS));
    assert_eq!(scene.state(V4)?, state);
    Ok(())
}

#[test]
fn bad_packets_do_not_keep_a_backup_from_taking_over() -> Result<()> {
    let (scene, _master) = Scene::backup()?;
    let gone = scene.host("cp2").crash()?;
    loop {
        for wrong in WRONG {
            scene.send(&wrong(sound(&scene, V4)))?;
        }
        let adverts = scene.lab.capture().adverts_since(gone);
        if adverts
            .iter()
            .any(|advert| advert.host == "cp1" && advert.vrid == 51 && advert.source.is_ipv4())
        {
            break;
        }
        assert!(gone.elapsed() < BOUND, "no takeover");
    }
    assert!(!scene.drops()?.is_empty());
    Ok(())
}
