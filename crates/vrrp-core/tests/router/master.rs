//! The Master state, Active in RFC 9568 §6.4.3.

use vrrp_core::{AdvertOut, Cause, Event, LeasePolicy, Output, State};

use crate::common::{
    Bench, GREATER, LINGER, LOWER, MASTER_DOWN, SECOND, SKEW, config, ms, sent, with,
};

/// RFC 9568 §6.4.3: Adver_Timer fires: advert, timer anew.
#[test]
fn a_master_advertises_once_per_interval() {
    let mut bench = Bench::master(config());
    bench.wait(SECOND * 10);
    assert_eq!(bench.take_sent(), [100; 10]);
}

#[test]
fn the_beat_of_adverts_does_not_drift_with_lateness() {
    let mut bench = Bench::master(with(|config| config.lease = LeasePolicy::Off));
    let start = bench.now();
    for _ in 0..20 {
        let next = bench.until_deadline().expect("a master has timers");
        bench.stall(next + ms(30));
        bench.timer();
    }
    assert_eq!(bench.take_sent(), [100; 20]);
    assert_eq!(bench.router.deadline(), Some(start + SECOND * 21));
}

#[test]
fn an_advert_late_by_a_whole_interval_begins_a_new_beat() {
    let mut bench = Bench::master(with(|config| config.lease = LeasePolicy::Off));
    bench.stall(SECOND * 2);
    bench.timer();
    assert_eq!(bench.take_sent(), [100], "one advert, not a backlog");
    assert_eq!(bench.until_deadline(), Some(SECOND));
}

/// RFC 9568 §6.4.3: priority 0: advert at once, Adver_Timer anew.
#[test]
fn priority_0_heard_by_a_master_is_answered_at_once_and_restarts_adver_timer() {
    let mut bench = Bench::master(config());
    bench.wait(ms(700));
    bench.take();
    bench.hear(LOWER, 0);
    assert_eq!(bench.take_sent(), [100]);
    bench.wait(SECOND - ms(1));
    assert_eq!(bench.take_sent(), []);
    bench.wait(ms(1));
    assert_eq!(bench.take_sent(), [100]);
}

/// RFC 9568 §6.4.3: higher priority: Backup, Master_Down_Timer.
#[test]
fn a_master_of_higher_priority_wins() {
    let mut bench = Bench::master(config());
    bench.hear(LOWER, 101);
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(
        bench.router.cause(),
        &Cause::HigherPriority {
            master: LOWER,
            priority: 101,
            own: 100
        }
    );
    let outputs = bench.take();
    assert_eq!(
        sent(&outputs),
        [100],
        "one goodbye, for the winner to announce itself"
    );
    assert!(matches!(
        outputs[1],
        Output::Transition {
            to: State::Backup,
            ..
        }
    ));
    bench.wait(LINGER);
    assert!(bench.take().contains(&Output::ReleaseAddresses));
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN - LINGER));
    bench.wait(SECOND * 3);
    assert_eq!(bench.take_sent(), []);
}

/// RFC 9568 §6.4.3: equal priority and greater primary address: Backup.
#[test]
fn a_master_of_equal_priority_and_greater_address_wins() {
    let mut bench = Bench::master(config());
    bench.hear(GREATER, 100);
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(
        bench.router.cause(),
        &Cause::GreaterAddress {
            master: GREATER,
            priority: 100
        }
    );
}

/// RFC 9568 §6.4.3: anything else is discarded and answered at once.
#[test]
fn a_master_that_loses_is_answered_at_once() {
    for (source, priority) in [(LOWER, 100), (LOWER, 99), (GREATER, 99), (GREATER, 1)] {
        let mut bench = Bench::master(config());
        bench.wait(ms(500));
        bench.take();
        bench.hear(source, priority);
        assert_eq!(bench.state(), State::Master);
        assert_eq!(bench.take_sent(), [100], "{source} with {priority}");
        bench.wait(ms(500));
        assert_eq!(bench.take_sent(), [100], "Adver_Timer goes on as before");
    }
}

#[test]
fn a_storm_of_lower_adverts_is_answered_at_most_four_times_per_interval() {
    let mut bench = Bench::master(config());
    for _ in 0..10_000 {
        bench.hear(LOWER, 50);
        bench.wait(ms(1));
    }
    let adverts = bench.take_sent().len();
    // Ten intervals: ten by the timer, four per interval at once.
    assert!((40..=51).contains(&adverts), "{adverts} adverts");
}

#[test]
fn a_storm_of_priority_0_neither_silences_nor_amplifies_a_master() {
    let mut bench = Bench::master(config());
    for _ in 0..10_000 {
        bench.hear(LOWER, 0);
        bench.wait(ms(1));
    }
    let adverts = bench.take_sent().len();
    assert!((40..=51).contains(&adverts), "{adverts} adverts");
}

#[test]
fn an_answer_put_off_by_the_limit_comes_within_a_quarter_of_an_interval() {
    let mut bench = Bench::master(config());
    bench.hear(LOWER, 50);
    bench.take();
    bench.wait(ms(10));
    bench.hear(LOWER, 50);
    assert_eq!(bench.take_sent(), []);
    bench.wait(ms(240));
    assert_eq!(bench.take_sent(), [100]);
}

#[test]
fn after_a_quarter_of_an_interval_an_answer_is_not_put_off() {
    let mut bench = Bench::master(config());
    bench.hear(LOWER, 50);
    bench.wait(ms(250));
    bench.take();
    bench.hear(LOWER, 50);
    assert_eq!(bench.take_sent(), [100]);
}

#[test]
fn a_conflict_is_counted_each_time_and_told_once() {
    let mut bench = Bench::master(config());
    for _ in 0..5 {
        bench.hear(LOWER, 50);
        bench.wait(SECOND);
    }
    assert_eq!(bench.router.counters().master_conflicts, 5);
    let conflicts = |events: Vec<Event>| {
        events
            .into_iter()
            .filter(|event| matches!(event, Event::Conflict { .. }))
            .count()
    };
    assert_eq!(conflicts(bench.take_events()), 1);
    bench.wait(MASTER_DOWN + SECOND);
    bench.hear(LOWER, 50);
    assert_eq!(
        conflicts(bench.take_events()),
        1,
        "told again after a silence"
    );
}

#[test]
fn the_master_just_preempted_is_not_a_conflict() {
    let mut bench = Bench::backup(config());
    bench.wait_hearing(LOWER, 50, 3);
    bench.wait(SKEW);
    assert_eq!(bench.state(), State::Master);
    bench.wait(ms(1));
    bench.hear(LOWER, 50);
    assert_eq!(bench.router.counters().master_conflicts, 0);
}

#[test]
fn two_owners_are_a_conflict_decided_by_the_address() {
    let owner = || with(|config| config.priority = 255);
    let mut bench = Bench::master(owner());
    bench.hear(LOWER, 255);
    assert_eq!(bench.state(), State::Master);
    assert_eq!(bench.router.counters().master_conflicts, 1);
    assert!(
        bench
            .take_events()
            .contains(&Event::DuplicateOwner { source: LOWER })
    );

    let mut bench = Bench::master(owner());
    bench.hear(GREATER, 255);
    assert_eq!(bench.state(), State::Backup);
    assert!(
        bench
            .take_events()
            .contains(&Event::DuplicateOwner { source: GREATER })
    );
}

#[test]
fn lateness_of_each_advert_is_told_with_it() {
    let mut bench = Bench::master(with(|config| config.lease = LeasePolicy::Off));
    bench.stall(SECOND + ms(40));
    bench.timer();
    let outputs = bench.take();
    assert!(matches!(
        outputs[..],
        [Output::SendAdvert(AdvertOut { lateness: Some(late), .. })] if late == ms(40)
    ));
    // An answer to something else than the timer has none.
    bench.hear(LOWER, 50);
    assert!(matches!(
        bench.take()[0],
        Output::SendAdvert(AdvertOut { lateness: None, .. })
    ));
}

#[test]
fn an_advert_later_than_half_an_interval_is_told_and_counted() {
    let mut bench = Bench::master(with(|config| config.lease = LeasePolicy::Off));
    bench.stall(SECOND + ms(600));
    bench.timer();
    let late = Event::Late {
        lateness: ms(600),
        interval: SECOND,
    };
    let advert_lateness = bench
        .take()
        .into_iter()
        .map(|output| match output {
            Output::SendAdvert(advert) => assert_eq!(advert.lateness, Some(ms(600))),
            Output::Event(event) => assert_eq!(event, late),
            other => panic!("{other:?}"),
        })
        .count();
    assert_eq!(advert_lateness, 2);
    assert_eq!(bench.router.counters().late_adverts, 1);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn half_an_interval_of_lateness_is_not_worth_a_word() {
    let mut bench = Bench::master(with(|config| config.lease = LeasePolicy::Off));
    bench.stall(SECOND + ms(500));
    bench.timer();
    assert_eq!(bench.take_events(), []);
    assert_eq!(bench.router.counters().late_adverts, 0);
}
