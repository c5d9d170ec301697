//! The offer of a master whose priority falls: better ones take over, equally bad ones do not.

use core::time::Duration;

use vrrp_core::{Cause, Event, Input, Output, RouterConfig, State};

use crate::common::{Bench, GREATER, LOWER, Lan, SECOND, config, ms, sent, with};

const SICK: Input<'static> = Input::Priority {
    effective: 1,
    degraded: Some("check apiserver fails"),
};
const WELL: Input<'static> = Input::Priority {
    effective: 100,
    degraded: None,
};

/// Skew_Time of priority 1 at 1 s, less a sixty-fourth of a second.
const WAIT: Duration = Duration::from_nanos(996_093_750 - 15_625_000);

fn sick() -> Bench {
    let mut bench = Bench::master(config());
    bench.wait(ms(300));
    bench.take();
    bench.input(SICK);
    bench
}

fn no_preempt() -> RouterConfig {
    with(|config| config.preempt = false)
}

#[test]
fn a_falling_priority_makes_a_master_send_priority_0_and_hold_the_addresses() {
    let mut bench = sick();
    let outputs = bench.take();
    assert_eq!(sent(&outputs), [0]);
    assert_eq!(
        outputs[1..],
        [Output::Event(Event::Offered {
            priority: 1,
            wait: WAIT
        })]
    );
    assert_eq!(bench.state(), State::Master);
    assert!(bench.router.holds_addresses());
    assert!(!bench.router.leaving(), "it may well stay");
    bench.wait(WAIT - ms(1));
    assert_eq!(
        bench.take_sent(),
        [],
        "no advert that would stop the others"
    );
}

#[test]
fn an_offer_at_a_high_priority_takes_three_quarters_of_its_short_skew_time() {
    let mut bench = Bench::master(with(|config| config.priority = 254));
    bench.input(Input::Priority {
        effective: 252,
        degraded: Some("bond1"),
    });
    let skew = SECOND * 4 / 256;
    let offered = Event::Offered {
        priority: 252,
        wait: skew * 3 / 4,
    };
    assert_eq!(bench.take_events(), [offered]);
}

#[test]
fn a_better_router_that_answers_becomes_master() {
    let mut bench = sick();
    bench.wait(ms(600));
    bench.take();
    bench.hear(LOWER, 90);
    assert_eq!(bench.state(), State::Backup);
    let why = "check apiserver fails".to_owned();
    assert_eq!(bench.router.cause(), &Cause::Degraded { to: LOWER, why });
    assert_eq!(sent(&bench.take()), []);
}

#[test]
fn if_nobody_better_answers_it_stays_master_and_says_so() {
    let mut bench = sick();
    bench.take();
    bench.wait(WAIT);
    let outputs = bench.take();
    assert_eq!(sent(&outputs), [1]);
    assert!(outputs.contains(&Output::Event(Event::OfferDeclined { priority: 1 })));
    let why = "check apiserver fails".to_owned();
    assert_eq!(bench.router.cause(), &Cause::NobodyBetter { why });
    bench.wait(ms(8));
    assert_eq!(
        bench.take_sent(),
        [1],
        "a second copy before the others' Skew_Time"
    );
    bench.wait(SECOND * 10);
    assert_eq!(
        bench.take_sent(),
        [1; 10],
        "and then as usual, without a further offer"
    );
}

#[test]
fn an_equal_router_with_the_smaller_address_does_not_get_the_addresses() {
    let mut bench = sick();
    bench.take();
    bench.hear(LOWER, 1);
    assert_eq!(bench.state(), State::Master);
    assert!(sent(&bench.take()).contains(&1), "answered at once");
    bench.wait(SECOND);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn an_equal_router_with_the_greater_address_wins_as_in_any_conflict() {
    let mut bench = sick();
    bench.hear(GREATER, 1);
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn recovery_during_the_offer_calls_it_off() {
    let mut bench = sick();
    bench.wait(ms(100));
    bench.take();
    bench.input(WELL);
    assert_eq!(bench.take_sent(), [100]);
    bench.wait(SECOND * 3);
    assert_eq!(bench.take_sent(), [100; 3]);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn recovery_after_a_declined_offer_is_told_at_once_and_in_the_reason() {
    let mut bench = sick();
    bench.wait(SECOND * 5);
    bench.take();
    bench.input(WELL);
    assert_eq!(bench.take_sent(), [100]);
    assert_eq!(bench.router.cause(), &Cause::Recovered);
}

#[test]
fn a_priority_that_falls_further_during_the_offer_prolongs_it() {
    let mut bench = Bench::master(config());
    bench.input(Input::Priority {
        effective: 80,
        degraded: Some("bond1"),
    });
    bench.take();
    bench.wait(ms(100));
    bench.input(SICK);
    assert_eq!(bench.take(), []);
    bench.wait(WAIT - ms(101));
    assert_eq!(bench.take_sent(), []);
    bench.wait(ms(1));
    assert_eq!(bench.take_sent(), [1]);
}

#[test]
fn the_same_degradation_is_offered_once_and_a_further_fall_again() {
    let mut bench = Bench::master(config());
    let offers = |bench: &mut Bench| {
        bench
            .take_sent()
            .into_iter()
            .filter(|priority| *priority == 0)
            .count()
    };
    bench.input(Input::Priority {
        effective: 80,
        degraded: Some("bond1"),
    });
    bench.wait(SECOND * 5);
    bench.input(Input::Priority {
        effective: 80,
        degraded: Some("bond1, still"),
    });
    bench.wait(SECOND * 5);
    assert_eq!(offers(&mut bench), 1);
    bench.input(Input::Priority {
        effective: 30,
        degraded: Some("bond1, bond2"),
    });
    bench.wait(SECOND * 5);
    assert_eq!(offers(&mut bench), 1);
    bench.input(Input::Priority {
        effective: 80,
        degraded: Some("bond1"),
    });
    bench.wait(SECOND * 5);
    assert_eq!(offers(&mut bench), 0, "a rise is no fall");
}

#[test]
fn without_preempt_a_degraded_master_offers_again_with_growing_pauses() {
    let mut bench = Bench::master(no_preempt());
    let start = bench.now();
    bench.input(SICK);
    let mut offers = Vec::new();
    while bench.now().since(start) < SECOND * 60 {
        if bench.take_sent().contains(&0) {
            offers.push(bench.now().since(start).as_millis());
        }
        bench.wait(ms(1));
    }
    let pauses: Vec<_> = offers.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // Master_Down_Interval of priority 1, the same doubled, then 10 s; each with the time of the
    // offer itself.
    assert_eq!(pauses[..2], [4_977, 8_973]);
    assert!(
        pauses[2..]
            .iter()
            .all(|pause| (10_980..=10_981).contains(pause)),
        "{pauses:?}"
    );
    assert_eq!(pauses.len(), 6);
    assert_eq!(bench.router.state(), State::Master);
    bench.input(WELL);
    bench.take();
    bench.wait(SECOND * 60);
    assert!(!bench.take_sent().contains(&0));
}

#[test]
fn a_router_that_becomes_master_while_degraded_offers_too() {
    let mut bench = Bench::backup(no_preempt());
    bench.input(SICK);
    bench.wait(SECOND * 4);
    assert_eq!(bench.state(), State::Master);
    bench.take();
    bench.wait(SECOND * 5);
    assert!(bench.take_sent().contains(&0));
}

fn trio(preempt: bool, interval: u16) -> Lan {
    let configs = [252, 253, 254].map(|priority| {
        with(|config| {
            config.priority = priority;
            config.preempt = preempt;
            config.advert_interval = vrrp_wire::Centiseconds(interval);
        })
    });
    let mut lan = Lan::new(configs.to_vec());
    lan.up(2);
    lan.run(SECOND * 10);
    lan.up(1);
    lan.up(0);
    lan.run(SECOND * 10);
    lan.without = Duration::ZERO;
    lan.doubled = Duration::ZERO;
    lan.take_transitions();
    assert_eq!(lan.masters(), [2]);
    lan
}

#[test]
fn a_failing_check_moves_the_addresses_with_and_without_preempt_and_without_a_gap() {
    for preempt in [true, false] {
        for interval in [1, 10, 100] {
            let mut lan = trio(preempt, interval);
            lan.input(2, SICK);
            lan.run(SECOND);
            assert_eq!(lan.holders(), [1], "preempt {preempt}, {interval} cs");
            assert_eq!(lan.without, Duration::ZERO);
            assert!(lan.doubled < ms(6));
        }
    }
}

#[test]
fn when_all_fail_the_addresses_stay_where_they_are() {
    for preempt in [true, false] {
        for interval in [1, 10, 100] {
            let mut lan = trio(preempt, interval);
            // Worst case: the backups fail first.
            for host in 0..3 {
                lan.input(host, SICK);
            }
            lan.run(SECOND * 120);
            assert_eq!(
                lan.take_transitions(),
                0,
                "preempt {preempt}, {interval} cs"
            );
            assert_eq!(lan.holders(), [2]);
            assert_eq!(lan.without, Duration::ZERO);
        }
    }
}

#[test]
fn when_all_fail_and_one_recovers_it_gets_the_addresses_also_without_preempt() {
    for preempt in [true, false] {
        let mut lan = trio(preempt, 100);
        for host in 0..3 {
            lan.input(host, SICK);
        }
        lan.run(SECOND * 120);
        lan.input(
            0,
            Input::Priority {
                effective: 252,
                degraded: None,
            },
        );
        lan.run(SECOND * 12);
        assert_eq!(lan.holders(), [0], "preempt {preempt}");
        assert_eq!(lan.without, Duration::ZERO);
    }
}

#[test]
fn a_penalty_that_leaves_the_master_the_best_moves_nothing() {
    let mut lan = Lan::settled(vec![
        with(|config| config.priority = 100),
        with(|config| config.priority = 200),
    ]);
    lan.input(
        1,
        Input::Priority {
            effective: 150,
            degraded: Some("bond1"),
        },
    );
    lan.run(SECOND * 60);
    assert_eq!(lan.take_transitions(), 0);
    assert_eq!(lan.holders(), [1]);
}
