//! The checksum form to send follows the peer last heard.

use core::time::Duration;

use vrrp_core::{ChecksumPolicy, Output, RouterConfig};
use vrrp_wire::ChecksumForm::{self, Rfc5798, Rfc9568};

use crate::common::{Bench, Heard, LOWER, Lan, MASTER_DOWN, SECOND, ms, with};

fn auto() -> RouterConfig {
    with(|config| config.checksum = ChecksumPolicy::Auto)
}

fn form_sent(bench: &mut Bench) -> ChecksumForm {
    bench.take();
    bench.wait(SECOND + ms(32));
    bench
        .take()
        .into_iter()
        .find_map(|output| match output {
            Output::SendAdvert(advert) => Some(advert.form),
            _ => None,
        })
        .expect("a master advertises every second")
}

fn hear(bench: &mut Bench, form: ChecksumForm) {
    bench.hear_advert(
        LOWER,
        &Heard {
            form: Some(form),
            ..Heard::priority(50)
        },
    );
}

#[test]
fn until_a_peer_is_heard_the_form_of_rfc_9568_is_sent() {
    let mut bench = Bench::master(auto());
    assert_eq!(form_sent(&mut bench), Rfc9568);
}

#[test]
fn the_form_of_the_peer_last_heard_is_sent() {
    let mut bench = Bench::master(auto());
    hear(&mut bench, Rfc5798);
    assert_eq!(form_sent(&mut bench), Rfc5798);
    bench.wait(MASTER_DOWN);
    hear(&mut bench, Rfc9568);
    assert_eq!(form_sent(&mut bench), Rfc9568);
}

#[test]
fn the_form_last_heard_is_told() {
    let mut bench = Bench::master(auto());
    assert_eq!(bench.router.heard_form(), None);
    hear(&mut bench, Rfc5798);
    assert_eq!(bench.router.heard_form(), Some(Rfc5798));
}

#[test]
fn while_both_forms_are_heard_that_of_rfc_5798_is_sent() {
    let mut bench = Bench::master(auto());
    for _ in 0..5 {
        hear(&mut bench, Rfc5798);
        hear(&mut bench, Rfc9568);
        assert_eq!(form_sent(&mut bench), Rfc5798);
    }
    bench.wait(MASTER_DOWN);
    assert_eq!(
        form_sent(&mut bench),
        Rfc5798,
        "until the other one alone is heard"
    );
}

#[test]
fn a_form_heard_as_backup_is_sent_as_master() {
    let mut bench = Bench::backup(auto());
    let heard = Heard {
        form: Some(Rfc5798),
        ..Heard::priority(200)
    };
    bench.hear_advert(LOWER, &heard);
    bench.wait(MASTER_DOWN);
    assert_eq!(form_sent(&mut bench), Rfc5798);
}

#[test]
fn a_fixed_form_is_sent_whatever_is_heard() {
    let mut bench = Bench::master(with(|config| {
        config.checksum = ChecksumPolicy::Fixed(Rfc9568);
    }));
    hear(&mut bench, Rfc5798);
    assert_eq!(form_sent(&mut bench), Rfc9568);
    let mut bench = Bench::master(with(|config| {
        config.checksum = ChecksumPolicy::Fixed(Rfc5798);
    }));
    assert_eq!(form_sent(&mut bench), Rfc5798);
}

/// A router that sends and accepts the pseudo-header form only, as Keepalived does.
fn keepalived(priority: u8) -> RouterConfig {
    with(|config| {
        config.priority = priority;
        config.checksum = ChecksumPolicy::Fixed(Rfc5798);
    })
}

/// Runs an auto router beside one with Keepalived's checksum and returns, for the time after
/// both have run for one Master_Down_Interval, whether the better one was the only holder.
fn settles(first_is_ours: bool, ours: u8, theirs: u8) -> bool {
    let configs = vec![
        with(|config| {
            config.priority = ours;
            config.checksum = ChecksumPolicy::Auto;
        }),
        keepalived(theirs),
    ];
    let mut lan = Lan::new(configs);
    lan.hosts[1].wants_form = Some(Rfc5798);
    let (first, second) = if first_is_ours { (0, 1) } else { (1, 0) };
    lan.up(first);
    lan.run(Duration::from_secs(10));
    lan.up(second);
    lan.run(MASTER_DOWN.max(lan.hosts[second].router.master_down_interval()) + ms(10));
    lan.without = Duration::ZERO;
    lan.doubled = Duration::ZERO;
    lan.run(Duration::from_secs(60));
    let better = usize::from(theirs > ours);
    lan.holders() == [better] && lan.without.is_zero() && lan.doubled.is_zero()
}

#[test]
fn beside_a_keepalived_it_settles_within_master_down_interval_whoever_starts_first_or_is_higher() {
    for first_is_ours in [true, false] {
        for (ours, theirs) in [(100, 150), (150, 100)] {
            assert!(
                settles(first_is_ours, ours, theirs),
                "ours {ours}, theirs {theirs}, ours first: {first_is_ours}"
            );
        }
    }
}

/// A Keepalived master puts its advert off whenever it drops one of ours; without a pause we
/// could keep it unheard for ever.
#[test]
fn while_unsure_of_the_form_every_eighth_advert_comes_a_thirty_second_of_an_interval_later() {
    let gaps = |bench: &mut Bench| {
        let mut times = Vec::new();
        while times.len() < 17 {
            bench.wait(bench.until_deadline().expect("a master has timers"));
            if !bench.take_sent().is_empty() {
                times.push(bench.now());
            }
        }
        let gaps: Vec<_> = times
            .windows(2)
            .map(|pair| pair[1].since(pair[0]))
            .collect();
        gaps
    };
    let pause = SECOND + SECOND / 32;
    let long = |gaps: &[Duration]| gaps.iter().filter(|gap| **gap == pause).count();

    let mut bench = Bench::master(auto());
    let unsure = gaps(&mut bench);
    assert_eq!(long(&unsure), 2, "{unsure:?}");
    assert!(unsure.iter().all(|gap| *gap == SECOND || *gap == pause));

    hear(&mut bench, Rfc5798);
    bench.wait(SECOND * 2);
    bench.take();
    assert_eq!(
        long(&gaps(&mut bench)),
        0,
        "what it hears it answers in kind"
    );

    let mut bench = Bench::master(with(|_| {}));
    assert_eq!(long(&gaps(&mut bench)), 0, "a fixed form");
}
