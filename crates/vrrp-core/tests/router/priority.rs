//! The effective priority of a running router.

use vrrp_core::{Input, State, skew_time};
use vrrp_wire::Version;

use crate::common::{Bench, LOWER, MASTER_DOWN, SECOND, SKEW, config, ms, with};

fn set(bench: &mut Bench, effective: u8) {
    bench.input(Input::Priority {
        effective,
        degraded: None,
    });
}

#[test]
fn a_backup_moves_its_timer_by_the_change_of_skew_time() {
    let mut bench = Bench::backup(config());
    bench.wait(SECOND);
    set(&mut bench, 200);
    assert_eq!(bench.router.effective_priority(), 200);
    let new = SECOND * 3 + skew_time(Version::V3, 200, SECOND);
    assert_eq!(bench.until_deadline(), Some(new - SECOND));
    set(&mut bench, 100);
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN - SECOND));
}

#[test]
fn the_move_holds_for_a_wait_of_skew_time_too() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 0);
    set(&mut bench, 200);
    assert_eq!(
        bench.until_deadline(),
        Some(skew_time(Version::V3, 200, SECOND))
    );
}

#[test]
fn a_timer_moved_into_the_past_fires_now() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 0);
    bench.wait(SKEW - ms(1));
    set(&mut bench, 254);
    assert_eq!(bench.until_deadline(), Some(ms(0)));
    bench.timer();
    assert_eq!(bench.state(), State::Master);
    assert_eq!(bench.take_sent(), [254]);
}

#[test]
fn a_risen_backup_preempts() {
    let mut bench = Bench::backup(config());
    bench.wait_hearing(LOWER, 150, 5);
    set(&mut bench, 200);
    bench.wait_hearing(LOWER, 150, 4);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn a_risen_master_advertises_at_once() {
    let mut bench = Bench::master(config());
    bench.wait(ms(500));
    bench.take();
    set(&mut bench, 150);
    assert_eq!(bench.take_sent(), [150]);
}

#[test]
fn zero_counts_as_one() {
    let mut bench = Bench::backup(config());
    set(&mut bench, 0);
    assert_eq!(bench.router.effective_priority(), 1);
}

#[test]
fn the_same_priority_again_changes_nothing() {
    let mut bench = Bench::master(config());
    let (deadline, reason) = (bench.router.deadline(), bench.router.reason());
    set(&mut bench, 100);
    assert_eq!(bench.take(), []);
    assert_eq!(bench.router.deadline(), deadline);
    assert_eq!(bench.router.reason(), reason);
}

#[test]
fn a_priority_set_before_startup_and_in_fault_is_the_one_it_starts_with() {
    let mut bench = Bench::new(config());
    set(&mut bench, 7);
    bench.up();
    assert_eq!(
        bench.until_deadline(),
        Some(SECOND * 3 + skew_time(Version::V3, 7, SECOND))
    );
    bench.input(Input::Down {
        reason: vrrp_core::FaultReason::InterfaceDown,
    });
    set(&mut bench, 9);
    bench.up();
    assert_eq!(
        bench.until_deadline(),
        Some(SECOND * 3 + skew_time(Version::V3, 9, SECOND))
    );
}

#[test]
fn a_degraded_priority_is_shown_with_its_reason() {
    let mut bench = Bench::backup(with(|config| config.priority = 200));
    bench.input(Input::Priority {
        effective: 150,
        degraded: Some("bond1 is down"),
    });
    assert_eq!(bench.router.degraded(), Some("bond1 is down"));
    assert_eq!(bench.router.config().priority, 200);
    bench.input(Input::Priority {
        effective: 200,
        degraded: None,
    });
    assert_eq!(bench.router.degraded(), None);
}
