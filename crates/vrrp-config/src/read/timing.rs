//! Interval, timeout, fall, rise and hold-down of a check.

use std::time::Duration;

use super::object::Object;
use super::scalar::{duration, number, show};
use crate::config::HoldDown;
use crate::report::Report;
use crate::schema;

const INTERVALS: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(3600));
const TIMEOUTS: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(3600));

/// How often a check probes and what it takes for a change.
pub(super) struct Timing {
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
    pub(super) fall: u8,
    pub(super) rise: u8,
}

impl Timing {
    /// The four keys of a check, with `interval` as the default of the first.
    pub(super) fn read(object: &Object<'_>, interval: Duration, report: &mut Report) -> Self {
        let interval = object
            .get("interval")
            .and_then(|field| duration(field, INTERVALS.0..=INTERVALS.1, report))
            .unwrap_or(interval);
        let timeout = object.get("timeout").and_then(|field| {
            let timeout = duration(field, TIMEOUTS.0..=TIMEOUTS.1, report)?;
            if timeout > interval {
                report
                    .warning(
                        field.value,
                        format!(
                            "the timeout of {} is longer than the interval of {}",
                            show(timeout),
                            show(interval)
                        ),
                    )
                    .hint(
                        "a hanging server then delays the next probe: make it at most the interval",
                    );
            }
            Some(timeout)
        });
        let mut count = |name| {
            object
                .get(name)
                .and_then(|field| number(field, 1..=255, report))
                .unwrap_or(2)
        };
        let (fall, rise) = (count("fall"), count("rise"));
        Timing {
            interval,
            timeout: timeout.unwrap_or(Duration::from_secs(1)),
            fall,
            rise,
        }
    }
}

const HOLDS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3600));
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Without `max`: the hold doubles four times.
const DOUBLINGS: u32 = 4;
const FORGET: Duration = Duration::from_secs(600);

/// `hold_down`, which a check has only where it is given.
pub(super) fn hold_down(object: &Object<'_>, report: &mut Report) -> Option<HoldDown> {
    let field = object.get("hold_down")?;
    let object = Object::open(field.value, &schema::HOLD_DOWN, report)?;
    let max = object
        .get("max")
        .and_then(|field| duration(field, HOLDS.0..=DAY, report));
    let forget = object
        .get("forget")
        .and_then(|field| duration(field, Duration::from_secs(1)..=DAY, report));
    let initial = object.require("initial", report)?;
    let held = duration(initial, HOLDS.0..=HOLDS.1, report)?;
    if let (Some(max), Some(field)) = (max, object.get("max"))
        && max < held
    {
        report
            .error(
                field.value,
                format!("`max` is {}, shorter than the first hold", show(max)),
            )
            .related(initial.value, format!("{} here", show(held)))
            .hint("make `max` at least `initial`, or remove it");
    }
    Some(HoldDown {
        initial: held,
        max: max.unwrap_or(held * 2_u32.pow(DOUBLINGS)),
        forget: forget.unwrap_or(FORGET),
    })
}
