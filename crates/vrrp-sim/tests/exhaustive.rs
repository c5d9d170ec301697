//! Every order of a bounded set of happenings in groups of two and three.

use vrrp_sim::explore::{Exploration, Request, explore};

/// Runs `exploration` and returns how many orders there were.
fn all(exploration: &Exploration) -> u64 {
    let found = explore(exploration);
    assert_eq!(found.failure, None, "{exploration:?}");
    found.orders
}

fn pair(settled: bool, requests: &[Request], losses: u8, depth: u8) -> Exploration {
    Exploration {
        priorities: vec![100, 200],
        preempt: true,
        settled,
        requests: requests.to_vec(),
        losses,
        depth,
    }
}

fn every_preempt_and_priority(exploration: &Exploration) -> u64 {
    let mut orders = 0;
    for preempt in [true, false] {
        for second in [200, 100, 255] {
            let mut variant = exploration.clone();
            variant.preempt = preempt;
            variant.priorities[1] = second;
            orders += all(&variant);
        }
    }
    orders
}

#[test]
fn two_routers_that_start_together_settle_whatever_is_lost_and_in_whatever_order() {
    assert!(every_preempt_and_priority(&pair(false, &[], 3, 12)) > 100);
}

#[test]
fn two_routers_settle_after_one_request_at_any_moment() {
    for request in [
        Request::Resign,
        Request::Sick,
        Request::Crash,
        Request::Shutdown,
        Request::Flap,
    ] {
        assert!(
            every_preempt_and_priority(&pair(true, &[request], 2, 9)) > 100,
            "{request:?}"
        );
    }
}

#[test]
fn two_routers_settle_after_two_requests_at_any_moments() {
    for first in [Request::Resign, Request::Sick, Request::Flap] {
        for second in [
            Request::Resign,
            Request::Well,
            Request::Crash,
            Request::Shutdown,
        ] {
            let orders = every_preempt_and_priority(&pair(true, &[first, second], 1, 6));
            assert!(orders > 100, "{first:?} {second:?}");
        }
    }
}

#[test]
fn three_routers_settle_after_one_request_at_any_moment() {
    for request in [
        Request::Resign,
        Request::Sick,
        Request::Crash,
        Request::Shutdown,
    ] {
        for preempt in [true, false] {
            let orders = all(&Exploration {
                priorities: vec![100, 150, 200],
                preempt,
                settled: true,
                requests: vec![request],
                losses: 1,
                depth: 6,
            });
            assert!(orders > 100, "{request:?}: {orders}");
        }
    }
}
