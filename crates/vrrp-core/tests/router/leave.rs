//! Make before break: planned leaves keep the addresses until somebody takes over.

use core::time::Duration;

use vrrp_core::{Cause, Event, FaultReason, GroupOrder, Input, Output, State, Verdict};
use vrrp_wire::Centiseconds;

use crate::common::{
    Bench, GREATER, Heard, LINGER, LOWER, Lan, MASTER_DOWN, SECOND, config, ms, sent, with,
};

/// One interval and a quarter of it.
const WAIT: Duration = Duration::from_millis(1_250);

fn leaving(input: Input<'_>) -> Bench {
    let mut bench = Bench::master(config());
    bench.wait(ms(300));
    bench.take();
    bench.input(input);
    bench
}

fn every_leave() -> [Input<'static>; 5] {
    [
        Input::Shutdown,
        Input::Resign,
        Input::Drain,
        Input::Group(GroupOrder::Backup),
        Input::Group(GroupOrder::Hold),
    ]
}

/// RFC 9568 §6.4.3 sends priority 0 and stops; we keep the addresses.
#[test]
fn a_planned_leave_sends_priority_0_and_keeps_the_addresses() {
    for input in every_leave() {
        let mut bench = leaving(input.clone());
        let outputs = bench.take();
        assert_eq!(sent(&outputs), [0], "{input:?}");
        assert_eq!(outputs[1..], [Output::Event(Event::Leaving { wait: WAIT })]);
        assert_eq!(bench.state(), State::Master);
        assert!(bench.router.leaving());
        assert!(bench.router.holds_addresses());
    }
}

#[test]
fn the_addresses_go_when_a_new_master_is_heard() {
    for input in every_leave() {
        let mut bench = leaving(input.clone());
        bench.wait(ms(200));
        bench.take();
        // Whatever its priority: it holds the addresses now.
        bench.hear(LOWER, 1);
        bench.wait(LINGER);
        assert!(!bench.router.leaving());
        assert!(!bench.router.holds_addresses(), "{input:?}");
        let outputs = bench.take();
        assert!(outputs.contains(&Output::ReleaseAddresses));
        assert_eq!(sent(&outputs), [], "the successor needs no goodbye");
        assert_eq!(
            bench.router.cause().master(),
            if matches!(input, Input::Group(GroupOrder::Hold)) {
                None
            } else {
                Some(LOWER)
            }
        );
    }
}

#[test]
fn without_a_new_master_the_addresses_go_after_an_interval_and_a_quarter() {
    for input in every_leave() {
        let mut bench = leaving(input.clone());
        bench.wait(WAIT - ms(1));
        assert!(bench.router.holds_addresses(), "{input:?}");
        bench.wait(ms(1));
        assert!(!bench.router.holds_addresses(), "{input:?}");
    }
}

#[test]
fn the_margin_is_50_ms_at_least_and_1_s_at_most() {
    let wait = |interval| {
        let mut bench = Bench::master(with(|config| {
            config.advert_interval = Centiseconds(interval);
        }));
        bench.input(Input::Resign);
        bench.take_events()
    };
    assert_eq!(wait(1), [Event::Leaving { wait: ms(60) }]);
    assert_eq!(wait(10), [Event::Leaving { wait: ms(150) }]);
    assert_eq!(wait(4_000), [Event::Leaving { wait: SECOND * 41 }]);
}

#[test]
fn while_leaving_only_one_more_priority_0_is_sent() {
    let mut bench = leaving(Input::Shutdown);
    bench.take();
    bench.wait(ms(124));
    assert_eq!(bench.take_sent(), [], "a lost packet is seldom alone");
    bench.wait(ms(1));
    assert_eq!(bench.take_sent(), [0]);
    bench.wait(WAIT - ms(126));
    assert_eq!(bench.take_sent(), []);
}

#[test]
fn while_leaving_priority_0_of_others_is_not_answered() {
    let mut bench = leaving(Input::Resign);
    bench.take();
    bench.hear(LOWER, 0);
    assert_eq!(bench.take(), []);
    assert!(bench.router.leaving());
}

#[test]
fn shutdown_ends_in_init_and_says_so() {
    let mut bench = leaving(Input::Shutdown);
    bench.take();
    bench.hear(LOWER, 90);
    let moved = Output::Transition {
        from: State::Master,
        to: State::Init,
        cause: Cause::Shutdown { to: Some(LOWER) },
    };
    assert_eq!(bench.take(), [moved]);
    bench.wait(LINGER);
    assert_eq!(bench.take(), [Output::ReleaseAddresses, Output::Left]);
    assert_eq!(bench.router.deadline(), None);
}

#[test]
fn a_second_shutdown_leaves_at_once() {
    let mut bench = leaving(Input::Shutdown);
    bench.take();
    bench.input(Input::Shutdown);
    let outputs = bench.take();
    assert_eq!(outputs[0], Output::ReleaseAddresses);
    assert_eq!(outputs.last(), Some(&Output::Left));
}

#[test]
fn shutdown_during_a_handover_goes_on_with_it_and_ends_in_init() {
    let mut bench = leaving(Input::Resign);
    bench.wait(ms(500));
    bench.take();
    bench.input(Input::Shutdown);
    assert_eq!(bench.take(), [], "priority 0 was said already");
    bench.wait(WAIT - ms(500));
    assert_eq!(bench.state(), State::Init);
    assert_eq!(bench.take().last(), Some(&Output::Left));
}

#[test]
fn a_drain_does_not_turn_a_shutdown_into_a_handover() {
    for input in [Input::Drain, Input::Group(GroupOrder::Hold)] {
        let mut bench = leaving(Input::Shutdown);
        bench.input(input);
        bench.wait(WAIT);
        assert_eq!(bench.state(), State::Init);
        assert_eq!(bench.take().last(), Some(&Output::Left));
    }
}

#[test]
fn a_lost_interface_ends_a_shutdown_at_once() {
    let mut bench = leaving(Input::Shutdown);
    bench.input(Input::Down {
        reason: FaultReason::NoCarrier,
    });
    assert_eq!(bench.state(), State::Init);
    assert_eq!(bench.take().last(), Some(&Output::Left));
}

#[test]
fn a_lost_interface_ends_a_handover_in_fault() {
    let mut bench = leaving(Input::Resign);
    bench.input(Input::Down {
        reason: FaultReason::NoCarrier,
    });
    assert_eq!(bench.state(), State::Fault);
}

#[test]
fn after_resign_it_follows_a_lower_master_without_preempting_it() {
    let mut bench = leaving(Input::Resign);
    bench.wait(ms(700));
    bench.wait_hearing(LOWER, 50, 60);
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(bench.router.cause(), &Cause::Resigned { to: Some(LOWER) });
    bench.wait(MASTER_DOWN);
    assert_eq!(
        bench.state(),
        State::Master,
        "a dead one is followed as always"
    );
}

#[test]
fn after_resign_a_better_master_ends_the_leniency() {
    let mut bench = leaving(Input::Resign);
    bench.wait_hearing(LOWER, 50, 5);
    bench.wait_hearing(GREATER, 200, 5);
    bench.wait_hearing(LOWER, 50, 5);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn resign_without_any_peer_gives_up_and_comes_back_after_master_down_interval() {
    let mut bench = leaving(Input::Resign);
    bench.wait(WAIT);
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(bench.router.cause(), &Cause::Resigned { to: None });
    bench.wait(MASTER_DOWN - ms(1));
    assert_eq!(bench.state(), State::Backup);
    bench.wait(ms(1));
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn resign_means_nothing_to_a_backup_or_in_fault() {
    let mut bench = Bench::backup(config());
    let deadline = bench.router.deadline();
    bench.input(Input::Resign);
    assert_eq!(bench.take(), []);
    assert_eq!(bench.router.deadline(), deadline);
}

#[test]
fn in_a_group_no_planned_leave_costs_a_moment_without_a_holder() {
    for interval in [1, 10, 100] {
        for input in every_leave() {
            let configs = [100, 150, 200].map(|priority| {
                with(|config| {
                    config.priority = priority;
                    config.advert_interval = Centiseconds(interval);
                })
            });
            let mut lan = Lan::settled(configs.to_vec());
            assert_eq!(lan.masters(), [2]);
            lan.input(2, input.clone());
            lan.run(Centiseconds(interval).duration() * 3);
            assert_eq!(lan.holders(), [1], "{input:?} at {interval} cs");
            assert_eq!(lan.without, Duration::ZERO, "{input:?} at {interval} cs");
            assert!(lan.doubled < ms(6), "{:?}", lan.doubled);
        }
    }
}

/// A master of `own` priority that has just preempted LOWER, of `other` priority.
fn just_preempted(own: u8, other: u8, interval: u16) -> Bench {
    let mut bench = Bench::backup(with(|config| {
        config.priority = own;
        config.advert_interval = Centiseconds(interval);
    }));
    while bench.state() == State::Backup {
        hear_at(&mut bench, other, interval);
        let next = Centiseconds(interval).duration();
        bench.wait(bench.until_deadline().map_or(next, |wait| wait.min(next)));
    }
    assert_eq!(bench.state(), State::Master);
    bench
}

fn hear_at(bench: &mut Bench, priority: u8, interval: u16) {
    let mut advert = Heard::priority(priority);
    advert.interval = interval;
    assert_eq!(bench.hear_advert(LOWER, &advert), Verdict::Accepted);
}

/// The loser's goodbye and our priority 0 pass each other on the way.
#[test]
fn the_goodbye_of_the_master_we_preempted_is_not_taken_for_a_successor() {
    for input in every_leave() {
        let mut bench = just_preempted(100, 50, 100);
        bench.input(input.clone());
        bench.take();
        bench.hear(LOWER, 50);
        assert!(bench.router.leaving(), "{input:?}");
        assert_eq!(bench.take(), []);
        // Its next one can only mean that it took over again.
        bench.wait(ms(10));
        bench.hear(LOWER, 50);
        bench.wait(LINGER);
        assert!(!bench.router.holds_addresses(), "{input:?}");
    }
}

#[test]
fn a_goodbye_comes_within_a_round_trip_of_the_takeover() {
    let nanosecond = Duration::from_nanos(1);
    for (interval, round_trip) in [(100, ms(20)), (2, ms(5))] {
        for late in [false, true] {
            let mut bench = just_preempted(100, 50, interval);
            bench.input(Input::Shutdown);
            bench.stall(round_trip);
            if late {
                bench.stall(nanosecond);
            }
            hear_at(&mut bench, 50, interval);
            let state = if late { State::Init } else { State::Master };
            assert_eq!(bench.state(), state, "{interval}");
        }
    }
}

#[test]
fn a_goodbye_comes_before_the_skew_time_of_who_sends_it() {
    // Priority 253: three 256ths of a second.
    let skew = SECOND * 3 / 256;
    for (wait, state) in [
        (skew - Duration::from_nanos(1), State::Master),
        (skew, State::Init),
    ] {
        let mut bench = just_preempted(254, 253, 100);
        bench.input(Input::Shutdown);
        bench.wait(wait);
        hear_at(&mut bench, 253, 100);
        assert_eq!(bench.state(), state);
    }
}

#[test]
fn a_master_that_had_left_says_no_goodbye() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 50);
    bench.hear(LOWER, 0);
    while bench.state() == State::Backup {
        bench.wait(bench.until_deadline().expect("a timer"));
    }
    bench.input(Input::Shutdown);
    bench.hear(LOWER, 50);
    assert_eq!(bench.state(), State::Init);
}

#[test]
fn after_its_skew_time_the_master_we_preempted_is_our_successor() {
    let mut bench = Bench::backup(config());
    bench.wait_hearing(LOWER, 50, 4);
    assert_eq!(bench.state(), State::Master);
    bench.input(Input::Shutdown);
    bench.wait(SECOND * (256 - 50) / 256);
    bench.hear(LOWER, 50);
    assert_eq!(bench.state(), State::Init);
    bench.wait(LINGER);
    assert!(!bench.router.holds_addresses());
}
