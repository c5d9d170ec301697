//! The scenario that a seed stands for.

use core::time::Duration;

use vrrp_core::RouterConfig;
use vrrp_wire::{Centiseconds, Version};

use crate::dice::Dice;
use crate::fault::{CLIENT, Fault, Planned};
use crate::scenario::{HostSpec, Kind, Network, Scenario};

/// Advertisement intervals in centiseconds.
const INTERVALS: [u16; 6] = [1, 2, 5, 10, 50, 100];

/// How many faults a scenario has, and how close together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Short,
    Marathon,
}

/// What all hosts have in common, and what is said of the whole group.
struct Group {
    length: Length,
    mixed: bool,
    hosts: usize,
    version: Version,
    interval: u16,
    /// Each host has an interval of its own.
    own_intervals: bool,
    preempt: bool,
    delay: Duration,
    owner: bool,
    equal: bool,
}

impl Scenario {
    /// The scenario that `seed` stands for: a few faults. `mixed` puts a Keepalived among the
    /// hosts.
    #[must_use]
    pub fn generate(seed: u64, mixed: bool) -> Self {
        Self::of(seed, mixed, Length::Short)
    }

    /// As [`Scenario::generate`], but with a hundred faults and more in a row, closer together
    /// and half of them at the best host: many failovers for one start and one end, each of
    /// which finds what others have left over. Intervals differ by no more than one step.
    #[must_use]
    pub fn marathon(seed: u64, mixed: bool) -> Self {
        Self::of(seed, mixed, Length::Marathon)
    }

    /// The same with every router of this project in step with others on its host.
    #[must_use]
    pub fn in_step(mut self) -> Self {
        self.hosts = self.hosts.into_iter().map(HostSpec::in_step).collect();
        self
    }

    fn of(seed: u64, mixed: bool, length: Length) -> Self {
        let mut dice = Dice::new(seed);
        let version_2 = dice.percent(12);
        let group = Group {
            length,
            mixed,
            hosts: usize::try_from(dice.between(2, 5)).unwrap_or(2),
            version: if version_2 { Version::V2 } else { Version::V3 },
            // Version 2 has whole seconds, and drops what has another interval.
            interval: if version_2 {
                100
            } else {
                dice.pick(&INTERVALS, 100)
            },
            own_intervals: !version_2 && !mixed && dice.percent(15),
            preempt: dice.percent(65),
            owner: dice.percent(8),
            equal: dice.percent(10),
            delay: if dice.percent(10) {
                Duration::from_millis(dice.between(1, 400))
            } else {
                Duration::ZERO
            },
        };
        let hosts: Vec<HostSpec> = (0..group.hosts)
            .map(|host| group.host(&mut dice, host))
            .collect();
        let shortest = hosts.iter().map(|host| nanos(&host.config)).min();
        let shortest = shortest.unwrap_or(10_000_000);
        let delay_max = dice.between(20_000, (shortest / 200).clamp(40_000, 1_000_000));
        let network = Network {
            delay_min: delay_max / 4,
            delay_max,
            duplicates: if dice.percent(20) { 50_000 } else { 0 },
        };
        let longest = hosts.iter().map(|host| nanos(&host.config)).max();
        let schedule = group.schedule(&mut dice, longest.unwrap_or(10_000_000));
        Self {
            seed,
            hosts,
            network,
            schedule,
        }
    }
}

fn nanos(config: &RouterConfig) -> u64 {
    u64::from(config.advert_interval.0) * 10_000_000
}

impl Group {
    fn host(&self, dice: &mut Dice, host: usize) -> HostSpec {
        // Ten steps apart, so that a drift of the clocks never decides an election.
        let step = u8::try_from(host).unwrap_or(0) * 40;
        let priority = match (self.equal, self.owner && host == 0) {
            (_, true) => 255,
            (true, _) => 100,
            _ => 240 - step - u8::try_from(dice.below(10)).unwrap_or(0),
        };
        let kind = if self.mixed && host == 0 {
            Kind::Keepalived
        } else {
            Kind::Vrrpd
        };
        let interval = if self.own_intervals {
            self.pick_interval(dice)
        } else {
            self.interval
        };
        let mut spec = HostSpec::new(kind, priority, interval);
        spec.config.version = self.version;
        spec.config.advert_interval = Centiseconds(interval);
        spec.config.preempt = self.preempt;
        spec.config.preempt_delay = self.delay;
        spec.drift_ppb = i64::try_from(dice.below(400_001)).unwrap_or(0) - 200_000;
        spec
    }

    /// Any of them; in a marathon the group's own or the next longer one.
    fn pick_interval(&self, dice: &mut Dice) -> u16 {
        if self.length == Length::Short {
            return dice.pick(&INTERVALS, 100);
        }
        let from = INTERVALS
            .iter()
            .position(|interval| *interval == self.interval);
        let near = INTERVALS.iter().skip(from.unwrap_or(0)).take(2);
        let near: Vec<u16> = near.copied().collect();
        dice.pick(&near, self.interval)
    }

    /// Faults with pauses between them that are sometimes too short to settle in.
    fn schedule(&self, dice: &mut Dice, interval: u64) -> Vec<(u64, Fault)> {
        let mut at = interval * 12;
        let mut schedule = Vec::new();
        let marathon = self.length == Length::Marathon;
        let faults = if marathon { (100, 150) } else { (1, 8) };
        let (settles, rest) = if marathon {
            (40, (6, 12))
        } else {
            (60, (10, 14))
        };
        for _ in 0..dice.between(faults.0, faults.1) {
            let host = if marathon && dice.percent(50) {
                0
            } else {
                usize::try_from(dice.below(self.hosts as u64)).unwrap_or(0)
            };
            let lasts = dice.between(interval / 4, interval * 14);
            let fault = self.fault(dice, host, lasts);
            schedule.push((at, fault));
            let pause = if dice.percent(settles) {
                fault.lasts() + interval * dice.between(rest.0, rest.1)
            } else {
                dice.below(interval * 6)
            };
            at += pause;
        }
        schedule
    }

    fn fault(&self, dice: &mut Dice, host: usize, lasts: u64) -> Fault {
        // Of a Keepalived nothing can be asked but to stop.
        let model = self.mixed && host == 0;
        let planned = if model { 2 } else { 7 };
        match dice.below(8 + planned) {
            0 | 1 => Fault::Crash(host, lasts),
            2 => Fault::Kill(host, lasts),
            3 => Fault::Stall(host, lasts),
            4 => Fault::LinkDown(host, lasts),
            5 => {
                let step = usize::try_from(dice.below(self.hosts as u64)).unwrap_or(0);
                let sink = if step == 0 {
                    CLIENT
                } else {
                    (host + step) % self.hosts
                };
                Fault::OneWay(host, sink, lasts)
            }
            6 => {
                let mask = dice.below(1 << self.hosts);
                Fault::Partition(u8::try_from(mask).unwrap_or(1), lasts)
            }
            7 => {
                let lost = dice.between(1_000, 300_000);
                Fault::Loss(u32::try_from(lost).unwrap_or(1_000), lasts)
            }
            8 | 9 => Fault::Plan(host, Planned::Restart(lasts)),
            10 => Fault::Plan(host, Planned::Resign),
            11 => Fault::Plan(host, Planned::Drain(lasts)),
            12 => Fault::Plan(host, Planned::Sick(lasts)),
            13 => Fault::Plan(host, Planned::AddressLost),
            _ => Fault::Plan(host, self.reload(dice)),
        }
    }

    fn reload(&self, dice: &mut Dice) -> Planned {
        match dice.below(6) {
            0 => Planned::Preempt(dice.percent(50)),
            // Both Keepalived and version 2 drop what differs there.
            1 if !self.mixed => Planned::Addresses(u8::try_from(dice.between(1, 4)).unwrap_or(1)),
            2 if self.own_intervals => Planned::Interval(self.pick_interval(dice)),
            _ => Planned::Priority(u8::try_from(dice.between(2, 254)).unwrap_or(100)),
        }
    }
}
