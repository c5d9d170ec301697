//! Medians with minimum and maximum, as a table and as JSON.

use std::time::Duration;

use comfy_table::Table;
use serde_json::{Value, json};

use super::scenario::{Measurement, Scenario};
use crate::subject::{Software, priority};
use crate::table::{millis, table as new_table, time};

/// All runs of one scenario with one program at one interval.
#[derive(Debug)]
pub(super) struct Summary {
    pub(super) scenario: Scenario,
    pub(super) software: Software,
    pub(super) interval: Duration,
    measurements: Vec<Measurement>,
}

/// Median, minimum and maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spread {
    median: Duration,
    min: Duration,
    max: Duration,
}

impl Spread {
    fn of(values: impl Iterator<Item = Duration>) -> Option<Self> {
        let mut sorted: Vec<Duration> = values.collect();
        sorted.sort_unstable();
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let (low, high) = (
            sorted.get((sorted.len() - 1) / 2)?,
            sorted.get(sorted.len() / 2)?,
        );
        Some(Self {
            median: (*low + *high) / 2,
            min,
            max,
        })
    }

    fn text(self) -> String {
        format!(
            "{} ({} to {})",
            time(self.median),
            time(self.min),
            time(self.max)
        )
    }

    fn json(self) -> Value {
        json!({
            "median_ms": millis(self.median),
            "min_ms": millis(self.min),
            "max_ms": millis(self.max),
        })
    }
}

impl Summary {
    pub(super) const fn new(scenario: Scenario, software: Software, interval: Duration) -> Self {
        Self {
            scenario,
            software,
            interval,
            measurements: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, measurement: Measurement) {
        self.measurements.push(measurement);
    }

    /// Master_Down_Interval of the host that takes over (RFC 9568 §6.1).
    fn master_down_interval(&self) -> Duration {
        let skew_time = self.interval * (256 - u32::from(priority(1))) / 256;
        self.interval * 3 + skew_time
    }

    fn outage(&self) -> Option<Spread> {
        Spread::of(self.measurements.iter().map(|m| m.outage))
    }

    fn since_last_advert(&self) -> Option<Spread> {
        Spread::of(self.measurements.iter().filter_map(|m| m.since_last_advert))
    }

    fn announced(&self) -> Option<Spread> {
        Spread::of(self.measurements.iter().filter_map(|m| m.announced))
    }

    fn json(&self) -> Value {
        let unsent: u64 = self.measurements.iter().map(|m| m.unsent).sum();
        let samples: Vec<f64> = self.measurements.iter().map(|m| millis(m.outage)).collect();
        json!({
            "scenario": self.scenario.name(),
            "software": self.software.name(),
            "advert_interval_ms": millis(self.interval),
            "master_down_interval_ms": millis(self.master_down_interval()),
            "outage": self.outage().map(Spread::json),
            "since_last_advert": self.since_last_advert().map(Spread::json),
            "announced": self.announced().map(Spread::json),
            "samples_ms": samples,
            "unsent_probes": unsent,
        })
    }
}

/// The summaries as a table for people.
pub(super) fn table(summaries: &[Summary]) -> Table {
    let mut table = new_table([
        "event",
        "interval",
        "program",
        "without service: median (min to max)",
        "since the last advert",
        "Master_Down_Interval",
        "announced after",
    ]);
    for summary in summaries {
        let spread = |spread: Option<Spread>| spread.map_or_else(String::new, Spread::text);
        let theory = if summary.scenario == Scenario::Crash {
            time(summary.master_down_interval())
        } else {
            String::new()
        };
        table.add_row([
            summary.scenario.describe().to_owned(),
            humantime::format_duration(summary.interval).to_string(),
            summary.software.name().to_owned(),
            spread(summary.outage()),
            spread(summary.since_last_advert()),
            theory,
            spread(summary.announced()),
        ]);
    }
    table
}

/// The summaries as one document for machines.
pub(super) fn document(runs: u32, summaries: &[Summary]) -> Value {
    json!({
        "runs": runs,
        "probe_interval_ms": millis(vrrp_lab::prober::PROBE_INTERVAL),
        "results": summaries.iter().map(Summary::json).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(millis: &[u64]) -> Option<Spread> {
        Spread::of(millis.iter().copied().map(Duration::from_millis))
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let spread = spread(&[4, 1, 3, 10]).expect("a spread");
        assert_eq!(spread.median, Duration::from_micros(3500));
        assert_eq!(
            (spread.min, spread.max),
            (Duration::from_millis(1), Duration::from_millis(10))
        );
    }

    #[test]
    fn nothing_measured_has_no_median() {
        assert_eq!(spread(&[]), None);
    }

    #[test]
    fn the_master_down_interval_is_three_intervals_and_the_skew_of_the_second_host() {
        let summary = Summary::new(Scenario::Crash, Software::Vrrpd, Duration::from_millis(256));
        assert_eq!(
            summary.master_down_interval(),
            Duration::from_millis(768 + 3)
        );
    }
}
