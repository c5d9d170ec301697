//! Version 2: whole seconds, its own skew, password, interval never learned (RFC 3768).

use core::time::Duration;

use vrrp_core::{ConfigError, Event, RouterConfig, State};
use vrrp_wire::{Auth, Centiseconds, DropReason, Version};

use crate::common::{Bench, Heard, LOWER, SECOND, with};

const PASSWORD: Auth = Auth::Simple(*b"s3cret\0\0");

fn config(interval: u16, auth: Auth) -> RouterConfig {
    with(|config| {
        config.version = Version::V2;
        config.advert_interval = Centiseconds(interval);
        config.auth = auth;
    })
}

fn heard(priority: u8, interval: u16, auth: Auth) -> Heard {
    Heard {
        version: Version::V2,
        interval,
        auth,
        form: None,
        ..Heard::priority(priority)
    }
}

/// RFC 3768 §6.1: Skew_Time is a share of one second.
#[test]
fn master_down_interval_is_three_intervals_and_a_share_of_one_second() {
    let mut bench = Bench::backup(config(200, Auth::None));
    let skew = SECOND * 156 / 256;
    assert_eq!(bench.until_deadline(), Some(SECOND * 6 + skew));
    bench.wait(SECOND * 6 + skew);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn priority_0_leaves_a_share_of_one_second() {
    let mut bench = Bench::backup(config(500, Auth::None));
    bench.hear_advert(LOWER, &heard(0, 500, Auth::None));
    assert_eq!(bench.until_deadline(), Some(SECOND * 156 / 256));
}

#[test]
fn another_interval_is_dropped_and_not_learned() {
    let mut bench = Bench::backup(config(100, Auth::None));
    bench.assert_dropped(
        LOWER,
        &heard(200, 200, Auth::None),
        DropReason::IntervalMismatch,
    );
    assert_eq!(bench.router.learned_interval(), None);
}

#[test]
fn the_password_and_its_type_have_to_match() {
    let mut open = Bench::backup(config(100, Auth::None));
    open.assert_dropped(LOWER, &heard(200, 100, PASSWORD), DropReason::AuthType);
    open.assert_dropped(
        LOWER,
        &heard(200, 100, Auth::Other(2)),
        DropReason::AuthType,
    );

    let mut closed = Bench::backup(config(100, PASSWORD));
    closed.assert_dropped(LOWER, &heard(200, 100, Auth::None), DropReason::AuthType);
    let wrong = Auth::Simple(*b"s3cret\0!");
    closed.assert_dropped(LOWER, &heard(200, 100, wrong), DropReason::AuthPassword);
    // The password is judged before the interval.
    closed.assert_dropped(LOWER, &heard(200, 200, wrong), DropReason::AuthPassword);
    closed.hear_advert(LOWER, &heard(200, 100, PASSWORD));
    assert_eq!(
        closed.router.master().map(|master| master.priority),
        Some(200)
    );
    assert!(closed.take_events().contains(&Event::MasterHeard {
        master: LOWER,
        priority: 200
    }));
}

#[test]
fn adverts_carry_version_interval_and_password() {
    let bench = Bench::master(config(300, PASSWORD));
    let out = vrrp_core::AdvertOut {
        priority: 7,
        interval: Centiseconds(300),
        form: vrrp_wire::ChecksumForm::Rfc9568,
        lateness: None,
    };
    let advert = bench.router.advert(&out);
    assert_eq!(advert.version, Version::V2);
    assert_eq!((advert.vrid, advert.priority), (51, 7));
    assert_eq!(advert.interval, Centiseconds(300));
    assert_eq!(advert.auth, PASSWORD);
    assert_eq!(advert.addresses.len(), 1);
}

#[test]
fn intervals_that_version_2_cannot_carry_are_refused() {
    for interval in [0, 1, 150, 25_600] {
        assert!(matches!(
            config(interval, Auth::None).validate(),
            Err(ConfigError::Interval {
                maximum: 25_500,
                ..
            })
        ));
    }
    assert_eq!(config(25_500, Auth::None).validate(), Ok(()));
}

#[test]
fn the_lease_covers_version_2s_master_down_interval() {
    let bench = Bench::master(config(200, Auth::None));
    assert_eq!(
        bench.router.master_down_interval(),
        Duration::from_nanos(6_609_375_000)
    );
    assert_eq!(crate::lease::lifetime(bench), Some(SECOND * 7));
}
