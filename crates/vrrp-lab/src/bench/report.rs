//! Rows of measured numbers, as a table for people and as a document for machines.

use serde_json::{Map, Value, json};
use vrrp_lab::{LabError, Result};

use super::spread::{Spread, Unit, rounded};

/// What tells a row from others: a key, and its value for people.
pub(super) type Label = (&'static str, String);

/// A number that is measured.
#[derive(Debug)]
pub(super) struct Metric {
    /// Its key in JSON.
    pub(super) key: &'static str,
    /// What it is, for people.
    pub(super) name: &'static str,
    pub(super) unit: Unit,
}

/// What one run gave.
#[derive(Debug, Default)]
pub(super) struct Sample {
    values: Vec<(&'static str, f64)>,
    notes: Vec<String>,
}

impl Sample {
    pub(super) fn set(&mut self, metric: &'static Metric, value: f64) {
        self.values.push((metric.key, value));
    }

    /// Something about this run that its numbers do not say.
    pub(super) fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

/// All runs of one thing.
#[derive(Debug)]
pub(super) struct Row {
    labels: Vec<Label>,
    samples: Vec<Sample>,
}

/// All rows of a bench.
#[derive(Debug)]
pub(super) struct Report {
    bench: &'static str,
    metrics: &'static [&'static Metric],
    rows: Vec<Row>,
}

impl Report {
    pub(super) const fn new(bench: &'static str, metrics: &'static [&'static Metric]) -> Self {
        Self {
            bench,
            metrics,
            rows: Vec::new(),
        }
    }

    /// Adds a row and returns its place. Every row has the same labels.
    pub(super) fn row(&mut self, labels: Vec<Label>) -> usize {
        self.rows.push(Row {
            labels,
            samples: Vec::new(),
        });
        self.rows.len() - 1
    }

    /// Adds what a run gave to the row at `place`. A program that did not do what it should is
    /// noted there; the other rows are measured all the same.
    pub(super) fn add(&mut self, place: usize, sample: Result<Sample>) -> Result<()> {
        let sample = match sample {
            Ok(sample) => sample,
            Err(error @ (LabError::Timeout { .. } | LabError::Ended { .. })) => {
                let text = error.to_string();
                eprintln!("{text}");
                let first = text.lines().next().unwrap_or_default().to_owned();
                Sample {
                    notes: vec![format!("cannot: {first}")],
                    ..Sample::default()
                }
            }
            Err(error) => return Err(error),
        };
        let metrics = self.metrics;
        let row = &mut self.rows[place];
        let numbers = metrics.iter().filter_map(|metric| {
            let (_, value) = sample.values.iter().find(|(key, _)| *key == metric.key)?;
            Some(format!("{} {}", metric.name, metric.unit.show(*value)))
        });
        let labels = row.labels.iter().map(|(_, value)| value.clone());
        let all: Vec<String> = labels
            .chain(numbers)
            .chain(sample.notes.iter().cloned())
            .collect();
        row.samples.push(sample);
        let run = row.samples.len();
        eprintln!("{}, run {run}: {}", self.bench, all.join(", "));
        Ok(())
    }

    /// Prints the table, or the document with `settings` in it.
    pub(super) fn print(&self, as_json: bool, settings: Value) {
        if as_json {
            println!("{:#}", self.document(settings));
        } else {
            println!("{}", self.table());
        }
    }

    fn table(&self) -> comfy_table::Table {
        let mut table = crate::table::table::<0>([]);
        let labels = self.rows.first().map(|row| &row.labels);
        let head = labels.into_iter().flatten().map(|(key, _)| *key);
        let names = self.metrics.iter().map(|metric| metric.name);
        table.set_header(head.chain(names).chain(["notes"]));
        for row in &self.rows {
            let labels = row.labels.iter().map(|(_, value)| value.clone());
            let numbers = self.metrics.iter().map(|metric| {
                row.spread(metric)
                    .map_or_else(String::new, |spread| spread.text(metric.unit))
            });
            let notes = row.notes().join("; ");
            table.add_row(labels.chain(numbers).chain([notes]));
        }
        table
    }

    fn document(&self, settings: Value) -> Value {
        let mut document = Map::new();
        document.insert("bench".to_owned(), json!(self.bench));
        if let Value::Object(settings) = settings {
            document.extend(settings);
        }
        let results = self.rows.iter().map(|row| row.entry(self.metrics));
        document.insert("results".to_owned(), results.collect());
        Value::Object(document)
    }
}

impl Row {
    fn values(&self, metric: &Metric) -> Vec<f64> {
        let all = self.samples.iter().flat_map(|sample| &sample.values);
        all.filter(|(key, _)| *key == metric.key)
            .map(|(_, value)| *value)
            .collect()
    }

    fn spread(&self, metric: &Metric) -> Option<Spread> {
        Spread::of(self.values(metric))
    }

    /// Each once.
    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        for note in self.samples.iter().flat_map(|sample| &sample.notes) {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
        notes
    }

    fn entry(&self, metrics: &[&Metric]) -> Value {
        let mut entry = Map::new();
        for (key, value) in &self.labels {
            entry.insert((*key).to_owned(), json!(value));
        }
        for metric in metrics {
            let Some(spread) = self.spread(metric) else {
                continue;
            };
            let mut value = spread.json();
            value["samples"] = self.values(metric).into_iter().map(rounded).collect();
            entry.insert(metric.key.to_owned(), value);
        }
        entry.insert("notes".to_owned(), json!(self.notes()));
        Value::Object(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Metric = Metric {
        key: "time",
        name: "time",
        unit: Unit::Number,
    };

    fn timeout() -> LabError {
        LabError::Timeout {
            what: "it is done".to_owned(),
            bound: std::time::Duration::from_secs(60),
            diagnostics: "much\nmore".to_owned(),
        }
    }

    #[test]
    fn a_run_that_failed_is_noted_beside_those_that_did_not() {
        let mut report = Report::new("start", &[&TIME]);
        let row = report.row(vec![("program", "vrrpd".to_owned())]);
        for value in [3.0, 1.0] {
            let mut sample = Sample::default();
            sample.set(&TIME, value);
            report.add(row, Ok(sample)).expect("a row");
        }
        report.add(row, Err(timeout())).expect("a row");
        let document = report.document(json!({"runs": 3}));
        assert_eq!(document["runs"], 3);
        let result = &document["results"][0];
        assert_eq!(result["program"], "vrrpd");
        assert_eq!(result["time"]["median"], 2.0);
        assert_eq!(result["time"]["samples"], json!([3.0, 1.0]));
        assert_eq!(
            result["notes"],
            json!(["cannot: it is done: not within 60s"])
        );
    }

    #[test]
    fn what_is_wrong_with_the_lab_ends_the_bench() {
        let mut report = Report::new("start", &[&TIME]);
        let row = report.row(Vec::new());
        assert!(report.add(row, Err(LabError::NotRoot)).is_err());
    }
}
