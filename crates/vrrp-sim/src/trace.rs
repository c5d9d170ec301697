//! The timeline of a run, one line per thing that happened.

use core::fmt;
use core::time::Duration;

/// Lines with their times, kept only where somebody will read them.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    kept: bool,
    lines: Vec<String>,
}

impl Trace {
    pub(crate) fn kept() -> Self {
        Self {
            kept: true,
            lines: Vec::new(),
        }
    }

    /// Whether lines are kept; others need not be made.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.kept
    }

    pub(crate) fn line(&mut self, time: u64, what: fmt::Arguments<'_>) {
        if self.kept {
            let seconds = Duration::from_nanos(time).as_secs_f64();
            self.lines.push(format!("{seconds:>14.9} {what}"));
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}
