//! What the benches of many instances are asked to measure.

use std::time::Duration;

use vrrp_lab::Result;

use super::fleet::Fleet;
use super::report::{Label, Report, Sample};
use crate::subject::Software;

/// What to measure and how.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// In turn.
    pub(super) software: Vec<Software>,
    pub(super) runs: u32,
    /// How long nothing happens while it is measured.
    pub(super) window: Duration,
    /// How long something happens.
    pub(super) duration: Option<Duration>,
    /// Only this many instances.
    pub(super) only_instances: Option<usize>,
    /// Only this interval.
    pub(super) only_interval: Option<Duration>,
    pub(super) json: bool,
}

impl Plan {
    pub(super) fn instances(&self, usual: &[usize]) -> Vec<usize> {
        self.only_instances
            .map_or_else(|| usual.to_vec(), |only| vec![only])
    }

    /// Every interval that is measured.
    pub(super) fn intervals(&self) -> Vec<Duration> {
        self.only_interval
            .map_or_else(|| super::INTERVALS.to_vec(), |only| vec![only])
    }

    /// The one interval of a bench that has one.
    pub(super) fn interval(&self, usual: Duration) -> Duration {
        self.only_interval.unwrap_or(usual)
    }

    /// Adds a row with these labels for each program, and fills them in turn, so that whatever
    /// else happens on the machine hits all alike.
    pub(super) fn measure(
        &self,
        report: &mut Report,
        labels: &[Label],
        fleet: impl Fn(Software) -> Fleet,
        sample: impl Fn(&Fleet) -> Result<Sample>,
    ) -> Result<()> {
        let mut rows = Vec::new();
        for &software in &self.software {
            let program = ("program", software.name().to_owned());
            let row = report.row(labels.iter().cloned().chain([program]).collect());
            rows.push((row, fleet(software)));
        }
        for _ in 0..self.runs {
            for (row, fleet) in &rows {
                report.add(*row, sample(fleet))?;
            }
        }
        Ok(())
    }
}
