//! `vrrp-lab bench`: how long clients go without service and what it costs, vrrpd beside another
//! program.

mod balance;
mod cost;
mod fleet;
mod hogs;
mod lateness;
mod moves;
mod pair;
mod plan;
mod repair;
mod report;
mod scale;
mod scenario;
mod spread;
mod start;
mod steady;
mod storm;
mod summary;
mod usage;

use std::time::Duration;

use clap::{Args, ValueEnum};
use vrrp_lab::{LabError, Result};

use crate::subject::Software;
use plan::Plan;
use scenario::{Measurement, Scenario};
use summary::Summary;

/// Advert intervals measured.
const INTERVALS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_millis(100),
    Duration::from_millis(10),
];

/// How long each part of balance lasts unless said otherwise.
const BALANCE_LASTS: Duration = Duration::from_secs(5);

/// Command line of `vrrp-lab bench`.
#[derive(Clone, Debug, Args)]
pub(crate) struct BenchOptions {
    /// What to measure
    #[arg(value_enum)]
    name: Bench,
    /// How often
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Measure this program too, in turn with vrrpd
    #[arg(long, value_enum)]
    peer: Option<BenchPeer>,
    /// Measure only the peer
    #[arg(long, requires = "peer")]
    only_peer: bool,
    /// Only this advert interval: 1s, 100ms, 10ms
    #[arg(long, value_parser = humantime::parse_duration)]
    interval: Option<Duration>,
    /// How long each part of balance lasts, 5s unless given; storm, 30s; steady, 10m
    #[arg(long, value_parser = humantime::parse_duration)]
    duration: Option<Duration>,
    /// Bogus adverts a second, for storm
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Only this many instances on each host, for cost, start, scale, storm and steady
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    instances: Option<u16>,
    /// How long cost, start and scale look on while nothing happens
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration)]
    window: Duration,
    /// One JSON document instead of a table
    #[arg(long)]
    json: bool,
}

/// Another program to set beside vrrpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BenchPeer {
    /// Keepalived, from the machine's packages; not for balance
    Keepalived,
    /// haproxy, from the machine's packages; for balance
    Haproxy,
}

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Bench {
    /// Crash, handover, return and health
    Failover,
    /// A host vanishes, to the first answer of the new master
    Crash,
    /// The master's daemon gets SIGTERM, and later the VIP goes back to it: the gap of each
    Handover,
    /// A better host than the master starts and takes the VIP back: the gap
    Return,
    /// The master's API server is killed, to the first HTTPS answer of the new master's; the
    /// advert interval is 1s unless given
    Health,
    /// Somebody deletes the VIP on the master, to its return and to its announcement; the advert
    /// interval is 1s unless given
    Repair,
    /// Connections, bytes and requests through a load balancer, beside none
    Balance,
    /// Processor time and memory of master and backup while nothing happens
    Cost,
    /// Two hosts are started at once, to all addresses on the right one; one program alone, to its
    /// first advert
    Start,
    /// Thousands of instances on 16 interfaces: what they cost, and a host vanishes, to all
    /// addresses on the other
    Scale,
    /// A flood of bogus adverts on the segment: state changes, lateness of the master's adverts,
    /// processor time
    Storm,
    /// Every core kept busy, all programs at once, in real time and not: state changes and
    /// lateness of adverts
    Steady,
}

impl Bench {
    const fn scenarios(self) -> &'static [Scenario] {
        match self {
            Self::Failover => &[
                Scenario::Crash,
                Scenario::Handover,
                Scenario::Return,
                Scenario::Health,
            ],
            Self::Crash => &[Scenario::Crash],
            Self::Handover => &[Scenario::Handover, Scenario::Return],
            Self::Return => &[Scenario::Return],
            Self::Health => &[Scenario::Health],
            Self::Repair => &[Scenario::Repair],
            Self::Balance | Self::Cost | Self::Start | Self::Scale | Self::Storm | Self::Steady => {
                &[]
            }
        }
    }
}

/// Measures and prints.
pub(crate) fn run(options: &BenchOptions) -> Result<()> {
    if options.name == Bench::Balance {
        return balance(options);
    }
    let software = software(options)?;
    match options.name {
        Bench::Storm => storm::run(&plan(options, software, storm::MOST)?, options.rate),
        Bench::Steady => steady::run(&plan(options, software, fleet::PER_INTERFACE)?),
        Bench::Cost => cost::run(&plan(options, software, fleet::PER_INTERFACE)?),
        Bench::Start => start::run(&plan(options, software, fleet::PER_INTERFACE)?),
        Bench::Scale => scale::run(&plan(options, software, scale::MOST)?),
        _ => scenarios(options, &software),
    }
}

/// What is measured, in turn.
fn software(options: &BenchOptions) -> Result<Vec<Software>> {
    let mut software = Vec::new();
    if !options.only_peer {
        software.push(Software::Vrrpd);
    }
    match options.peer {
        Some(BenchPeer::Keepalived) => software.push(Software::Keepalived),
        Some(BenchPeer::Haproxy) => return Err(no_peer("haproxy keeps no address")),
        None => {}
    }
    for software in &software {
        software.program()?;
    }
    Ok(software)
}

fn plan(options: &BenchOptions, software: Vec<Software>, most: usize) -> Result<Plan> {
    let only_instances = options.instances.map(usize::from);
    if only_instances.is_some_and(|only| only > most) {
        return Err(LabError::Other(format!(
            "--instances: this bench has room for {most} on each host"
        )));
    }
    Ok(Plan {
        software,
        runs: options.runs,
        window: options.window,
        duration: options.duration,
        only_instances,
        only_interval: options.interval,
        json: options.json,
    })
}

fn scenarios(options: &BenchOptions, software: &[Software]) -> Result<()> {
    let only = options.interval.map(|interval| vec![interval]);
    let usual = match options.name {
        Bench::Health | Bench::Repair => &INTERVALS[..1],
        _ => &INTERVALS[..],
    };
    let intervals = only.unwrap_or_else(|| usual.to_vec());
    let mut summaries: Vec<Summary> = Vec::new();
    for &scenario in options.name.scenarios() {
        for &interval in &intervals {
            let mut rows: Vec<Summary> = software
                .iter()
                .map(|&software| Summary::new(scenario, software, interval))
                .collect();
            for run in 0..options.runs {
                // In turn, so that whatever else happens on the machine hits both alike.
                for row in &mut rows {
                    let measurement = measure(row, run, options)?;
                    row.add(measurement);
                }
            }
            summaries.extend(rows);
        }
    }
    if options.json {
        println!("{:#}", summary::document(options.runs, &summaries));
    } else {
        println!("{}", summary::table(&summaries));
    }
    Ok(())
}

fn balance(options: &BenchOptions) -> Result<()> {
    let haproxy = match options.peer {
        Some(BenchPeer::Haproxy) => true,
        Some(BenchPeer::Keepalived) => {
            return Err(no_peer(
                "Keepalived balances with IPVS, which is not measured",
            ));
        }
        None => false,
    };
    balance::run(
        haproxy,
        options.only_peer,
        options.runs,
        options.duration.unwrap_or(BALANCE_LASTS),
        options.json,
    )
}

fn no_peer(why: &str) -> LabError {
    LabError::Other(format!("no peer for this bench: {why}"))
}

fn measure(row: &Summary, run: u32, options: &BenchOptions) -> Result<Measurement> {
    let measurement = scenario::measure(row.scenario, row.software, row.interval, run)?;
    eprintln!(
        "{} {} at {:?}, run {} of {}: {}",
        row.software.name(),
        row.scenario.name(),
        row.interval,
        run + 1,
        options.runs,
        crate::table::time(measurement.outage),
    );
    Ok(measurement)
}
