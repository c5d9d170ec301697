//! Master_Adver_Interval: learned, and given up again (RFC 9568 §6.1, §6.4.2, §6.4.3).

use vrrp_core::{Event, Input, Instant, State};
use vrrp_wire::{Centiseconds, DropReason};

use crate::common::{Bench, Heard, LINGER, LOWER, MASTER_DOWN, SECOND, config, ms, with};

fn every(priority: u8, interval: u16) -> Heard {
    Heard {
        interval,
        ..Heard::priority(priority)
    }
}

/// RFC 9568 §6.4.2: the interval is learned, Skew_Time and Master_Down_Interval recomputed.
#[test]
fn a_backup_learns_the_masters_interval() {
    let mut bench = Bench::backup(config());
    for interval in [1, 50, 4095] {
        bench.hear_advert(LOWER, &every(200, interval));
        let learned = Centiseconds(interval);
        assert_eq!(bench.router.learned_interval(), Some(learned));
        let expected = learned.duration() * 3 + learned.duration() * 156 / 256;
        assert_eq!(bench.router.master_down_interval(), expected);
        assert_eq!(bench.until_deadline(), Some(expected));
        assert_eq!(bench.router.skew_time(), learned.duration() * 156 / 256);
    }
}

/// RFC 9568 §6.4.3: also the master that gives way learns.
#[test]
fn a_master_that_gives_way_learns_the_winners_interval() {
    let mut bench = Bench::master(config());
    bench.hear_advert(LOWER, &every(200, 10));
    assert_eq!(bench.router.learned_interval(), Some(Centiseconds(10)));
    bench.wait(LINGER);
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN / 10 - LINGER));
}

#[test]
fn a_discarded_advert_teaches_nothing() {
    let mut bench = Bench::backup(config());
    bench.hear_advert(LOWER, &every(50, 4095));
    assert_eq!(bench.router.learned_interval(), None);
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN));
}

#[test]
fn an_interval_of_0_is_dropped_and_never_learned() {
    let mut bench = Bench::backup(config());
    bench.assert_dropped(LOWER, &every(200, 0), DropReason::IntervalZero);
    assert_eq!(bench.router.learned_interval(), None);
    let mut bench = Bench::master(config());
    bench.assert_dropped(LOWER, &every(200, 0), DropReason::IntervalZero);
}

#[test]
fn a_long_interval_is_forgotten_with_the_next_ordinary_advert() {
    let mut bench = Bench::backup(config());
    bench.hear_advert(LOWER, &every(200, 4095));
    bench.wait(SECOND);
    bench.hear(LOWER, 200);
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN));
}

#[test]
fn even_the_longest_interval_delays_takeover_only_by_its_own_master_down_interval() {
    let mut bench = Bench::backup(config());
    bench.hear_advert(LOWER, &every(200, 4095));
    bench.wait(bench.router.master_down_interval());
    assert_eq!(bench.state(), State::Master);
}

/// RFC 9568 §6.4.2: a new master advertises at its own interval and forgets the learned one.
#[test]
fn a_new_master_goes_back_to_its_own_interval() {
    let mut bench = Bench::backup(config());
    bench.hear_advert(LOWER, &every(200, 10));
    bench.wait(MASTER_DOWN / 10);
    assert_eq!(bench.state(), State::Master);
    assert_eq!(bench.router.learned_interval(), None);
    bench.take();
    bench.wait(SECOND * 5);
    assert_eq!(bench.take_sent(), [100; 5]);
}

#[test]
fn recovery_starts_with_the_own_interval() {
    let mut bench = Bench::backup(config());
    bench.hear_advert(LOWER, &every(200, 4095));
    bench.input(Input::Down {
        reason: vrrp_core::FaultReason::NoCarrier,
    });
    bench.up();
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN));
}

#[test]
fn another_interval_is_told_once_per_change() {
    let mut bench = Bench::backup(config());
    for _ in 0..5 {
        bench.hear_advert(LOWER, &every(200, 50));
    }
    let told = |bench: &mut Bench| {
        bench
            .take_events()
            .into_iter()
            .filter(|event| matches!(event, Event::IntervalDiffers { .. }))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told(&mut bench),
        [Event::IntervalDiffers {
            source: LOWER,
            heard: Centiseconds(50),
            own: Centiseconds(100)
        }]
    );
    bench.hear(LOWER, 200);
    assert_eq!(told(&mut bench), []);
    bench.hear_advert(LOWER, &every(200, 50));
    assert_eq!(told(&mut bench).len(), 1);
}

#[test]
fn ten_millisecond_intervals_work_like_any_other() {
    let mut bench = Bench::new(with(|config| config.advert_interval = Centiseconds(1)));
    let start: Instant = bench.now();
    bench.up();
    bench.wait(MASTER_DOWN / 100);
    assert_eq!(bench.state(), State::Master);
    assert_eq!(bench.router.since(), start + MASTER_DOWN / 100);
    bench.take();
    bench.wait(ms(100));
    assert_eq!(bench.take_sent().len(), 10);
}

/// Whoever hears the goodbye last must not wait for the winner in the loser's interval.
#[test]
fn the_goodbye_of_a_loser_has_the_winners_interval() {
    let mut bench = Bench::master(with(|config| config.advert_interval = Centiseconds(1)));
    bench.hear_advert(LOWER, &every(200, 50));
    let goodbye = bench.take().into_iter().find_map(|output| match output {
        vrrp_core::Output::SendAdvert(advert) => Some(advert),
        _ => None,
    });
    assert_eq!(
        goodbye.map(|advert| advert.interval),
        Some(Centiseconds(50))
    );
}

/// Backups that heard the rival wait for three of its intervals only.
#[test]
fn a_rival_of_a_shorter_interval_is_answered_within_a_quarter_of_that() {
    let mut bench = Bench::master(config());
    for _ in 0..10 {
        bench.take();
        bench.hear_advert(LOWER, &every(50, 4));
        bench.wait(ms(10));
        assert_eq!(bench.take_sent(), [100]);
    }
}
