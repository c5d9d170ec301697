//! Addresses that stay for a moment after somebody else took over.

use vrrp_core::{FaultReason, GroupOrder, Input, Output, State};
use vrrp_wire::Centiseconds;

use crate::common::{Bench, GREATER, LINGER, LOWER, MASTER_DOWN, SECOND, config, ms, with};

/// A backup that was master until just now, its outputs gone.
fn lingering() -> Bench {
    let mut bench = Bench::master(config());
    bench.hear(GREATER, 200);
    assert_eq!(bench.state(), State::Backup);
    assert!(bench.router.holds_addresses());
    bench.take();
    bench
}

#[test]
fn addresses_linger_behind_a_better_master_a_successor_and_who_answers_an_offer() {
    let ways: [fn(&mut Bench); 3] = [
        |_| {},
        |bench| {
            bench.input(Input::Resign);
        },
        |bench| {
            bench.input(Input::Priority {
                effective: 1,
                degraded: Some("sick"),
            });
        },
    ];
    for way in ways {
        let mut bench = Bench::master(config());
        way(&mut bench);
        bench.hear(GREATER, 200);
        assert_eq!(bench.state(), State::Backup);
        bench.take();
        bench.wait(LINGER - ms(1));
        assert!(bench.router.holds_addresses());
        assert_eq!(bench.take(), []);
        bench.wait(ms(1));
        assert_eq!(bench.take(), [Output::ReleaseAddresses]);
        assert!(!bench.router.holds_addresses());
    }
}

#[test]
fn at_short_intervals_they_linger_for_a_quarter_of_one() {
    let mut bench = Bench::master(with(|config| config.advert_interval = Centiseconds(1)));
    bench.hear(GREATER, 200);
    bench.take();
    bench.wait(ms(2));
    assert_eq!(bench.take(), []);
    bench.wait(ms(1));
    assert_eq!(bench.take(), [Output::ReleaseAddresses]);
}

#[test]
fn with_the_virtual_mac_nothing_lingers() {
    let mut bench = Bench::master(with(|config| config.virtual_mac = true));
    bench.hear(GREATER, 200);
    assert!(bench.take().contains(&Output::ReleaseAddresses));
    let mut bench = Bench::master(with(|config| config.virtual_mac = true));
    bench.input(Input::Shutdown);
    bench.hear(GREATER, 200);
    assert_eq!(bench.take().last(), Some(&Output::Left));
    assert!(!bench.router.holds_addresses());
}

#[test]
fn without_a_successor_nothing_lingers() {
    let mut bench = Bench::master(config());
    bench.input(Input::Resign);
    bench.wait(SECOND * 2);
    assert_eq!(bench.state(), State::Backup);
    assert!(!bench.router.holds_addresses());
}

#[test]
fn addresses_that_linger_are_neither_announced_nor_repaired_nor_renewed() {
    let mut bench = lingering();
    bench.input(Input::LinkRefreshed);
    bench.input(Input::AddressesLost);
    assert_eq!(bench.take(), []);
    bench.wait(SECOND);
    assert_eq!(bench.take(), [Output::ReleaseAddresses]);
}

#[test]
fn a_fault_ends_it_at_once() {
    let mut bench = lingering();
    bench.input(Input::Down {
        reason: FaultReason::NoCarrier,
    });
    assert_eq!(bench.take()[0], Output::ReleaseAddresses);
    assert_eq!(bench.router.deadline(), None);
}

#[test]
fn another_configuration_ends_it_before_it_counts() {
    let mut bench = lingering();
    let other = with(|config| config.addresses = vec![LOWER]);
    let now = bench.now();
    bench.router.reconfigure(now, other).expect("a valid one");
    assert_eq!(
        bench.router.poll_output(),
        Some(Output::ReleaseAddresses),
        "and those of before are meant"
    );
    assert_eq!(bench.router.poll_output(), None);
}

#[test]
fn the_same_configuration_changes_nothing() {
    let mut bench = lingering();
    let now = bench.now();
    bench
        .router
        .reconfigure(now, config())
        .expect("a valid one");
    assert_eq!(bench.router.poll_output(), None);
    assert!(bench.router.holds_addresses());
}

#[test]
fn who_is_master_again_meanwhile_keeps_them() {
    let mut bench = lingering();
    bench.input(Input::Group(GroupOrder::Master));
    bench.wait(MASTER_DOWN);
    assert_eq!(bench.state(), State::Master);
    assert!(!bench.take().contains(&Output::ReleaseAddresses));
}

#[test]
fn a_host_that_leaves_hears_nothing_more_and_a_second_request_ends_it_at_once() {
    let mut bench = Bench::master(config());
    bench.input(Input::Shutdown);
    bench.hear(GREATER, 200);
    bench.take();
    bench.up();
    bench.hear(GREATER, 200);
    bench.input(Input::Drain);
    assert_eq!(bench.take(), []);
    assert_eq!(bench.state(), State::Init);
    bench.input(Input::Shutdown);
    assert_eq!(bench.take(), [Output::ReleaseAddresses, Output::Left]);
    assert_eq!(bench.router.deadline(), None);
}
