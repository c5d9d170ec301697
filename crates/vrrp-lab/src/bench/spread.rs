//! Median, minimum and maximum of numbers with a unit.

use std::time::Duration;

use serde_json::{Value, json};

use crate::table::time;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Whole things.
    Count,
    /// Numbers whose fractions matter.
    Number,
    /// Microseconds.
    Microseconds,
    /// Milliseconds.
    Milliseconds,
    /// Hundredths of one processor.
    Percent,
    /// 1,048,576 bytes each.
    Mebibytes,
}

impl Unit {
    pub(super) fn show(self, value: f64) -> String {
        match self {
            Self::Count => format!("{value:.0}"),
            Self::Number => format!("{value:.3}"),
            Self::Microseconds => format!("{value:.1} µs"),
            Self::Milliseconds => {
                let sign = if value < 0.0 { "-" } else { "" };
                format!("{sign}{}", time(Duration::from_secs_f64(value.abs() / 1e3)))
            }
            Self::Percent => format!("{value:.2} %"),
            Self::Mebibytes => format!("{value:.2} MiB"),
        }
    }
}

/// Median, minimum and maximum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    min: f64,
    max: f64,
}

impl Spread {
    /// Of nothing there is none.
    pub(super) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        let low = *values.get(values.len().checked_sub(1)? / 2)?;
        let high = *values.get(values.len() / 2)?;
        Some(Self {
            median: f64::midpoint(low, high),
            min: *values.first()?,
            max: *values.last()?,
        })
    }

    /// `median (minimum to maximum)`, or one number where there is no other.
    pub(super) fn text(self, unit: Unit) -> String {
        let [median, min, max] = [self.median, self.min, self.max].map(|value| unit.show(value));
        if min == max {
            median
        } else {
            format!("{median} ({min} to {max})")
        }
    }

    pub(super) fn json(self) -> Value {
        json!({
            "median": rounded(self.median),
            "min": rounded(self.min),
            "max": rounded(self.max),
        })
    }
}

/// Three decimal places.
pub(super) fn rounded(value: f64) -> Value {
    json!((value * 1e3).round() / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let spread = Spread::of(vec![4.0, 1.0, 3.0, 10.0]).expect("a spread");
        assert_eq!(
            spread.text(Unit::Microseconds),
            "3.5 µs (1.0 µs to 10.0 µs)"
        );
        assert_eq!(
            spread.json(),
            json!({"median": 3.5, "min": 1.0, "max": 10.0})
        );
    }

    #[test]
    fn nothing_measured_has_no_median() {
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
