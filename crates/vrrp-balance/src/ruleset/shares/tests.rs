//! Exact shares, few moves.

use std::net::SocketAddr;

use proptest::prelude::*;

use super::{SLOTS, Weighted, by_hash, in_turn, shuffled};

fn backends(weights: &[u32]) -> Vec<Weighted> {
    let address = |index: usize| -> SocketAddr {
        format!("10.0.50.{}:6443", 11 + index)
            .parse()
            .expect("address and port")
    };
    weights
        .iter()
        .enumerate()
        .map(|(index, weight)| (address(index), *weight))
        .collect()
}

fn counts(table: &[usize], backends: usize) -> Vec<usize> {
    let mut counts = vec![0; backends];
    for index in table {
        counts[*index] += 1;
    }
    counts
}

fn all(backends: &[Weighted]) -> Vec<usize> {
    (0..backends.len()).collect()
}

/// Each count is what the weights say, but for rounding and for the slot that each gets at least.
fn assert_exact(counts: &[usize], weights: &[u32]) {
    let (total, sum): (usize, u32) = (counts.iter().sum(), weights.iter().sum());
    for (count, weight) in counts.iter().zip(weights) {
        let exact = total as f64 * f64::from(*weight) / f64::from(sum);
        let slack = counts.len() as f64;
        assert!(
            (*count as f64 - exact).abs() <= slack && *count > 0,
            "{counts:?} for {weights:?}"
        );
    }
}

fn weights() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(1..=256_u32, 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_slot_has_an_owner_and_shares_are_exact(weights in weights()) {
        let backends = backends(&weights);
        let table = by_hash(&backends, &all(&backends));
        prop_assert_eq!(table.len(), SLOTS);
        assert_exact(&counts(&table, weights.len()), &weights);
    }

    #[test]
    fn a_lost_backend_moves_only_its_own_slots(weights in weights(), lost in any::<prop::sample::Index>()) {
        let backends = backends(&weights);
        let before = by_hash(&backends, &all(&backends));
        let lost = lost.index(weights.len());
        let takers: Vec<usize> = all(&backends).into_iter().filter(|index| *index != lost).collect();
        prop_assume!(!takers.is_empty());
        let after = by_hash(&backends, &takers);
        prop_assert_eq!(after.len(), SLOTS);
        for (before, after) in before.iter().zip(&after) {
            prop_assert!(*after != lost);
            if *before != lost {
                prop_assert_eq!(before, after);
            }
        }
        let left: Vec<u32> = takers.iter().map(|index| weights[*index]).collect();
        let mut counts = counts(&after, weights.len());
        counts.remove(lost);
        assert_exact(&counts, &left);
    }

    #[test]
    fn the_order_of_the_configuration_does_not_matter(weights in weights(), turn in 0..8_usize) {
        let backends = backends(&weights);
        let mut turned = backends.clone();
        turned.rotate_left(turn % weights.len());
        let owner = |backends: &[Weighted]| -> Vec<SocketAddr> {
            by_hash(backends, &all(backends)).iter().map(|index| backends[*index].0).collect()
        };
        let (a, b) = (owner(&backends), owner(&turned));
        let moved = a.iter().zip(&b).filter(|(a, b)| a != b).count();
        // Who gets the odd slots is up to the order.
        prop_assert!(moved <= 2 * weights.len(), "{moved} slots");
    }

    #[test]
    fn turns_come_by_weight(weights in weights()) {
        for order in [in_turn(&weights), shuffled(&weights, 7)] {
            prop_assert!(order.len() <= SLOTS);
            assert_exact(&counts(&order, weights.len()), &weights);
        }
    }
}

#[test]
fn another_backend_moves_little_more_than_its_share() {
    for number in 2..=7 {
        let after = backends(&vec![1; number]);
        let before = &after[..number - 1];
        let (old, new) = (by_hash(before, &all(before)), by_hash(&after, &all(&after)));
        let moved = old.iter().zip(&new).filter(|(old, new)| old != new);
        let beyond = moved.filter(|(_, new)| **new != number - 1).count();
        assert!(
            beyond * 100 <= SLOTS * 6,
            "{beyond} of {SLOTS} for {number}"
        );
    }
}

#[test]
fn turns_are_spread_out_evenly() {
    assert_eq!(in_turn(&[1, 1, 1]), [0, 1, 2]);
    assert_eq!(in_turn(&[10, 20, 10]), [1, 0, 2, 1]);
    let heavy = in_turn(&[5, 1]);
    assert_eq!(heavy.iter().filter(|place| **place == 0).count(), 5);
    assert_eq!(heavy.len(), 6);
}

#[test]
fn a_shuffled_cycle_has_no_run_that_matters_and_differs_by_seed() {
    let order = shuffled(&[1, 1, 1], 1);
    assert_eq!(order.len(), 1023);
    assert_ne!(order, shuffled(&[1, 1, 1], 2));
    assert!(order.windows(3).any(|three| three[0] == three[1]));
    for window in order.windows(300) {
        let counts = counts(window, 3);
        assert!(
            counts.iter().all(|count| (60..140).contains(count)),
            "{counts:?}"
        );
    }
}

#[test]
fn weights_too_far_apart_for_the_table_still_give_everybody_something() {
    let weights = [1, 1_000_000];
    for table in [
        in_turn(&weights),
        shuffled(&weights, 1),
        by_hash(&backends(&weights), &[0, 1]),
    ] {
        assert_eq!(counts(&table, 2), [1, 1023]);
    }
}
