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

const BILLION: i64 = 1_000_000_000;

impl Clock {
    pub(crate) fn local(self, time: u64) -> Instant {
        Instant::from_nanos(self.offset + self.elapsed(time))
    }

    /// What the host's clock has counted at `time`, rounded down. In whole seconds and the rest
    /// of one, for division of 128 bits is most of what a run would do.
    fn elapsed(self, time: u64) -> u64 {
        let seconds = (time / BILLION.unsigned_abs()).cast_signed();
        let rest = (time % BILLION.unsigned_abs()).cast_signed();
        let ahead = seconds * self.drift_ppb + (rest * self.drift_ppb).div_euclid(BILLION);
        time.saturating_add_signed(ahead)
    }

    /// The first time at which the host's clock shows `local` or more.
    pub(crate) fn time(self, local: Instant) -> u64 {
        let elapsed = local.as_nanos().saturating_sub(self.offset);
        if elapsed > u64::MAX / 4 {
            return u64::MAX;
        }
        // Each round leaves less than a thousandth of what was missing.
        let mut time = elapsed;
        for _ in 0..5 {
            let missing = elapsed.cast_signed() - self.elapsed(time).cast_signed();
            time = time.saturating_add_signed(missing);
        }
        while self.elapsed(time) < elapsed {
            time += 1;
        }
        while time > 0 && self.elapsed(time - 1) >= elapsed {
            time -= 1;
        }
        time
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
            for nanos in [
                77_u64,
                78,
                1_000_000_007,
                3_600_000_000_001,
                40_000_000_000_000_003,
            ] {
                let local = Instant::from_nanos(nanos);
                let time = clock.time(local);
                assert!(clock.local(time) >= local);
                assert!(time == 0 || clock.local(time - 1) < local);
            }
        }
    }
}
