//! A whole run as data: hosts, network, and the schedule of faults.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use vrrp_core::RouterConfig;

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

/// Virtual address number `number`; the first is that of every run.
pub(crate) fn virtual_address(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 50, 20 + number))
}

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
    /// The longest advertisement interval that any host has or is given, in nanoseconds.
    #[must_use]
    pub fn interval(&self) -> u64 {
        let given = self.schedule.iter().filter_map(|(_, fault)| match fault {
            Fault::Plan(_, Planned::Interval(interval)) => Some(*interval),
            _ => None,
        });
        let hosts = self.hosts.iter().map(|host| host.config.advert_interval.0);
        u64::from(hosts.chain(given).max().unwrap_or(100)) * 10_000_000
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
                "host {number} ({}): {:?}, {:?}, priority {}, interval {:?}, preempt {} after \
                 {:?}, clock {:+} ppm",
                address(number),
                host.kind,
                config.version,
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
