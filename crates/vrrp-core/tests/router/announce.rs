//! When addresses are announced: gratuitous ARP (RFC 9568 §8.1.2), unsolicited NA (§8.2.2).

use core::time::Duration;

use vrrp_core::{AnnouncePolicy, Event, Input, Output, RouterConfig};

use crate::common::{Bench, GREATER, LOWER, SECOND, config, ms, with};

/// The announcements in the given time, with how long after its start each came.
fn announced(bench: &mut Bench, span: Duration) -> Vec<(Duration, u8)> {
    let start = bench.now();
    let mut all = Vec::new();
    let mut note = |bench: &mut Bench| {
        let after = bench.now().since(start);
        for output in bench.take() {
            if let Output::Announce { count } = output {
                all.push((after, count));
            }
        }
    };
    note(bench);
    while let Some(next) = bench.until_deadline() {
        if bench.now().since(start) + next > span {
            break;
        }
        bench.wait(next);
        note(bench);
    }
    all
}

fn policy(burst: u8, refresh: Option<Duration>) -> RouterConfig {
    with(|config| config.announce = AnnouncePolicy { burst, refresh })
}

fn new_master(config: RouterConfig) -> Bench {
    let mut bench = Bench::backup(config);
    bench.wait(bench.router.master_down_interval());
    bench
}

/// When single announcements came, and when bursts.
fn singles_and_bursts(announced: &[(Duration, u8)]) -> (Vec<Duration>, Vec<Duration>) {
    let times = |single: bool| {
        let wanted = announced
            .iter()
            .filter(|(_, count)| (*count == 1) == single);
        wanted.map(|(after, _)| *after).collect()
    };
    (times(true), times(false))
}

#[test]
fn a_new_master_announces_by_bursts_at_once_and_after_five_seconds_and_singly_around_them() {
    let mut bench = new_master(policy(3, Some(SECOND * 60)));
    let announced = announced(&mut bench, SECOND * 16);
    let (singles, bursts) = singles_and_bursts(&announced);
    assert_eq!(bursts, [ms(0), SECOND * 5]);
    assert_eq!(singles[0], ms(20), "for whom the old master answered");
    assert_eq!(singles[1..5], [1, 2, 3, 4].map(|seconds| SECOND * seconds));
    // 6.25, 7.81, 9.77 … with the adverts that follow.
    assert_eq!(
        singles[5..],
        [7, 8, 10, 13, 16].map(|seconds| SECOND * seconds)
    );
}

/// A host that became master while it was cut off is found by clients this soon.
#[test]
fn the_next_announcement_is_never_further_away_than_a_quarter_of_the_time_as_master() {
    // At longer intervals than 1 s an announcement does not wait for the next advert.
    let cases = [
        (1, ms(100), ms(10)),
        (10, ms(300), ms(100)),
        (100, SECOND, SECOND),
        (4_000, SECOND, ms(0)),
    ];
    for (interval, floor, wait) in cases {
        for refresh in [SECOND / 2, SECOND * 20, SECOND * 60, SECOND * 600] {
            let mut bench = new_master(with(|config| {
                config.announce.refresh = Some(refresh);
                config.advert_interval = vrrp_wire::Centiseconds(interval);
            }));
            let all = announced(&mut bench, SECOND * 900);
            for pair in all.windows(2) {
                let allowed = (pair[0].0 / 4).max(floor).min(refresh) + wait;
                let apart = pair[1].0 - pair[0].0;
                assert!(apart <= allowed, "{interval} {refresh:?} {pair:?}");
            }
            let last = all.last().expect("announcements").0;
            assert!(last + refresh + wait > SECOND * 900, "{last:?}");
        }
    }
}

#[test]
fn a_refresh_is_never_further_apart_and_in_the_end_that_far() {
    let mut bench = new_master(policy(3, Some(SECOND * 20)));
    let announced = announced(&mut bench, SECOND * 600);
    let apart = announced.windows(2).map(|pair| pair[1].0 - pair[0].0);
    let apart: Vec<_> = apart.collect();
    assert_eq!(apart.iter().max(), Some(&(SECOND * 20)));
    assert!(apart[apart.len() - 20..].iter().all(|a| *a == SECOND * 20));
}

#[test]
fn without_refresh_announcements_end_after_four_minutes() {
    for refresh in [None, Some(Duration::ZERO)] {
        let mut bench = new_master(policy(5, refresh));
        let announced = announced(&mut bench, SECOND * 3_600);
        let (singles, bursts) = singles_and_bursts(&announced);
        assert_eq!(bursts, [ms(0), SECOND * 5]);
        let last = singles.last().expect("single ones").as_secs();
        assert!((240..300).contains(&last), "{last}");
        assert!(singles.len() < 30, "{singles:?}");
    }
}

#[test]
fn the_second_burst_is_not_left_out_when_the_timer_is_late() {
    let mut bench = new_master(policy(5, Some(SECOND * 60)));
    bench.wait(ms(4_500));
    bench.take();
    bench.stall(ms(700));
    bench.timer();
    assert!(bench.take().contains(&Output::Announce { count: 5 }));
    let (_, bursts) = singles_and_bursts(&announced(&mut bench, SECOND * 60));
    assert_eq!(bursts, []);
}

#[test]
fn a_handover_that_is_called_off_ends_no_announcements() {
    let mut bench = new_master(policy(5, Some(SECOND * 60)));
    bench.wait(ms(2_500));
    bench.input(Input::Drain);
    bench.wait(ms(300));
    bench.input(Input::Undrain);
    bench.take();
    let (singles, bursts) = singles_and_bursts(&announced(&mut bench, SECOND * 4));
    assert_eq!(bursts, [ms(2_200)]);
    assert_eq!(singles[0], SECOND);
}

#[test]
fn another_refresh_puts_no_announcement_off() {
    let mut bench = Bench::master(policy(5, Some(SECOND * 60)));
    for more in 1..=60 {
        let change = policy(5, Some(SECOND * (60 + more)));
        let now = bench.now();
        bench.router.reconfigure(now, change).expect("a valid one");
        bench.wait(SECOND);
    }
    assert!(bench.take().contains(&Output::Announce { count: 1 }));
}

#[test]
fn a_refresh_that_is_switched_on_takes_effect_at_once_and_off_after_four_minutes_too() {
    let mut bench = Bench::master(policy(5, None));
    assert_eq!(announced(&mut bench, SECOND * 60), [], "all is said");
    let now = bench.now();
    let refreshed = policy(5, Some(SECOND * 2));
    bench.router.reconfigure(now, refreshed).expect("valid");
    assert_eq!(announced(&mut bench, SECOND * 7).len(), 3);

    let mut bench = new_master(policy(5, Some(SECOND)));
    bench.wait(SECOND * 240);
    bench.take();
    let now = bench.now();
    bench
        .router
        .reconfigure(now, policy(5, None))
        .expect("valid");
    bench.wait(SECOND * 2);
    bench.take();
    assert_eq!(announced(&mut bench, SECOND * 600), []);
}

#[test]
fn after_exactly_four_minutes_no_announcement_follows_without_refresh() {
    for (past, follow) in [(SECOND * 240, false), (SECOND * 239, true)] {
        let mut bench = new_master(policy(5, Some(SECOND * 600)));
        bench.wait(past);
        let now = bench.now();
        let change = policy(5, None);
        bench.router.reconfigure(now, change).expect("a valid one");
        bench.take();
        let announced = announced(&mut bench, SECOND * 600);
        assert_eq!(!announced.is_empty(), follow, "{past:?}: {announced:?}");
    }
}

/// Whoever hears the advert and knows better can put clients right at once.
#[test]
fn single_announcements_go_out_with_an_advert() {
    let mut bench = new_master(with(|config| {
        config.checksum = vrrp_core::ChecksumPolicy::Auto;
        config.advert_interval = vrrp_wire::Centiseconds(10);
    }));
    bench.wait(ms(20));
    bench.take();
    bench.wait(SECOND * 100);
    let outputs = bench.take();
    let singles = outputs.windows(2).filter_map(|pair| match pair {
        [before, Output::Announce { count: 1 }] => Some(before),
        _ => None,
    });
    let with_advert = singles.filter(|before| matches!(before, Output::SendAdvert(_)));
    let all = outputs.iter();
    let all = all.filter(|output| matches!(output, Output::Announce { count: 1 }));
    let all = all.count();
    assert!(all > 20, "{all}");
    assert_eq!(with_advert.count(), all);
}

#[test]
fn the_goodbye_of_a_loser_announces_nothing() {
    let mut bench = new_master(with(|config| {
        config.advert_interval = vrrp_wire::Centiseconds(10);
    }));
    // An announcement waits for the next advert.
    bench.wait(ms(5_900));
    bench.take();
    bench.hear(GREATER, 200);
    let outputs = bench.take();
    assert_eq!(crate::common::sent(&outputs), [100]);
    let announced = |output: &Output| matches!(output, Output::Announce { .. });
    assert!(!outputs.iter().any(announced), "{outputs:?}");
}

#[test]
fn in_a_conflict_that_goes_on_each_burst_has_an_echo() {
    let mut bench = Bench::master(config());
    bench.hear(LOWER, 50);
    // The last burst that this causes is one second old.
    bench.wait(ms(1_020) + SECOND);
    for _ in 0..3 {
        bench.take();
        bench.hear(LOWER, 50);
        assert_eq!(announced(&mut bench, ms(0)), [(ms(0), 5)]);
        bench.wait(ms(20));
        assert_eq!(announced(&mut bench, ms(0)), [(ms(0), 1)]);
        bench.wait(ms(980));
    }
}

#[test]
fn a_burst_of_zero_announces_nothing_but_the_refresh() {
    let mut bench = new_master(policy(0, Some(SECOND * 20)));
    assert_eq!(announced(&mut bench, SECOND * 21), [(SECOND * 20, 1)]);
    let mut bench = new_master(policy(0, Some(SECOND * 5)));
    let fives = [(SECOND * 5, 1), (SECOND * 10, 1)];
    assert_eq!(announced(&mut bench, SECOND * 11), fives);
}

#[test]
fn a_backup_announces_nothing() {
    let mut bench = Bench::backup(policy(5, Some(SECOND)));
    bench.wait_hearing(LOWER, 200, 60);
    bench.input(Input::LinkRefreshed);
    bench.input(Input::AddressesLost);
    assert_eq!(announced(&mut bench, SECOND), []);
}

#[test]
fn the_winner_of_a_conflict_announces_at_once_and_twice_more() {
    let mut bench = Bench::master(config());
    bench.hear(LOWER, 50);
    assert_eq!(
        announced(&mut bench, SECOND * 60),
        [(ms(0), 5), (ms(20), 5), (ms(1_020), 5)]
    );
}

#[test]
fn announcements_after_conflicts_are_spaced_however_many_adverts_come() {
    let mut bench = Bench::master(config());
    for _ in 0..10_000 {
        bench.hear(LOWER, 50);
        bench.wait(ms(1));
    }
    let (_, bursts) = singles_and_bursts(&announced(&mut bench, ms(0)));
    let count = bursts.len();
    assert!((11..=12).contains(&count), "{count} bursts in ten seconds");
}

#[test]
fn at_short_intervals_bursts_after_conflicts_are_a_tenth_of_a_second_apart() {
    let mut bench = Bench::master(with(|config| {
        config.advert_interval = vrrp_wire::Centiseconds(1);
    }));
    bench.hear(LOWER, 50);
    assert_eq!(
        announced(&mut bench, SECOND),
        [(ms(0), 5), (ms(20), 5), (ms(120), 5)]
    );
}

#[test]
fn a_refreshed_link_is_announced_on() {
    let mut bench = Bench::master(config());
    bench.input(Input::LinkRefreshed);
    assert_eq!(bench.take(), [Output::Announce { count: 5 }]);
}

#[test]
fn a_removed_address_is_taken_back_and_announced_without_a_change_of_state() {
    let mut bench = Bench::master(config());
    bench.input(Input::AddressesLost);
    assert_eq!(
        bench.take(),
        [
            Output::AcquireAddresses {
                lifetime: Some(SECOND * 4)
            },
            Output::Announce { count: 5 },
            Output::Event(Event::AddressesRestored),
        ]
    );
}

#[test]
fn a_removed_address_is_taken_back_also_while_handing_over() {
    let mut bench = Bench::master(config());
    bench.input(Input::Resign);
    bench.take();
    bench.input(Input::AddressesLost);
    assert!(matches!(bench.take()[0], Output::AcquireAddresses { .. }));
}

#[test]
fn offers_do_not_put_the_refresh_off() {
    let mut bench = Bench::master(with(|config| {
        config.announce.refresh = Some(SECOND * 60);
        config.preempt = false;
    }));
    bench.input(Input::Priority {
        effective: 1,
        degraded: Some("sick"),
    });
    let refreshes = announced(&mut bench, SECOND * 600);
    assert_eq!(refreshes.len(), 10);
}
