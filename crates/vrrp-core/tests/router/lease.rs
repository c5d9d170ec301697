//! The lease on the addresses (not in the RFC).

use core::time::Duration;

use vrrp_core::{Input, LeasePolicy, Output, State};
use vrrp_wire::Centiseconds;

use crate::common::{Bench, LOWER, SECOND, config, ms, with};

/// The lifetime that `bench` asks for next.
pub(crate) fn lifetime(mut bench: Bench) -> Option<Duration> {
    bench.input(Input::AddressesLost);
    bench
        .take()
        .into_iter()
        .find_map(|output| match output {
            Output::AcquireAddresses { lifetime } => Some(lifetime),
            _ => None,
        })
        .expect("a master takes its addresses back")
}

fn renewals(outputs: &[Output]) -> usize {
    outputs
        .iter()
        .filter(|output| matches!(output, Output::RenewLease { .. }))
        .count()
}

#[test]
fn auto_is_master_down_interval_rounded_up_to_whole_seconds() {
    let auto = |interval, priority| {
        lifetime(Bench::master(with(|config| {
            config.advert_interval = Centiseconds(interval);
            config.priority = priority;
        })))
    };
    assert_eq!(auto(100, 100), Some(SECOND * 4));
    assert_eq!(auto(1, 100), Some(SECOND));
    assert_eq!(auto(32, 100), Some(SECOND * 2), "1.155 s");
    assert_eq!(auto(200, 128), Some(SECOND * 7), "7 s as they are");
    assert_eq!(auto(4095, 254), Some(SECOND * 124), "123.17 s");
}

#[test]
fn a_given_lease_is_used_as_it_is_but_never_zero() {
    let given = |seconds| {
        lifetime(Bench::master(with(|config| {
            config.lease = LeasePolicy::Seconds(seconds);
        })))
    };
    assert_eq!(given(30), Some(SECOND * 30));
    assert_eq!(given(0), Some(SECOND));
}

#[test]
fn a_lease_that_is_off_is_for_ever_and_never_renewed() {
    let off = || with(|config| config.lease = LeasePolicy::Off);
    assert_eq!(lifetime(Bench::master(off())), None);
    let mut bench = Bench::master(off());
    bench.wait(SECOND * 600);
    assert_eq!(renewals(&bench.take()), 0);
}

#[test]
fn a_running_master_renews_four_times_in_each_lifetime() {
    let mut bench = Bench::master(config());
    bench.wait(SECOND * 40);
    let outputs = bench.take();
    assert_eq!(renewals(&outputs), 40);
    assert!(outputs.contains(&Output::RenewLease {
        lifetime: Some(SECOND * 4)
    }));
    assert!(bench.router.counters().lease_renewals >= 40);
}

#[test]
fn the_shortest_lease_bears_a_lateness_of_nearly_three_quarters_of_a_second() {
    let mut bench = Bench::master(with(|config| config.lease = LeasePolicy::Seconds(1)));
    for _ in 0..20 {
        let next = bench.until_deadline().expect("a master has timers");
        assert!(next <= ms(250));
        bench.wait(next);
    }
}

#[test]
fn nothing_is_renewed_before_or_after_mastership() {
    let mut bench = Bench::backup(config());
    bench.wait_hearing(LOWER, 200, 60);
    assert_eq!(renewals(&bench.take()), 0);

    let mut bench = Bench::master(config());
    bench.wait_hearing(LOWER, 200, 60);
    let outputs = bench.take();
    assert_eq!(renewals(&outputs), 0);
    assert!(outputs.contains(&Output::ReleaseAddresses));
}

#[test]
fn a_master_that_leaves_renews_until_it_has_left() {
    let mut bench = Bench::master(with(|config| config.lease = LeasePolicy::Seconds(1)));
    bench.input(Input::Resign);
    bench.wait(SECOND);
    let outputs = bench.take();
    assert!(renewals(&outputs) >= 3);
    assert!(bench.router.holds_addresses());
}

/// A stall that ends before Master_Down_Interval leaves little of the lease, the handover takes
/// longer.
#[test]
fn a_leave_after_a_stall_renews_a_lease_that_would_not_last() {
    let mut bench = Bench::master(with(|config| config.lease = LeasePolicy::Seconds(3)));
    bench.stall(ms(2_200));
    bench.input(Input::Drain);
    assert_eq!(renewals(&bench.take()), 1);
    let mut bench = Bench::master(config());
    bench.input(Input::Drain);
    assert_eq!(renewals(&bench.take()), 0, "there is enough of it left");
}

#[test]
fn addresses_whose_lease_ended_in_a_short_stall_are_taken_again_before_anything_else() {
    let mut bench = Bench::master(with(|config| config.lease = LeasePolicy::Seconds(2)));
    bench.stall(SECOND * 2);
    bench.hear(LOWER, 50);
    let outputs = bench.take();
    assert_eq!(
        outputs.first(),
        Some(&Output::AcquireAddresses {
            lifetime: Some(SECOND * 2)
        })
    );
    assert!(matches!(outputs.get(1), Some(Output::Announce { .. })));
    assert_eq!(bench.state(), State::Master);
}
