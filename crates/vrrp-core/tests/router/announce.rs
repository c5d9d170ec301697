//! When addresses are announced: gratuitous ARP (RFC 9568 §8.1.2), unsolicited NA (§8.2.2).

use core::time::Duration;

use vrrp_core::{AnnouncePolicy, Event, Input, Output, RouterConfig};

use crate::common::{Bench, LOWER, MASTER_DOWN, SECOND, config, ms, with};

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
    bench.wait(MASTER_DOWN);
    bench
}

#[test]
fn a_new_master_announces_at_once_after_five_seconds_and_then_every_refresh() {
    let mut bench = new_master(policy(3, Some(SECOND * 20)));
    assert_eq!(
        announced(&mut bench, SECOND * 61),
        [
            (ms(0), 3),
            (SECOND * 5, 3),
            (SECOND * 20, 1),
            (SECOND * 40, 1),
            (SECOND * 60, 1)
        ]
    );
}

#[test]
fn without_refresh_the_second_burst_is_the_last() {
    for refresh in [None, Some(Duration::ZERO)] {
        let mut bench = new_master(policy(5, refresh));
        assert_eq!(
            announced(&mut bench, SECOND * 600),
            [(ms(0), 5), (SECOND * 5, 5)]
        );
    }
}

#[test]
fn a_burst_of_zero_announces_nothing_but_the_refresh() {
    let mut bench = new_master(policy(0, Some(SECOND * 20)));
    assert_eq!(announced(&mut bench, SECOND * 21), [(SECOND * 20, 1)]);
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
    let mut count = 0;
    for _ in 0..10_000 {
        bench.hear(LOWER, 50);
        bench.wait(ms(1));
    }
    count += announced(&mut bench, ms(0)).len();
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
