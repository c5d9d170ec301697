//! A whole run as data: hosts, network, and the schedule of faults.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use vrrp_core::{ChecksumPolicy, RouterConfig};
use vrrp_wire::{Centiseconds, ChecksumForm};

use crate::dice::Dice;
use crate::fault::{Fault, Planned};

/// Which program a host runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The real state machine.
    Vrrpd,
    /// The model of Keepalived.
    Keepalived,
}

/// One host and its program.
#[derive(Clone, Debug)]
pub struct HostSpec {
    /// What it runs.
    pub kind: Kind,
    /// Its configuration.
    pub config: RouterConfig,
    /// How fast its clock is, in parts per billion.
    pub drift_ppb: i64,
}

/// The segment. Times are nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// Shortest way of a packet.
    pub delay_min: u64,
    /// Longest way of a packet; packets overtake each other within these bounds.
    pub delay_max: u64,
    /// Packets that arrive twice, per million.
    pub duplicates: u32,
}

/// A run, complete with its seed for the network's chance.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Decides everything that is not written here.
    pub seed: u64,
    /// The hosts, all started at time 0.
    pub hosts: Vec<HostSpec>,
    /// The segment between them.
    pub network: Network,
    /// What happens, and when (nanoseconds), in order of time.
    pub schedule: Vec<(u64, Fault)>,
}

/// The virtual address of every run.
pub(crate) const VIP: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 50, 20));

/// The address of host number `host`.
pub(crate) fn address(host: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(
        10,
        0,
        50,
        100 + u8::try_from(host).unwrap_or(0),
    ))
}

impl Scenario {
    /// The scenario that `seed` stands for. `mixed` puts a Keepalived among the hosts.
    #[must_use]
    pub fn generate(seed: u64, mixed: bool) -> Self {
        let mut dice = Dice::new(seed);
        let count = usize::try_from(dice.between(2, 5)).unwrap_or(2);
        let interval = Centiseconds(dice.pick(&[1, 2, 5, 10, 50, 100], 100));
        let preempt = dice.percent(65);
        let owner = dice.percent(8);
        let equal = dice.percent(10);
        let delay = dice
            .percent(10)
            .then(|| Duration::from_millis(dice.between(1, 400)));
        let hosts = (0..count)
            .map(|host| {
                let mut config = RouterConfig::new(51, vec![VIP]);
                // Ten steps apart, so that a drift of the clocks never decides an election.
                let step = u8::try_from(host).unwrap_or(0) * 40;
                config.priority = match (equal, owner && host == 0) {
                    (_, true) => 255,
                    (true, _) => 100,
                    _ => 240 - step - u8::try_from(dice.below(10)).unwrap_or(0),
                };
                config.advert_interval = interval;
                config.preempt = preempt;
                config.preempt_delay = delay.unwrap_or(Duration::ZERO);
                let kind = if mixed && host == 0 {
                    Kind::Keepalived
                } else {
                    Kind::Vrrpd
                };
                if kind == Kind::Keepalived {
                    config.checksum = ChecksumPolicy::Fixed(ChecksumForm::Rfc5798);
                }
                let drift = i64::try_from(dice.below(400_001)).unwrap_or(0) - 200_000;
                HostSpec {
                    kind,
                    config,
                    drift_ppb: drift,
                }
            })
            .collect();
        let nanos = u64::from(interval.0) * 10_000_000;
        let delay_max = dice.between(20_000, (nanos / 200).clamp(40_000, 1_000_000));
        let network = Network {
            delay_min: delay_max / 4,
            delay_max,
            duplicates: if dice.percent(20) { 50_000 } else { 0 },
        };
        let schedule = schedule(&mut dice, count, nanos, mixed);
        Self {
            seed,
            hosts,
            network,
            schedule,
        }
    }

    /// The longest advertisement interval among the hosts, in nanoseconds.
    #[must_use]
    pub fn interval(&self) -> u64 {
        let longest = self
            .hosts
            .iter()
            .map(|host| host.config.advert_interval.0)
            .max();
        u64::from(longest.unwrap_or(100)) * 10_000_000
    }

    /// An upper bound of every Master_Down_Interval, in nanoseconds.
    #[must_use]
    pub fn master_down_interval(&self) -> u64 {
        self.interval() * 4
    }
}

/// Faults with pauses between them that are sometimes too short to settle in.
fn schedule(dice: &mut Dice, hosts: usize, interval: u64, mixed: bool) -> Vec<(u64, Fault)> {
    let mut at = interval * 12;
    let mut schedule = Vec::new();
    for _ in 0..dice.between(1, 8) {
        let host = usize::try_from(dice.below(hosts as u64)).unwrap_or(0);
        let lasts = dice.between(interval / 4, interval * 14);
        let fault = fault(dice, host, hosts, lasts, mixed);
        schedule.push((at, fault));
        let pause = if dice.percent(60) {
            fault.lasts() + interval * dice.between(10, 14)
        } else {
            dice.below(interval * 6)
        };
        at += pause;
    }
    schedule
}

fn fault(dice: &mut Dice, host: usize, hosts: usize, lasts: u64, mixed: bool) -> Fault {
    let planned = if mixed { 2 } else { 6 };
    match dice.below(8 + planned) {
        0 | 1 => Fault::Crash(host, lasts),
        2 => Fault::Kill(host, lasts),
        3 => Fault::Stall(host, lasts),
        4 => Fault::LinkDown(host, lasts),
        5 => {
            let step = usize::try_from(dice.between(1, hosts as u64 - 1)).unwrap_or(1);
            Fault::OneWay(host, (host + step) % hosts, lasts)
        }
        6 => Fault::Partition(u8::try_from(dice.below(1 << hosts)).unwrap_or(1), lasts),
        7 => {
            let lost = dice.between(1_000, 300_000);
            Fault::Loss(u32::try_from(lost).unwrap_or(1_000), lasts)
        }
        8 | 9 => Fault::Plan(host, Planned::Restart(lasts)),
        10 => Fault::Plan(host, Planned::Resign),
        11 => Fault::Plan(host, Planned::Drain(lasts)),
        12 => Fault::Plan(host, Planned::Sick(lasts)),
        _ if dice.percent(50) => Fault::Plan(host, Planned::AddressLost),
        _ => {
            let priority = u8::try_from(dice.between(2, 254)).unwrap_or(100);
            Fault::Plan(host, Planned::Priority(priority))
        }
    }
}

impl fmt::Display for Scenario {
    /// The scenario as a person reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}", self.seed)?;
        for (number, host) in self.hosts.iter().enumerate() {
            let config = &host.config;
            writeln!(
                f,
                "host {number} ({}): {:?}, priority {}, interval {:?}, preempt {} after {:?}, \
                 clock {:+} ppm",
                address(number),
                host.kind,
                config.priority,
                config.advert_interval.duration(),
                config.preempt,
                config.preempt_delay,
                host.drift_ppb / 1_000,
            )?;
        }
        let Network {
            delay_min,
            delay_max,
            duplicates,
        } = self.network;
        writeln!(
            f,
            "network: {delay_min} to {delay_max} ns, {duplicates} duplicates per million"
        )?;
        for (at, fault) in &self.schedule {
            writeln!(f, "at {:?}: {fault}", Duration::from_nanos(*at))?;
        }
        Ok(())
    }
}
