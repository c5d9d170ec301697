//! The Backup state (RFC 9568 §6.4.2).

use vrrp_core::{Cause, Input, Output, State};

use crate::common::{Bench, GREATER, LOWER, MASTER_DOWN, SECOND, SKEW, config, ms, with};

/// RFC 9568 §6.4.2: Master_Down_Timer fires: advert, announcement, Adver_Timer, Active.
#[test]
fn when_master_down_timer_fires_a_backup_becomes_master_in_the_order_of_the_rfc() {
    let mut bench = Bench::backup(config());
    bench.wait(MASTER_DOWN - ms(1));
    assert_eq!(bench.take(), []);
    bench.wait(ms(1));
    let outputs = bench.take();
    assert!(matches!(&outputs[0], Output::SendAdvert(advert)
        if advert.priority == 100 && advert.interval.0 == 100 && advert.lateness.is_none()));
    assert!(matches!(outputs[1], Output::AcquireAddresses { .. }));
    assert_eq!(outputs[2], Output::Announce { count: 5 });
    assert_eq!(
        outputs[3],
        Output::Transition {
            from: State::Backup,
            to: State::Master,
            cause: Cause::MasterDown {
                master: None,
                silence: MASTER_DOWN
            },
        }
    );
    assert_eq!(outputs.len(), 4);
    bench.wait(SECOND);
    assert_eq!(bench.take_sent(), [100], "Adver_Timer runs");
}

/// RFC 9568 §6.4.2: priority ≥ own: Master_Down_Timer starts anew.
#[test]
fn an_advert_of_higher_or_equal_priority_restarts_master_down_timer() {
    for priority in [100, 101, 254, 255] {
        let mut bench = Bench::backup(config());
        bench.wait(MASTER_DOWN - ms(1));
        bench.hear(LOWER, priority);
        assert_eq!(
            bench.until_deadline(),
            Some(MASTER_DOWN),
            "priority {priority}"
        );
        bench.wait_hearing(LOWER, priority, 60);
        assert_eq!(bench.state(), State::Backup);
        assert_eq!(bench.take_sent(), [], "a backup never advertises");
    }
}

/// RFC 9568 §6.4.2: lower priority and Preempt_Mode: the advert is discarded.
#[test]
fn with_preempt_a_master_of_lower_priority_is_taken_over_from() {
    let mut bench = Bench::backup(config());
    let deadline = bench.router.deadline();
    bench.hear(LOWER, 99);
    assert_eq!(bench.router.deadline(), deadline);
    bench.wait_hearing(LOWER, 99, 4);
    assert_eq!(bench.state(), State::Master);
    assert_eq!(
        bench.router.cause(),
        &Cause::Preempted {
            master: LOWER,
            priority: 99,
            own: 100
        }
    );
}

/// RFC 9568 §6.4.2: Preempt_Mode false: any living master stays.
#[test]
fn without_preempt_a_master_of_lower_priority_stays() {
    let mut bench = Bench::backup(with(|config| config.preempt = false));
    bench.wait_hearing(LOWER, 1, 600);
    assert_eq!(bench.state(), State::Backup);
    bench.wait(MASTER_DOWN - SECOND);
    assert_eq!(bench.state(), State::Master, "but a dead one is followed");
}

/// RFC 9568 §6.1, Preempt_Mode: the owner always preempts.
#[test]
fn the_owner_preempts_even_with_preempt_off() {
    let mut bench = Bench::backup(with(|config| {
        config.preempt = false;
        config.priority = 254;
    }));
    bench.hear(LOWER, 254);
    bench.input(Input::Priority {
        effective: 255,
        degraded: None,
    });
    bench.wait_hearing(LOWER, 254, 4);
    assert_eq!(bench.state(), State::Master);
}

/// RFC 9568 §6.4.2: priority 0: Master_Down_Timer is set to Skew_Time.
#[test]
fn priority_0_from_the_master_shortens_the_wait_to_skew_time() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 200);
    bench.wait(ms(300));
    bench.hear(LOWER, 0);
    assert_eq!(bench.until_deadline(), Some(SKEW));
    bench.wait(SKEW);
    assert_eq!(bench.state(), State::Master);
    assert_eq!(bench.router.cause(), &Cause::MasterLeft { master: LOWER });
}

#[test]
fn priority_0_before_any_master_was_heard_counts_too() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 0);
    assert_eq!(bench.until_deadline(), Some(SKEW));
}

#[test]
fn repeated_priority_0_never_puts_the_takeover_off() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 200);
    bench.hear(LOWER, 0);
    for _ in 0..12 {
        bench.wait(SKEW / 12);
        bench.hear(LOWER, 0);
    }
    bench.wait(ms(1));
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn priority_0_that_comes_after_the_successors_advert_does_not_unseat_the_successor() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 200);
    bench.hear(GREATER, 150);
    bench.hear(LOWER, 0);
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN));
}

#[test]
fn an_advert_after_priority_0_restores_the_full_wait() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 200);
    bench.hear(LOWER, 0);
    bench.hear(GREATER, 150);
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN));
    bench.wait(MASTER_DOWN);
    assert!(matches!(
        bench.router.cause(),
        Cause::MasterDown {
            master: Some(GREATER),
            ..
        }
    ));
}

#[test]
fn preempt_delay_leaves_a_lower_master_alone_for_that_long() {
    let mut bench = Bench::backup(with(|config| config.preempt_delay = SECOND * 30));
    bench.wait_hearing(LOWER, 50, 30);
    assert_eq!(bench.state(), State::Backup);
    // From here its adverts are discarded, and the timer that the last accepted one started
    // runs out.
    bench.wait_hearing(LOWER, 50, 3);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn preempt_delay_does_not_delay_taking_over_from_a_dead_master() {
    let mut bench = Bench::backup(with(|config| config.preempt_delay = SECOND * 300));
    bench.wait_hearing(LOWER, 50, 5);
    bench.wait(MASTER_DOWN - SECOND);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn preempt_delay_starts_anew_after_a_better_master() {
    let mut bench = Bench::backup(with(|config| config.preempt_delay = SECOND * 10));
    bench.wait_hearing(LOWER, 50, 8);
    bench.wait_hearing(GREATER, 150, 2);
    bench.wait_hearing(LOWER, 50, 10);
    assert_eq!(bench.state(), State::Backup);
    bench.wait_hearing(LOWER, 50, 4);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn a_timer_served_a_little_late_costs_no_time() {
    let mut bench = Bench::backup(config());
    bench.stall(MASTER_DOWN + ms(900));
    bench.timer();
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn a_lower_master_is_preempted_while_it_speaks_and_missed_when_it_does_not() {
    let mut bench = Bench::backup(config());
    bench.wait_hearing(LOWER, 50, 4);
    assert_eq!(
        bench.router.cause(),
        &Cause::Preempted {
            master: LOWER,
            priority: 50,
            own: 100
        }
    );

    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 50);
    bench.wait(MASTER_DOWN);
    assert_eq!(
        bench.router.cause(),
        &Cause::MasterDown {
            master: Some(LOWER),
            silence: MASTER_DOWN
        }
    );
}
