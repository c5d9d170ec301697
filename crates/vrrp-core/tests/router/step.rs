//! Keeping step with other routers of the host (not in the RFC).

use core::time::Duration;

use vrrp_core::{
    ChecksumPolicy, Input, Instant, LeasePolicy, Output, RouterConfig, State, VirtualRouter,
};

use crate::common::{Bench, LOWER, OWN, SECOND, ms, with};

const STEP: Duration = Duration::from_nanos(31_250_000);

fn in_step(change: impl FnOnce(&mut RouterConfig)) -> RouterConfig {
    with(|config| {
        config.in_step = true;
        change(config);
    })
}

fn is_on_step(at: Instant) -> bool {
    at.rounded_down(STEP) == at
}

fn assert_on_steps(times: &[Instant]) {
    assert!(times.iter().all(|at| is_on_step(*at)), "{times:?}");
}

/// The time from each to the next.
fn gaps(times: &[Instant]) -> Vec<Duration> {
    let pairs = times.windows(2);
    pairs.map(|pair| pair[1].since(pair[0])).collect()
}

/// When each of the next `count` outputs that `wanted` picks comes.
fn times(bench: &mut Bench, count: usize, wanted: fn(&Output) -> bool) -> Vec<Instant> {
    let mut times = Vec::new();
    while times.len() < count {
        bench.wait(bench.until_deadline().expect("a master has timers"));
        if bench.take().iter().any(wanted) {
            times.push(bench.now());
        }
    }
    times
}

fn is_advert(output: &Output) -> bool {
    matches!(output, Output::SendAdvert(_))
}

fn is_renewal(output: &Output) -> bool {
    matches!(output, Output::RenewLease { .. })
}

#[test]
fn adverts_leave_on_common_steps_and_an_interval_apart() {
    for late in [0, 1, 17, 31, 500] {
        let mut bench = Bench::backup(in_step(|_| {}));
        bench.wait(ms(late));
        bench.hear(LOWER, 0);
        let since = times(&mut bench, 1, is_advert)[0];
        assert_eq!(bench.state(), State::Master);
        let times = times(&mut bench, 5, is_advert);
        let first = times[0].since(since);
        assert!(first <= SECOND && first > SECOND - STEP, "{first:?}");
        assert_on_steps(&times);
        assert_eq!(gaps(&times), [SECOND; 4]);
    }
}

#[test]
fn out_of_step_every_interval_is_whole() {
    let mut bench = Bench::backup(with(|_| {}));
    bench.wait(ms(17));
    bench.hear(LOWER, 0);
    let times = times(&mut bench, 3, is_advert);
    assert!(!is_on_step(times[0]));
    assert_eq!(gaps(&times), [SECOND; 2]);
}

#[test]
fn the_lease_is_renewed_with_the_adverts() {
    let mut bench = Bench::master(in_step(|_| {}));
    let renewals = times(&mut bench, 4, is_renewal);
    assert_on_steps(&renewals);
    assert_eq!(gaps(&renewals), [SECOND; 3]);
}

/// The pause is one step, or rounding would take it back.
#[test]
fn the_pause_for_a_master_that_may_not_be_heard_leads_to_the_next_step() {
    let mut bench = Bench::master(in_step(|config| {
        config.checksum = ChecksumPolicy::Auto;
        config.lease = LeasePolicy::Off;
    }));
    let times = times(&mut bench, 17, is_advert);
    assert_on_steps(&times);
    let gaps = gaps(&times);
    let pauses = gaps.iter().filter(|gap| **gap == SECOND + STEP);
    assert_eq!(pauses.count(), 2);
}

#[test]
fn an_advert_late_by_a_whole_interval_begins_a_new_beat_on_a_step() {
    let mut bench = Bench::master(in_step(|config| config.lease = LeasePolicy::Off));
    bench.stall(SECOND * 2 + ms(10));
    bench.timer();
    let next = times(&mut bench, 1, is_advert)[0];
    assert!(is_on_step(next));
}

#[test]
fn where_time_ends_what_is_waited_for_is_still_to_come() {
    let config = in_step(|config| config.lease = LeasePolicy::Seconds(u32::MAX));
    let mut router = VirtualRouter::new(config).expect("a good configuration");
    let end = Instant::from_nanos(u64::MAX);
    router.handle(end - 100 * SECOND, Input::Up { source: OWN });
    for _ in 0..20 {
        let now = router
            .deadline()
            .expect("a backup, then a master, has timers");
        router.handle(now, Input::Timer);
        while router.poll_output().is_some() {}
        assert!(router.deadline().is_some_and(|next| next > now));
    }
    assert_eq!(router.state(), State::Master);
}
