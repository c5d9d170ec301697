//! What a running check tells: its status at any moment, and a report of each probe.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::error::ProbeError;
use crate::rise_fall::{Change, CheckState};

/// A check's status after its latest probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckStatus {
    /// The state.
    pub state: CheckState,
    /// Wall-clock time of the latest change of state (the start, while unknown); for people.
    pub since: SystemTime,
    /// The same moment on the monotonic clock; for ages.
    pub since_instant: Instant,
    /// How long the latest probe took; `None` before the first one ended.
    pub last_duration: Option<Duration>,
    /// Why the latest probe failed; `None` when it succeeded.
    pub last_error: Option<ProbeError>,
    /// Failures in a row.
    pub failures: u32,
    /// Successes in a row.
    pub successes: u32,
    /// Until when flap damping keeps the check down whatever the probes say.
    pub held_until: Option<Instant>,
}

/// One probe that ended, as given to the sink.
#[derive(Clone, Debug)]
pub struct Report {
    /// The check's name.
    pub name: Arc<str>,
    /// How the probe ended.
    pub outcome: Result<(), ProbeError>,
    /// How long it took.
    pub duration: Duration,
    /// The change of state it caused.
    pub change: Option<Change>,
    /// The status after it.
    pub status: CheckStatus,
}
