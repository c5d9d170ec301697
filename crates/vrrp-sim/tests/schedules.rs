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

/// 20,000 schedules in parts that run side by side.
macro_rules! parts {
    ($($name:ident: $seeds:expr, $mixed:expr;)*) => {$(
        #[test]
        fn $name() {
            all_hold($seeds, $mixed);
        }
    )*};
}

parts! {
    every_invariant_holds_in_the_first_4000_schedules: 0..4_000, false;
    every_invariant_holds_in_the_second_4000_schedules: 4_000..8_000, false;
    every_invariant_holds_in_the_third_4000_schedules: 8_000..12_000, false;
    every_invariant_holds_in_the_fourth_4000_schedules: 12_000..16_000, false;
    every_invariant_holds_in_2000_schedules_beside_a_keepalived: 0..2_000, true;
    every_invariant_holds_in_2000_more_schedules_beside_a_keepalived: 2_000..4_000, true;
}

#[test]
fn every_invariant_holds_in_200_marathons_with_and_without_a_keepalived() {
    for seed in 0..200 {
        let mixed = seed % 4 == 0;
        let outcome = run(&Scenario::marathon(seed, mixed));
        assert_eq!(outcome.violation, None, "seed {seed}, mixed: {mixed}");
        assert!(outcome.failovers > 0, "seed {seed}");
    }
}

/// As the daemon runs them.
#[test]
fn every_invariant_holds_in_2000_schedules_and_50_marathons_in_step() {
    let short = (0..2_000).map(|seed| Scenario::generate(seed, seed % 4 == 0));
    let marathons = (0..50).map(|seed| Scenario::marathon(seed, seed % 4 == 0));
    for scenario in short.chain(marathons).map(Scenario::in_step) {
        let outcome = run(&scenario);
        assert_eq!(outcome.violation, None, "{scenario}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run_to_the_last_byte() {
    for seed in 0..20 {
        let kinds: [fn(u64, bool) -> Scenario; 2] = [Scenario::generate, Scenario::marathon];
        for scenario in kinds {
            for mixed in [false, true] {
                let trace = || run_traced(&scenario(seed, mixed)).trace.to_string();
                let first = trace();
                assert!(!first.is_empty());
                assert_eq!(first, trace());
            }
        }
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
