//! The schedule of faults: a pure function of seed, duration and advert interval. A longer run
//! of the same seed begins with the shorter one.

use std::fmt;
use std::time::Duration;

use super::dice::Dice;
use super::fault::{ALL, Fault, Step};

/// How often the first, second and third host are hit: mostly the one that is master when
/// everything is well.
const HOSTS: [u64; 3] = [55, 30, 15];
const FIRST_AT: Duration = Duration::from_millis(500);
/// Out of a hundred steps: so many have a second fault on another host at the same time.
const SECOND: u64 = 20;
/// So many leave the time to settle before the next one.
const CALM: u64 = 65;

/// What happens, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) seed: u64,
    pub(super) steps: Vec<Step>,
}

impl Schedule {
    /// Everything is mended at `duration` at the latest.
    pub(super) fn new(seed: u64, duration: Duration, interval: Duration) -> Self {
        let mut dice = Dice::new(seed);
        let mut steps = Vec::new();
        let mut at = FIRST_AT;
        loop {
            let group = group(&mut dice, at, interval);
            let end = group.iter().map(Step::end).max().unwrap_or(at);
            if end > duration {
                return Self { seed, steps };
            }
            steps.extend(group);
            at = end + pause(&mut dice, interval);
        }
    }

    /// Tells two schedules apart at a glance (FNV-1a, 64 bits).
    pub(super) fn hash(&self) -> u64 {
        self.to_string()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps
            .iter()
            .enumerate()
            .try_for_each(|(number, step)| writeln!(f, "{:4}  {step}", number + 1))
    }
}

/// One fault, or two at the same time on two of the three hosts.
fn group(dice: &mut Dice, at: Duration, interval: Duration) -> Vec<Step> {
    let first = step(dice, at, interval, &ALL, &HOSTS);
    let alone = first.hosts.len() > 1 || !dice.percent(SECOND);
    let mut group = vec![first];
    if alone {
        return group;
    }
    let first = &group[0];
    let weights: Vec<u64> = (0..HOSTS.len())
        .map(|place| {
            if first.hosts.contains(&place) {
                0
            } else {
                HOSTS[place]
            }
        })
        .collect();
    let single: Vec<Fault> = ALL
        .into_iter()
        .filter(|fault| *fault != Fault::Partition)
        .collect();
    let window = u64::try_from(first.lasts.as_millis()).unwrap_or(u64::MAX);
    let at = at + dice.millis(0..=window);
    group.push(step(dice, at, interval, &single, &weights));
    group
}

fn step(dice: &mut Dice, at: Duration, interval: Duration, faults: &[Fault], on: &[u64]) -> Step {
    let weights: Vec<u64> = faults.iter().map(|fault| fault.weight()).collect();
    let fault = faults[dice.weighted(&weights)];
    let host = dice.weighted(on);
    // An address that is not there cannot be deleted.
    let host = if fault == Fault::DeleteVip && on[0] > 0 {
        0
    } else {
        host
    };
    let mut hosts = vec![host];
    if fault == Fault::Partition && dice.percent(40) {
        let others: Vec<usize> = (0..HOSTS.len()).filter(|other| *other != host).collect();
        hosts.push(others[dice.weighted(&[1, 1])]);
        hosts.sort_unstable();
    }
    Step {
        at,
        lasts: lasts(dice, fault, interval),
        hosts,
        fault,
    }
}

/// From shorter than anybody notices to longer than leases and checks last.
fn lasts(dice: &mut Dice, fault: Fault, interval: Duration) -> Duration {
    let unit = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
    match fault {
        // As systemd restarts it: after half a second, or later.
        Fault::Crash | Fault::Kill | Fault::Terminate => dice.millis(500..=500 + 25 * unit),
        Fault::ApiSick | Fault::ApiHung | Fault::ApiDead => dice.millis(1_000..=6_000),
        Fault::DeleteVip | Fault::ReloadSame => Duration::ZERO,
        Fault::ReloadOther | Fault::ReloadBad => dice.millis(300..=1_000),
        _ if dice.percent(75) => dice.millis(unit / 2..=20 * unit),
        _ => dice.millis(20 * unit..=50 * unit),
    }
}

fn pause(dice: &mut Dice, interval: Duration) -> Duration {
    let unit = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
    if dice.percent(CALM) {
        dice.millis(1_000 + 10 * unit..=2_000 + 20 * unit)
    } else {
        dice.millis(unit / 2..=8 * unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(100);
    const HOUR: Duration = Duration::from_secs(3_600);

    fn schedule(seed: u64, duration: Duration) -> Schedule {
        Schedule::new(seed, duration, INTERVAL)
    }

    #[test]
    fn the_schedule_is_a_pure_function_of_the_seed() {
        let minute = Duration::from_secs(60);
        assert_eq!(schedule(7, minute), schedule(7, minute));
        assert_eq!(schedule(7, minute).hash(), schedule(7, minute).hash());
        assert_ne!(schedule(7, minute).hash(), schedule(8, minute).hash());
    }

    #[test]
    fn a_seed_gives_the_same_schedule_in_every_version() {
        let known = schedule(1, Duration::from_secs(60));
        assert_eq!(known.hash(), KNOWN, "{known}");
    }

    #[test]
    fn a_longer_run_begins_with_the_shorter_one() {
        let (short, long) = (schedule(3, Duration::from_secs(30)), schedule(3, HOUR));
        assert!(!short.steps.is_empty());
        assert!(long.steps.starts_with(&short.steps));
    }

    #[test]
    fn every_kind_of_fault_comes_up() {
        let long = schedule(2, HOUR);
        for fault in ALL {
            assert!(
                long.steps.iter().any(|step| step.fault == fault),
                "{fault:?}"
            );
        }
    }

    #[test]
    fn one_host_of_three_is_always_left_alone_and_no_host_is_hit_twice_at_once() {
        let long = schedule(4, HOUR);
        let mut doubled = 0;
        for step in &long.steps {
            let under_way = |other: &&Step| other.at <= step.at && step.at <= other.end();
            let mut hit: Vec<usize> = long
                .steps
                .iter()
                .filter(under_way)
                .flat_map(|other| other.hosts.clone())
                .collect();
            hit.sort_unstable();
            let all = hit.len();
            hit.dedup();
            assert_eq!(all, hit.len(), "at {:?}", step.at);
            assert!(hit.len() < HOSTS.len(), "at {:?}", step.at);
            doubled += usize::from(hit.len() == 2);
        }
        assert!(doubled > 0 && doubled * 2 < long.steps.len(), "{doubled}");
    }

    #[test]
    fn everything_is_mended_in_time() {
        let minute = Duration::from_secs(60);
        for seed in 0..20 {
            assert!(
                schedule(seed, minute)
                    .steps
                    .iter()
                    .all(|step| step.end() <= minute)
            );
        }
    }

    const KNOWN: u64 = 0xe09a_c4ab_bc6d_abaa;
}
