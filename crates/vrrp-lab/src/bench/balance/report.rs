//! Table and document of the measurements, with what each load balancer adds to none.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::scene::Between;
use super::{Metric, Sample};
use crate::bench::spread::{Spread, Unit, rounded};
use crate::table::millis;

/// All samples of each row.
pub(super) struct Report {
    rows: Vec<(Between, Vec<Sample>)>,
}

/// A sample in one line.
pub(super) fn line(sample: &Sample) -> String {
    let values = sample
        .iter()
        .map(|(metric, value)| format!("{} {}", metric.key(), metric.unit().show(*value)));
    values.collect::<Vec<_>>().join(", ")
}

impl Report {
    pub(super) fn new(between: &[Between]) -> Self {
        let rows = between
            .iter()
            .map(|between| (*between, Vec::new()))
            .collect();
        Self { rows }
    }

    pub(super) fn add(&mut self, place: usize, sample: Sample) {
        self.rows[place].1.push(sample);
    }

    fn values(&self, between: Between, metric: Metric) -> Vec<f64> {
        let samples = self.rows.iter().filter(|(row, _)| *row == between);
        samples
            .flat_map(|(_, samples)| samples)
            .flatten()
            .filter(|(of, _)| *of == metric)
            .map(|(_, value)| *value)
            .collect()
    }

    fn spread(&self, between: Between, metric: Metric) -> Option<Spread> {
        Spread::of(self.values(between, metric))
    }

    /// The median of what is beyond the direct way.
    fn added(&self, between: Between, metric: Metric) -> Option<f64> {
        if between == Between::Nothing || !metric.adds() {
            return None;
        }
        let direct = self.spread(Between::Nothing, metric)?.median;
        Some(self.spread(between, metric)?.median - direct)
    }

    /// Connections for each second of processor that is spent beyond the direct way.
    fn connections_per_processor_second(&self, between: Between) -> Option<f64> {
        let added = self.added(between, Metric::ProcessorPerConnections)?;
        (added > 0.0).then(|| 1e4 / added)
    }

    /// One document for machines.
    pub(super) fn document(&self, runs: u32, duration: Duration) -> Value {
        json!({
            "runs": runs,
            "duration_ms": millis(duration),
            "results": self.rows.iter().map(|(row, _)| self.entry(*row)).collect::<Vec<_>>(),
        })
    }

    /// One table for people.
    pub(super) fn table(&self) -> comfy_table::Table {
        let mut head = vec!["median (minimum to maximum)"];
        head.extend(self.rows.iter().map(|(row, _)| row.name()));
        let mut table = crate::table::table::<0>([]);
        table.set_header(head);
        for metric in Metric::ALL {
            let mut cells = vec![metric.name().to_owned()];
            for (row, _) in &self.rows {
                cells.push(
                    self.spread(*row, metric)
                        .map_or_else(String::new, |spread| spread.text(metric.unit())),
                );
            }
            table.add_row(cells);
            if metric.adds() && self.rows.len() > 1 {
                let mut cells = vec!["    added".to_owned()];
                for (row, _) in &self.rows {
                    let added = self.added(*row, metric);
                    cells.push(added.map_or_else(String::new, |value| metric.unit().show(value)));
                }
                table.add_row(cells);
            }
        }
        let mut cells = vec!["connections per added processor second".to_owned()];
        for (row, _) in &self.rows {
            let value = self.connections_per_processor_second(*row);
            cells.push(value.map_or_else(String::new, |value| Unit::Count.show(value)));
        }
        table.add_row(cells);
        table
    }

    fn entry(&self, row: Between) -> Value {
        let mut entry = Map::new();
        entry.insert("software".to_owned(), json!(row.name()));
        for metric in Metric::ALL {
            let Some(spread) = self.spread(row, metric) else {
                continue;
            };
            let mut value = spread.json();
            value["samples"] = self.values(row, metric).into_iter().map(rounded).collect();
            if let Some(added) = self.added(row, metric) {
                value["added"] = rounded(added);
            }
            entry.insert(metric.key().to_owned(), value);
        }
        if let Some(value) = self.connections_per_processor_second(row) {
            let key = "connections_per_added_processor_second";
            entry.insert(key.to_owned(), rounded(value));
        }
        Value::Object(entry)
    }
}
