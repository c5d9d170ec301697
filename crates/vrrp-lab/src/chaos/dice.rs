//! The only source of chance. PCG is chosen because its crate promises that a seed gives the
//! same numbers in every later version; ranges are cut here for the same reason.

use std::ops::RangeInclusive;
use std::time::Duration;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

#[derive(Clone, Debug)]
pub(super) struct Dice(Pcg64Mcg);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed))
    }

    /// From 0 to `bound` − 1; 0 if `bound` is 0.
    fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.0.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// True `percent` times in a hundred.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Whole milliseconds, both ends included.
    pub(super) fn millis(&mut self, range: RangeInclusive<u64>) -> Duration {
        let (low, high) = (*range.start(), *range.end());
        Duration::from_millis(low + self.below(high.saturating_sub(low).saturating_add(1)))
    }

    /// A place in `weights`, each as often as its weight says.
    pub(super) fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (place, weight) in weights.iter().enumerate() {
            if left < *weight {
                return place;
            }
            left -= weight;
        }
        0
    }
}
