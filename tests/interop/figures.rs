//! Where the figures of a cell go: one row of a Markdown table in a file of its own.

use std::fs;
use std::path::Path;
use std::time::Duration;

use vrrp_lab::{LabError, Result};

use crate::router::Software;
use crate::setup::Setup;

/// What a cell measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// From the moment the second router took part until the one to be master was the only one.
    pub(crate) settled: Duration,
    /// Without an answer when the master was told to stop.
    pub(crate) stopped: Duration,
    /// From the moment the old master took part again until it was the only one.
    pub(crate) returned: Duration,
    /// Without an answer when the master's host vanished.
    pub(crate) vanished: Duration,
}

impl Figures {
    /// Writes the row of one cell.
    pub(crate) fn write(
        &self,
        peer: Software,
        setup: &Setup,
        higher: bool,
        first: bool,
    ) -> Result<()> {
        let priority = if higher { "higher" } else { "lower" };
        let start = if first { "first" } else { "second" };
        let [settled, stopped, returned, vanished] =
            [self.settled, self.stopped, self.returned, self.vanished]
                .map(|duration| format!("{:.3}", duration.as_secs_f64()));
        let row = format!(
            "| {peer:?} | {} | {priority} | {start} | {settled} | {stopped} | {returned} | \
             {vanished} |\n",
            setup.name
        );
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop");
        let file = format!("{peer:?} {} {priority} {start}.md", setup.name).replace(' ', "-");
        fs::create_dir_all(&directory)
            .and_then(|()| fs::write(directory.join(&file), row))
            .map_err(|error| LabError::Other(format!("writing the figures to {file}: {error}")))
    }
}
