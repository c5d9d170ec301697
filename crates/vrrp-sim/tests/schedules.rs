//! Random schedules from fixed seeds, and the simulator itself.

use vrrp_sim::{Fault, Invariant, Scenario, run, run_traced, shrink};

fn all_hold(seeds: core::ops::Range<u64>, mixed: bool) {
    let mut failovers = 0;
    for seed in seeds {
        let outcome = run(&Scenario::generate(seed, mixed));
        assert_eq!(
            outcome.violation,
            None,
            "replay with: vrrp-sim --replay --seed {seed}{}",
            if mixed { " --mixed" } else { "" }
        );
        failovers += outcome.failovers;
    }
    assert!(failovers > 0);
}

#[test]
fn every_invariant_holds_in_the_first_schedules() {
    all_hold(0..600, false);
}

#[test]
fn every_invariant_holds_in_the_first_schedules_beside_a_keepalived() {
    all_hold(0..300, true);
}

#[test]
fn the_same_seed_gives_the_same_run_to_the_last_byte() {
    for seed in 0..20 {
        let trace = || {
            run_traced(&Scenario::generate(seed, false))
                .trace
                .to_string()
        };
        let first = trace();
        assert!(!first.is_empty());
        assert_eq!(first, trace());
    }
}

#[test]
fn different_seeds_give_different_runs() {
    let trace = |seed| {
        run_traced(&Scenario::generate(seed, false))
            .trace
            .to_string()
    };
    assert_ne!(trace(1), trace(2));
}

/// Found by the simulator: a Keepalived that wakes beside a fresh vrrpd with a faster clock was
/// kept from being heard for ever.
#[test]
fn a_keepalived_that_drops_our_adverts_is_heard_all_the_same() {
    all_hold(2434..2435, true);
}

/// Found by the simulator: masters of both checksum forms talked past each other for ever.
#[test]
fn masters_of_both_checksum_forms_come_to_terms() {
    all_hold(388..389, true);
}

/// A lease that is off outlives a killed daemon: the watch must see it, and the shrinker must
/// keep only the fault that matters.
#[test]
fn a_broken_promise_is_found_and_shrunk_to_the_fault_that_breaks_it() {
    let mut scenario = Scenario::generate(3, false);
    for host in &mut scenario.hosts {
        host.config.lease = vrrp_core::LeasePolicy::Off;
        host.config.preempt = true;
    }
    let interval = scenario.interval();
    scenario.schedule = (0..scenario.hosts.len())
        .flat_map(|host| {
            let at = interval * (100 + 100 * host as u64);
            [
                (at, Fault::Crash(host, interval * 2)),
                (at + 30 * interval, Fault::Kill(host, interval * 20)),
            ]
        })
        .collect();
    let small = shrink(&scenario);
    let violation = run(&small).violation.expect("a lease that never ends");
    assert_eq!(violation.invariant, Invariant::LeaseEnds);
    assert_eq!(small.schedule.len(), 1, "{small}");
    assert!(matches!(small.schedule[0].1, Fault::Kill(..)));
    assert!(
        violation.to_string().contains("keeps the address"),
        "{violation}"
    );
}
