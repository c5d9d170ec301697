//! Load balancing beside haproxy, and beside no load balancer at all: what connections, bytes and
//! requests cost that go through it.

mod load;
mod machine;
mod recovery;
mod report;
mod scene;
mod servers;

use std::time::Duration;

use vrrp_lab::{Result, tools};

use self::recovery::Recovery;
use self::report::Report;
use self::scene::{Between, Scene};
use super::spread::Unit;

/// How long nothing happens between two measurements.
const REST: Duration = Duration::from_millis(500);

/// One thing that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Metric {
    ConnectionsPerSecond,
    FailedConnections,
    /// Seconds of processor for 10,000 connections, of clients and servers too.
    ProcessorPerConnections,
    OneStream,
    OneStreamProcessor,
    ManyStreams,
    ManyStreamsProcessor,
    RequestMedian,
    Request99,
    ConnectionMedian,
    Connection99,
}

/// Measures and prints.
pub(super) fn run(
    haproxy: bool,
    only_peer: bool,
    runs: u32,
    duration: Duration,
    json: bool,
) -> Result<()> {
    let report = measure(haproxy, only_peer, runs, duration)?;
    let mut recovery = Recovery::default();
    for _ in 0..if only_peer { 0 } else { runs } {
        recovery.add()?;
    }
    if json {
        let mut document = report.document(runs, duration);
        document["recovery"] = recovery.document();
        println!("{document:#}");
    } else {
        println!("{}", report.table());
        if !only_peer {
            println!("{}", recovery.table());
        }
    }
    Ok(())
}

/// Measures everything `runs` times in turn, each for `duration`.
fn measure(haproxy: bool, only_peer: bool, runs: u32, duration: Duration) -> Result<Report> {
    let mut between = vec![Between::Nothing];
    if !only_peer {
        tools::vrrpd()?;
        between.push(Between::Vrrpd);
    }
    if haproxy {
        tools::on_path("haproxy")?;
        between.push(Between::Haproxy);
    }
    let mut report = Report::new(&between);
    for run in 0..runs {
        for (place, between) in between.iter().enumerate() {
            let sample = sample(*between, duration)?;
            eprintln!(
                "balance {}, run {} of {runs}: {}",
                between.name(),
                run + 1,
                report::line(&sample)
            );
            report.add(place, sample);
        }
    }
    Ok(report)
}

type Sample = Vec<(Metric, f64)>;

fn sample(between: Between, duration: Duration) -> Result<Sample> {
    let scene = Scene::new(between)?;
    let (client, targets) = (scene.client(), &scene.targets);
    let mut sample = Vec::new();

    // The order: what leaves connections behind comes last.
    for (streams, bytes, processor) in [
        (1, Metric::OneStream, Metric::OneStreamProcessor),
        (
            load::STREAMS,
            Metric::ManyStreams,
            Metric::ManyStreamsProcessor,
        ),
    ] {
        let before = rest_and_look()?;
        let read = load::stream(client, targets, streams, duration)? as f64;
        let used = machine::busy()? - before;
        sample.push((bytes, read * 8.0 / 1e9 / duration.as_secs_f64()));
        sample.push((processor, used / (read / 1e9)));
    }
    rest_and_look()?;
    let mut requests = load::time_requests(client, targets, duration)?;
    sample.push((Metric::RequestMedian, percentile(&mut requests, 0.5)));
    sample.push((Metric::Request99, percentile(&mut requests, 0.99)));
    rest_and_look()?;
    let mut connections = load::time_connections(client, targets, duration)?;
    sample.push((Metric::ConnectionMedian, percentile(&mut connections, 0.5)));
    sample.push((Metric::Connection99, percentile(&mut connections, 0.99)));
    let before = rest_and_look()?;
    let connected = load::connect(client, targets, duration)?;
    let used = machine::busy()? - before;
    let done = f64::from(connected.done);
    sample.push((
        Metric::ConnectionsPerSecond,
        done / connected.took.as_secs_f64(),
    ));
    sample.push((Metric::FailedConnections, f64::from(connected.failed)));
    sample.push((Metric::ProcessorPerConnections, used / done * 1e4));
    Ok(sample)
}

/// Waits until what was before is over, and reads the processor time.
fn rest_and_look() -> Result<f64> {
    std::thread::sleep(REST);
    machine::busy()
}

/// In microseconds.
fn percentile(times: &mut [Duration], part: f64) -> f64 {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    let place = (last as f64 * part).round() as usize;
    times
        .get(place)
        .map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
}

impl Metric {
    const ALL: [Self; 11] = [
        Self::ConnectionsPerSecond,
        Self::FailedConnections,
        Self::ProcessorPerConnections,
        Self::OneStream,
        Self::OneStreamProcessor,
        Self::ManyStreams,
        Self::ManyStreamsProcessor,
        Self::RequestMedian,
        Self::Request99,
        Self::ConnectionMedian,
        Self::Connection99,
    ];

    /// Its key in JSON.
    const fn key(self) -> &'static str {
        match self {
            Self::ConnectionsPerSecond => "connections_per_second",
            Self::FailedConnections => "failed_connections",
            Self::ProcessorPerConnections => "processor_seconds_per_10000_connections",
            Self::OneStream => "one_stream_gbit_per_second",
            Self::OneStreamProcessor => "one_stream_processor_seconds_per_gigabyte",
            Self::ManyStreams => "many_streams_gbit_per_second",
            Self::ManyStreamsProcessor => "many_streams_processor_seconds_per_gigabyte",
            Self::RequestMedian => "request_median_us",
            Self::Request99 => "request_99th_us",
            Self::ConnectionMedian => "connection_median_us",
            Self::Connection99 => "connection_99th_us",
        }
    }

    /// What it is, for people.
    const fn name(self) -> &'static str {
        match self {
            Self::ConnectionsPerSecond => "new connections/s, 32 clients",
            Self::FailedConnections => "  of them failed",
            Self::ProcessorPerConnections => "  processor seconds per 10,000",
            Self::OneStream => "1 stream, Gbit/s",
            Self::OneStreamProcessor => "  processor seconds per GB",
            Self::ManyStreams => "64 streams, Gbit/s",
            Self::ManyStreamsProcessor => "  processor seconds per GB",
            Self::RequestMedian => "request and answer, median",
            Self::Request99 => "  99th percentile",
            Self::ConnectionMedian => "new connection to answer, median",
            Self::Connection99 => "  99th percentile",
        }
    }

    const fn unit(self) -> Unit {
        match self {
            Self::RequestMedian | Self::Request99 | Self::ConnectionMedian | Self::Connection99 => {
                Unit::Microseconds
            }
            Self::ConnectionsPerSecond | Self::FailedConnections => Unit::Count,
            _ => Unit::Number,
        }
    }

    /// Whether what a load balancer adds to it is of interest.
    const fn adds(self) -> bool {
        matches!(
            self,
            Self::ProcessorPerConnections
                | Self::OneStreamProcessor
                | Self::ManyStreamsProcessor
                | Self::RequestMedian
                | Self::Request99
                | Self::ConnectionMedian
                | Self::Connection99
        )
    }
}
