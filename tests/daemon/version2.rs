//! Version 2, with and without its password.

use std::time::{Duration, Instant};

use vrrp_lab::{Lab, Result, VIP};
use vrrp_wire::Version;

use crate::cluster::{BOUND, config};

fn version_2(priority: u8, more: &str) -> String {
    config(priority, &format!("    version: 2\n{more}")).replace("100ms", "1s")
}

const PASSWORD: &str = "    auth: {pass: s3cret}\n";

#[test]
fn hosts_with_the_same_password_elect_and_hand_over() -> Result<()> {
    let lab = Lab::new(2)?;
    let one = lab.host("cp1")?.start_vrrpd(&version_2(250, PASSWORD))?;
    let two = lab.host("cp2")?.start_vrrpd(&version_2(130, PASSWORD))?;
    one.wait_state("master", BOUND)?;
    two.wait_instance("its master", BOUND, |instance| {
        instance["state"] == "backup" && instance["master"]["address"] == "10.0.50.11"
    })?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    let advert = lab
        .capture()
        .wait_for_advert("an advert", Instant::now(), BOUND, |_| true)?;
    assert_eq!(advert.version, Version::V2);
    assert_eq!(advert.interval, Duration::from_secs(1));
    assert_eq!(two.instance(None)?["version"], 2);
    assert!(one.terminate(BOUND)?.success());
    two.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp2", BOUND)
}

#[test]
fn another_password_is_dropped_and_counted() -> Result<()> {
    let lab = Lab::new(2)?;
    let one = lab.host("cp1")?.start_vrrpd(&version_2(250, PASSWORD))?;
    let other = PASSWORD.replace("s3cret", "guess");
    let two = lab.host("cp2")?.start_vrrpd(&version_2(130, &other))?;
    for daemon in [&one, &two] {
        daemon.wait_instance("drops", BOUND, |instance| {
            instance["counters"]["adverts_dropped"]["auth_password"].as_u64() > Some(0)
        })?;
    }
    Ok(())
}

#[test]
fn a_version_3_advert_is_dropped_and_counted() -> Result<()> {
    let lab = Lab::new(2)?;
    let two = lab.host("cp1")?.start_vrrpd(&version_2(250, ""))?;
    let three = lab.host("cp2")?.start_vrrpd(&config(130, ""))?;
    three.wait_state("master", BOUND)?;
    two.wait_instance("drops", BOUND, |instance| {
        let dropped = &instance["counters"]["adverts_dropped"];
        dropped
            .as_object()
            .is_some_and(|d| d.keys().any(|key| key.starts_with("version")))
    })?;
    Ok(())
}
