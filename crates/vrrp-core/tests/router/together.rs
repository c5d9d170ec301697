//! Several routers through longer stories, end to end.

use core::time::Duration;

use vrrp_core::{FaultReason, Input, VirtualRouter};
use vrrp_wire::Centiseconds;

use crate::common::{Lan, SECOND, ms, with};

fn trio() -> Vec<vrrp_core::RouterConfig> {
    [100, 150, 200]
        .map(|priority| {
            with(|config| {
                config.priority = priority;
                config.advert_interval = Centiseconds(10);
            })
        })
        .to_vec()
}

#[test]
fn a_rolling_restart_of_all_hosts_costs_no_moment_without_a_holder() {
    let mut lan = Lan::settled(trio());
    for host in [2, 1, 0, 2, 1, 0] {
        lan.input(host, Input::Shutdown);
        lan.run(SECOND);
        lan.hosts[host].router =
            VirtualRouter::new(trio()[host].clone()).expect("a valid configuration");
        lan.up(host);
        lan.run(SECOND * 5);
    }
    assert_eq!(lan.without, Duration::ZERO);
    assert_eq!(lan.masters(), [2]);
    assert_eq!(lan.holders(), [2]);
}

#[test]
fn drain_and_undrain_move_the_addresses_there_and_back_without_a_gap() {
    let mut lan = Lan::settled(trio());
    lan.input(2, Input::Drain);
    lan.run(SECOND * 10);
    assert_eq!(lan.holders(), [1]);
    lan.input(2, Input::Undrain);
    lan.run(SECOND * 10);
    assert_eq!(lan.holders(), [2]);
    assert_eq!(lan.without, Duration::ZERO);
}

#[test]
fn resign_moves_the_addresses_once_and_they_stay() {
    let mut lan = Lan::settled(trio());
    lan.input(2, Input::Resign);
    lan.run(SECOND * 60);
    assert_eq!(lan.holders(), [1]);
    assert_eq!(lan.take_transitions(), 2);
}

#[test]
fn a_fault_moves_the_addresses_within_master_down_interval_and_recovery_moves_them_back() {
    let mut lan = Lan::settled(trio());
    lan.input(
        2,
        Input::Down {
            reason: FaultReason::NoCarrier,
        },
    );
    lan.run(SECOND * 5);
    assert_eq!(lan.holders(), [1]);
    assert!(lan.without <= ms(400), "{:?}", lan.without);
    lan.without = Duration::ZERO;
    lan.up(2);
    lan.run(SECOND * 5);
    assert_eq!(lan.holders(), [2]);
    assert_eq!(lan.without, Duration::ZERO);
}

#[test]
fn different_intervals_still_make_one_master() {
    let mut configs = trio();
    configs[0].advert_interval = Centiseconds(1);
    configs[2].advert_interval = Centiseconds(300);
    let mut lan = Lan::settled(configs);
    assert_eq!(lan.masters(), [2]);
    lan.crash(2);
    lan.run(SECOND * 20);
    assert_eq!(lan.masters(), [1]);
    lan.take_transitions();
    lan.run(SECOND * 20);
    assert_eq!(lan.take_transitions(), 0);
}
