//! What is told about peers: on change, and not without end.

use core::net::IpAddr;

use vrrp_core::{Event, State};

use crate::common::{Bench, GREATER, Heard, LOWER, SECOND, VIP, config, ip, ms, with};

fn told(bench: &mut Bench) -> Vec<Event> {
    let mut events = bench.take_events();
    events.retain(|event| !matches!(event, Event::MasterHeard { .. }));
    events
}

fn listing(addresses: &[IpAddr]) -> Heard {
    Heard {
        addresses: addresses.to_vec(),
        ..Heard::priority(200)
    }
}

#[test]
fn an_equal_priority_is_told_once_for_each_peer() {
    let mut bench = Bench::backup(config());
    for _ in 0..10 {
        bench.hear(LOWER, 100);
        bench.hear(GREATER, 100);
    }
    assert_eq!(
        told(&mut bench),
        [
            Event::EqualPriority {
                source: LOWER,
                priority: 100
            },
            Event::EqualPriority {
                source: GREATER,
                priority: 100
            },
        ]
    );
    bench.hear(LOWER, 0);
    bench.hear(LOWER, 100);
    assert_eq!(told(&mut bench), [], "leaving does not make it news");
    bench.hear(LOWER, 120);
    bench.hear(LOWER, 100);
    assert_eq!(
        told(&mut bench),
        [Event::EqualPriority {
            source: LOWER,
            priority: 100
        }]
    );
}

#[test]
fn what_is_odd_about_a_peer_is_told_again_after_a_change_of_state() {
    let mut bench = Bench::master(config());
    bench.hear(GREATER, 100);
    assert_eq!(bench.state(), State::Backup, "the greater address wins");
    let equal = Event::EqualPriority {
        source: GREATER,
        priority: 100,
    };
    assert_eq!(
        told(&mut bench),
        std::slice::from_ref(&equal),
        "before the transition"
    );
    for _ in 0..3 {
        bench.hear(GREATER, 100);
    }
    assert_eq!(told(&mut bench), [equal], "once more, as backup");
}

#[test]
fn another_list_is_told_on_change_and_another_order_is_not_another_list() {
    let second = ip([10, 0, 50, 21]);
    let mut bench = Bench::backup(with(|config| config.addresses = vec![VIP, second]));
    bench.hear_advert(LOWER, &listing(&[second, VIP]));
    assert_eq!(told(&mut bench), []);
    for _ in 0..3 {
        bench.hear_advert(LOWER, &listing(&[VIP]));
    }
    let differs = |foreign| Event::AddressListDiffers {
        source: LOWER,
        foreign,
    };
    assert_eq!(told(&mut bench), [differs(false)]);
    bench.hear_advert(LOWER, &listing(&[ip([192, 0, 2, 1])]));
    assert_eq!(
        told(&mut bench),
        [differs(true)],
        "a stranger under our identifier"
    );
    bench.hear_advert(LOWER, &listing(&[VIP, second]));
    assert_eq!(told(&mut bench), []);
}

#[test]
fn a_new_master_is_told_once() {
    let mut bench = Bench::backup(config());
    for _ in 0..3 {
        bench.hear(LOWER, 200);
    }
    bench.hear(GREATER, 210);
    assert_eq!(
        bench.take_events(),
        [
            Event::MasterHeard {
                master: LOWER,
                priority: 200
            },
            Event::MasterHeard {
                master: GREATER,
                priority: 210
            },
        ]
    );
}

#[test]
fn forged_sources_are_told_of_a_few_times_only() {
    let mut bench = Bench::backup(config());
    for round in 0..20_u8 {
        for number in 0..250 {
            bench.hear(ip([10, 9, round, number]), 100);
        }
        bench.wait(ms(10));
    }
    // Eight new masters and eight oddities in ten seconds.
    assert!(bench.take_events().len() <= 16);
    assert!(bench.router.peers().count() <= 32);
    bench.wait(SECOND * 2);
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn after_a_flood_news_are_told_again() {
    let mut bench = Bench::backup(config());
    for number in 0..250 {
        bench.hear(ip([10, 9, 9, number]), 100);
    }
    bench.take();
    bench.wait(SECOND * 10);
    bench.hear(LOWER, 100);
    assert!(!bench.take_events().is_empty());
}

#[test]
fn a_known_peer_survives_a_flood_of_others_while_it_is_heard() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 200);
    for number in 0..250 {
        bench.wait(ms(1));
        bench.hear(ip([10, 9, 9, number]), 200);
        bench.wait(ms(1));
        bench.hear(LOWER, 200);
    }
    assert!(bench.router.peers().any(|peer| peer.address == LOWER));
}
