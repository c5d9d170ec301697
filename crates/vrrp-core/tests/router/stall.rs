//! Routers that did not run for a while (not in the RFC).

use core::time::Duration;

use vrrp_core::{Cause, Event, Input, Output, State};

use crate::common::{Bench, LOWER, MASTER_DOWN, SECOND, SKEW, config, ms, sent, with};

#[test]
fn a_master_that_slept_longer_than_master_down_interval_listens_before_it_speaks() {
    let mut bench = Bench::master(config());
    bench.stall(MASTER_DOWN + ms(1));
    bench.timer();
    let outputs = bench.take();
    assert_eq!(sent(&outputs), [], "it may be no master any more");
    assert_eq!(
        outputs[0],
        Output::Event(Event::Stalled {
            silence: MASTER_DOWN + ms(1)
        })
    );
    assert_eq!(outputs[1], Output::ReleaseAddresses);
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(
        bench.router.cause(),
        &Cause::Stalled {
            silence: MASTER_DOWN + ms(1)
        }
    );
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN));
    assert_eq!(bench.router.counters().stalls, 1);
    bench.wait(MASTER_DOWN);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn any_input_after_a_stall_finds_it_first() {
    let inputs = [
        Input::Resign,
        Input::AddressesLost,
        Input::LinkRefreshed,
        Input::Priority {
            effective: 200,
            degraded: None,
        },
    ];
    for input in inputs {
        let mut bench = Bench::master(config());
        bench.stall(SECOND * 10);
        bench.input(input.clone());
        assert_eq!(bench.state(), State::Backup, "{input:?}");
        assert_eq!(sent(&bench.take()), [], "{input:?}");
    }
}

#[test]
fn an_undrain_after_a_stall_that_outlived_the_leave_finds_a_backup() {
    let mut bench = Bench::master(config());
    bench.input(Input::Drain);
    bench.take();
    bench.stall(SECOND * 10);
    bench.input(Input::Undrain);
    let outputs = bench.take();
    assert_eq!(sent(&outputs), [], "the kernel has dropped the addresses");
    assert!(outputs.contains(&Output::ReleaseAddresses), "{outputs:?}");
    assert_eq!(bench.state(), State::Backup);
    bench.wait(MASTER_DOWN);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn after_a_stall_the_successors_advert_is_followed_whatever_its_priority_without_preempt() {
    let mut bench = Bench::master(with(|config| config.preempt = false));
    bench.stall(SECOND * 10);
    bench.hear(LOWER, 50);
    assert_eq!(bench.state(), State::Backup);
    bench.wait_hearing(LOWER, 50, 60);
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(bench.take_sent(), []);
}

#[test]
fn a_shorter_stall_of_a_master_costs_nothing() {
    let mut bench = Bench::master(config());
    bench.stall(MASTER_DOWN - ms(1));
    bench.timer();
    assert_eq!(bench.state(), State::Master);
    assert_eq!(sent(&bench.take()), [100], "one advert, not a backlog");
    bench.wait(SECOND * 3);
    assert_eq!(bench.take_sent(), [100; 3]);
}

#[test]
fn a_stall_while_leaving_ends_the_handover() {
    let mut bench = Bench::master(config());
    bench.input(Input::Shutdown);
    bench.stall(SECOND * 20);
    bench.timer();
    assert_eq!(bench.state(), State::Init);
    assert_eq!(bench.take().last(), Some(&Output::Left));
}

#[test]
fn a_stall_while_offering_is_a_stall() {
    let mut bench = Bench::master(config());
    bench.input(Input::Priority {
        effective: 1,
        degraded: Some("sick"),
    });
    bench.stall(SECOND * 20);
    bench.timer();
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn a_backup_more_than_an_interval_late_listens_for_an_interval_and_the_skew() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 200);
    bench.take();
    bench.stall(MASTER_DOWN + SECOND + ms(1));
    bench.timer();
    assert_eq!(bench.state(), State::Backup);
    let wait = SECOND + SKEW;
    let late = Event::LateTakeover {
        lateness: SECOND + ms(1),
        wait,
    };
    assert_eq!(bench.take(), [Output::Event(late)]);
    assert_eq!(bench.until_deadline(), Some(wait));
    bench.wait(ms(500));
    bench.hear(LOWER, 200);
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN));
}

#[test]
fn a_backup_that_is_always_late_takes_over_all_the_same() {
    let mut bench = Bench::backup(config());
    bench.stall(MASTER_DOWN + SECOND * 2);
    bench.timer();
    bench.stall(SECOND + SKEW + SECOND * 2);
    bench.timer();
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn a_backup_that_sleeps_for_master_down_interval_listens_each_time() {
    let mut bench = Bench::backup(config());
    for _ in 0..3 {
        let asleep = bench.until_deadline().unwrap_or(Duration::ZERO) + MASTER_DOWN + ms(1);
        bench.stall(asleep);
        bench.timer();
        assert_eq!(bench.state(), State::Backup);
    }
    bench.wait(SECOND + SKEW);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn an_absence_of_exactly_master_down_interval_is_none_yet() {
    let mut bench = Bench::master(config());
    bench.stall(MASTER_DOWN);
    bench.timer();
    assert_eq!(bench.state(), State::Master);

    let mut bench = Bench::backup(config());
    bench.stall(MASTER_DOWN * 2);
    bench.timer();
    assert_eq!(bench.state(), State::Backup, "late, and listens once more");
    bench.stall(SECOND + SKEW + MASTER_DOWN);
    bench.timer();
    assert_eq!(bench.state(), State::Master, "once, not each time");
}

#[test]
fn a_queued_advert_given_before_the_timer_prevents_the_takeover() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 200);
    bench.stall(SECOND * 60);
    bench.hear(LOWER, 200);
    bench.timer();
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN));
}
