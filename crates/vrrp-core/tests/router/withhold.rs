//! Drain and undrain.

use vrrp_core::{Cause, Input, State};

use crate::common::{Bench, LOWER, MASTER_DOWN, SECOND, config, ms, with};

#[test]
fn a_drained_backup_never_takes_over() {
    let mut bench = Bench::backup(config());
    bench.input(Input::Drain);
    assert!(bench.router.drained());
    bench.wait(SECOND * 3_600);
    bench.hear(LOWER, 200);
    bench.hear(LOWER, 0);
    bench.wait(SECOND * 3_600);
    bench.hear(LOWER, 1);
    bench.wait(SECOND * 3_600);
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(bench.router.deadline(), None);
    assert_eq!(
        bench.router.reason(),
        "drained, stays backup until undrained"
    );
}

#[test]
fn a_drained_master_hands_over_and_stays_backup() {
    let mut bench = Bench::master(config());
    bench.input(Input::Drain);
    bench.wait(ms(700));
    bench.hear(LOWER, 50);
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(bench.router.cause(), &Cause::Drained { to: Some(LOWER) });
    bench.wait(SECOND * 3_600);
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn a_drained_master_without_peers_gives_up_all_the_same() {
    let mut bench = Bench::master(config());
    bench.input(Input::Drain);
    bench.wait(SECOND * 3_600);
    assert_eq!(bench.state(), State::Backup);
    assert!(!bench.router.holds_addresses());
}

#[test]
fn undrain_listens_for_master_down_interval() {
    let mut bench = Bench::backup(config());
    bench.input(Input::Drain);
    bench.wait(SECOND * 60);
    bench.input(Input::Undrain);
    assert!(!bench.router.drained());
    assert_eq!(
        bench.router.cause(),
        &Cause::Undrained { wait: MASTER_DOWN }
    );
    bench.wait(MASTER_DOWN - ms(1));
    assert_eq!(bench.state(), State::Backup);
    bench.wait(ms(1));
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn undrain_before_anybody_took_over_calls_the_handover_off() {
    let mut bench = Bench::master(config());
    bench.input(Input::Drain);
    bench.wait(ms(300));
    bench.take();
    bench.input(Input::Undrain);
    assert_eq!(bench.take_sent(), [100]);
    bench.wait(SECOND * 5);
    assert_eq!(bench.take_sent(), [100; 5]);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn drain_before_startup_and_across_a_fault_holds() {
    let mut bench = Bench::new(with(|config| config.priority = 255));
    bench.input(Input::Drain);
    bench.up();
    assert_eq!(bench.state(), State::Backup, "even the owner");
    bench.input(Input::Down {
        reason: vrrp_core::FaultReason::NoCarrier,
    });
    bench.up();
    bench.wait(SECOND * 60);
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn drain_during_an_offer_turns_it_into_a_handover() {
    let mut bench = Bench::master(config());
    bench.input(Input::Priority {
        effective: 1,
        degraded: Some("sick"),
    });
    bench.wait(ms(900));
    bench.input(Input::Drain);
    bench.wait(SECOND * 2);
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(bench.router.cause(), &Cause::Drained { to: None });
}

#[test]
fn drain_during_a_resign_keeps_it_backup_for_good() {
    let mut bench = Bench::master(config());
    bench.input(Input::Resign);
    bench.input(Input::Drain);
    bench.wait(SECOND * 60);
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn undrain_ends_what_is_left_of_a_resign() {
    let mut bench = Bench::master(config());
    bench.input(Input::Resign);
    bench.wait_hearing(LOWER, 50, 10);
    assert_eq!(bench.state(), State::Backup);
    bench.input(Input::Undrain);
    bench.wait_hearing(LOWER, 50, 4);
    assert_eq!(bench.state(), State::Master);
}
