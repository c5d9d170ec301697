//! A host's own clock, which is fast or slow by some parts in a billion.

use vrrp_core::Instant;

/// Turns the simulation's time (nanoseconds) into the host's and back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// What the host's clock shows at time 0.
    pub(crate) offset: u64,
    /// Parts per billion that it is fast; negative if slow.
    pub(crate) drift_ppb: i64,
}

const BILLION: i128 = 1_000_000_000;

impl Clock {
    pub(crate) fn local(self, time: u64) -> Instant {
        let elapsed = i128::from(time) * (BILLION + i128::from(self.drift_ppb)) / BILLION;
        Instant::from_nanos(self.offset + u64::try_from(elapsed).unwrap_or(0))
    }

    /// The first time at which the host's clock shows `local` or more.
    pub(crate) fn time(self, local: Instant) -> u64 {
        let elapsed = i128::from(local.as_nanos().saturating_sub(self.offset)) * BILLION;
        let rate = BILLION + i128::from(self.drift_ppb);
        let time = (elapsed + rate - 1) / rate;
        u64::try_from(time).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_turned_into_time_is_reached_at_that_time_and_not_before() {
        for drift_ppb in [-200_000, 0, 1, 200_000] {
            let clock = Clock {
                offset: 77,
                drift_ppb,
            };
            for nanos in [77_u64, 78, 1_000_000_007, 3_600_000_000_001] {
                let local = Instant::from_nanos(nanos);
                let time = clock.time(local);
                assert!(clock.local(time) >= local);
                assert!(time == 0 || clock.local(time - 1) < local);
            }
        }
    }
}
