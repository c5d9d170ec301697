//! What tracked checks and interfaces do to a priority: a pure sum and its sentence.

use std::time::SystemTime;

/// The lowest priority a failing track can cause; 0 would mean "I am leaving"
/// (RFC 9568 §5.2.4).
const LOWEST: u8 = 1;

/// The priority of the address owner, which nothing lowers (RFC 9568 §5.2.4).
const OWNER: u8 = 255;

/// One tracked thing that is failing now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failing {
    /// Name of the check or interface.
    pub name: String,
    /// What it subtracts; without one the priority falls to 1.
    pub penalty: Option<u8>,
    /// Since when it fails.
    pub since: SystemTime,
}

/// A priority after tracking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Effective {
    /// The priority to advertise.
    pub priority: u8,
    /// Why it differs from the configured one, for the log and as a cause; `None` where nothing
    /// fails.
    pub degraded: Option<String>,
}

/// Applies all penalties to `base`. The order of `failing` does not matter.
#[must_use]
pub(super) fn effective(base: u8, failing: &[Failing]) -> Effective {
    if failing.is_empty() || base == OWNER {
        return Effective {
            priority: base,
            degraded: None,
        };
    }
    let priority = if failing.iter().any(|failed| failed.penalty.is_none()) {
        LOWEST
    } else {
        failing
            .iter()
            .filter_map(|failed| failed.penalty)
            .fold(base, u8::saturating_sub)
            .max(LOWEST)
    };
    let names: Vec<&str> = failing.iter().map(|failed| failed.name.as_str()).collect();
    Effective {
        priority,
        degraded: Some(format!("{} down", names.join(" and "))),
    }
}

/// The sentence `vrrpd status` shows: "100, apiserver down since 12 s: 1". Empty where nothing
/// fails.
#[must_use]
pub(super) fn explain(base: u8, failing: &[Failing], now: SystemTime) -> String {
    let result = effective(base, failing);
    if result.degraded.is_none() {
        return String::new();
    }
    let parts: Vec<String> = failing
        .iter()
        .map(|failed| {
            let seconds = now
                .duration_since(failed.since)
                .unwrap_or_default()
                .as_secs();
            let penalty = failed
                .penalty
                .map_or_else(String::new, |penalty| format!(" (-{penalty})"));
            format!("{} down since {seconds} s{penalty}", failed.name)
        })
        .collect();
    format!("{base}, {}: {}", parts.join(", "), result.priority)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn failing(name: &str, penalty: Option<u8>) -> Failing {
        Failing {
            name: name.into(),
            penalty,
            since: SystemTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn nothing_failing_leaves_the_priority() {
        assert_eq!(
            effective(100, &[]),
            Effective {
                priority: 100,
                degraded: None
            }
        );
    }

    #[test]
    fn a_failing_check_without_penalty_lowers_to_one() {
        let result = effective(200, &[failing("apiserver", None)]);
        assert_eq!(result.priority, 1);
        assert_eq!(result.degraded.as_deref(), Some("apiserver down"));
    }

    #[test]
    fn penalties_add_up_and_stop_at_one() {
        let two = [failing("a", Some(30)), failing("b", Some(20))];
        assert_eq!(effective(100, &two).priority, 50);
        assert_eq!(effective(40, &two).priority, 1);
    }

    #[test]
    fn a_check_without_penalty_outweighs_any_sum() {
        let both = [failing("a", Some(1)), failing("b", None)];
        assert_eq!(effective(254, &both).priority, 1);
    }

    #[test]
    fn the_address_owner_keeps_its_priority() {
        assert_eq!(effective(255, &[failing("a", None)]).priority, 255);
    }

    #[test]
    fn the_explanation_names_each_cause_and_its_age() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(12);
        assert_eq!(
            explain(100, &[failing("apiserver", None)], now),
            "100, apiserver down since 12 s: 1"
        );
        assert_eq!(
            explain(100, &[failing("bond1", Some(50))], now),
            "100, bond1 down since 12 s (-50): 50"
        );
        assert_eq!(explain(100, &[], now), "");
    }
}
