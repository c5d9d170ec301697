//! Elections among several routers on one segment (RFC 9568 §6.4).

use vrrp_core::{Input, State};

use crate::common::{Lan, MASTER_DOWN, SECOND, ms, with};

fn priorities(priorities: &[u8]) -> Vec<vrrp_core::RouterConfig> {
    priorities
        .iter()
        .map(|&priority| with(|config| config.priority = priority))
        .collect()
}

#[test]
fn the_highest_priority_becomes_the_only_master() {
    let mut lan = Lan::settled(priorities(&[100, 150, 200]));
    assert_eq!(lan.masters(), [2]);
    assert_eq!(lan.holders(), [2]);
    lan.take_transitions();
    lan.run(SECOND * 600);
    assert_eq!(lan.take_transitions(), 0, "nothing changes without a cause");
}

#[test]
fn equal_priorities_end_with_the_greater_address_as_the_only_master() {
    let lan = Lan::settled(priorities(&[100, 100, 100]));
    assert_eq!(lan.masters(), [2]);
}

#[test]
fn after_a_crash_the_next_best_takes_over_within_master_down_interval() {
    let mut lan = Lan::settled(priorities(&[100, 150, 200]));
    lan.crash(2);
    lan.run(SECOND * 20);
    assert_eq!(lan.masters(), [1]);
    assert!(
        lan.without <= MASTER_DOWN,
        "{:?} without a holder",
        lan.without
    );
    assert_eq!(lan.doubled, ms(0));
}

#[test]
fn a_better_router_that_returns_preempts_without_a_gap() {
    let mut lan = Lan::settled(priorities(&[100, 150]));
    lan.crash(1);
    lan.run(SECOND * 20);
    lan.without = ms(0);
    lan.hosts[1].router =
        vrrp_core::VirtualRouter::new(with(|config| config.priority = 150)).expect("valid");
    lan.up(1);
    lan.run(SECOND * 20);
    assert_eq!(lan.masters(), [1]);
    assert_eq!(lan.without, ms(0));
    assert!(lan.doubled <= ms(6), "{:?} with two holders", lan.doubled);
}

#[test]
fn a_router_that_returns_without_preempt_stays_backup() {
    let patient = |priority| {
        with(|config| {
            config.priority = priority;
            config.preempt = false;
        })
    };
    let mut lan = Lan::settled(vec![patient(100)]);
    lan.hosts
        .extend(Lan::new(vec![patient(1), patient(200)]).hosts.drain(1..));
    lan.up(1);
    lan.run(SECOND * 60);
    assert_eq!(lan.masters(), [0]);
    assert_eq!(lan.hosts[1].router.state(), State::Backup);
}

#[test]
fn two_masters_after_a_partition_are_one_again_after_one_advert() {
    let mut lan = Lan::settled(priorities(&[100, 150]));
    // Cut: each alone is master.
    lan.input(0, Input::Group(vrrp_core::GroupOrder::Master));
    assert_eq!(lan.holders(), [0, 1]);
    lan.run(ms(10));
    assert_eq!(lan.masters(), [1]);
    assert_eq!(lan.holders(), [1]);
    lan.run(SECOND * 10);
    assert_eq!(lan.masters(), [1]);
}

#[test]
fn the_winner_announces_again_although_it_only_heard_the_losers_goodbye() {
    let mut lan = Lan::settled(priorities(&[100, 150]));
    // The loser becomes master unheard, as behind a cut.
    lan.hosts[1].wants_form = Some(vrrp_wire::ChecksumForm::Rfc5798);
    lan.input(0, Input::Group(vrrp_core::GroupOrder::Master));
    lan.run(ms(1));
    lan.hosts[1].wants_form = None;
    lan.take(0);
    lan.take(1);
    lan.run(SECOND);
    assert_eq!(lan.masters(), [1]);
    let outputs = lan.take(1);
    let announced = outputs
        .iter()
        .position(|(_, output)| matches!(output, vrrp_core::Output::Announce { .. }));
    assert!(announced.is_some(), "{outputs:?}");
}
