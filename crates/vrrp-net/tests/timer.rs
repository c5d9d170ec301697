//! The timer against the clock.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use vrrp_net::clock;
use vrrp_net::timer::Timer;

const LONG: Duration = Duration::from_secs(20);

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async { tokio::time::timeout(LONG, test).await.unwrap() });
}

#[test]
fn a_timer_never_fires_early_and_comes_closer_than_a_millisecond() {
    run(async {
        let timer = Timer::new().unwrap();
        let mut best = u64::MAX;
        for _ in 0..50 {
            let deadline = clock::now() + 2_300_000;
            timer.arm_at(deadline).unwrap();
            timer.wait().await.unwrap();
            let lateness = clock::now().checked_sub(deadline).unwrap();
            best = best.min(lateness);
        }
        println!("least lateness: {best} ns");
        assert!(best < 500_000, "{best} ns");
    });
}

#[test]
fn a_deadline_in_the_past_fires_at_once_even_time_zero() {
    run(async {
        let timer = Timer::new().unwrap();
        for deadline in [0, 1, clock::now()] {
            timer.arm_at(deadline).unwrap();
            timer.wait().await.unwrap();
        }
    });
}

#[test]
fn arming_again_replaces_the_deadline_also_one_that_has_passed() {
    run(async {
        let timer = Timer::new().unwrap();
        timer.arm_at(1).unwrap();
        let deadline = clock::now() + 5_000_000;
        timer.arm_at(deadline).unwrap();
        timer.wait().await.unwrap();
        assert!(clock::now() >= deadline);
    });
}

#[test]
fn a_disarmed_timer_stays_silent() {
    run(async {
        let timer = Timer::new().unwrap();
        timer.arm_at(1).unwrap();
        timer.disarm().unwrap();
        let other = Timer::new().unwrap();
        other.arm_at(clock::now() + 5_000_000).unwrap();
        tokio::select! {
            biased;
            result = timer.wait() => panic!("it fired: {result:?}"),
            result = other.wait() => result.unwrap(),
        }
    });
}

#[test]
fn a_wait_given_up_loses_nothing() {
    run(async {
        let timer = Timer::new().unwrap();
        timer.arm_at(clock::now() + 3_000_000).unwrap();
        for _ in 0..3 {
            tokio::select! {
                biased;
                _ = timer.wait() => return,
                () = tokio::task::yield_now() => {}
            }
        }
        timer.wait().await.unwrap();
    });
}
