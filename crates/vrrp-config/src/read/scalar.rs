//! Single values: text, numbers, switches, words, paths, durations.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::object::Field;
use crate::report::Report;
use crate::words::{nearest, or, quoted};
use crate::yaml::Value;

/// Text that is not empty.
pub(crate) fn text<'a>(field: Field<'a>, report: &mut Report) -> Option<&'a str> {
    match &field.value.value {
        Value::Text(text) if text.is_empty() => {
            report.error(field.value, format!("`{}` is empty", field.name));
            None
        }
        Value::Text(text) => Some(text),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            report
                .error(
                    field.value,
                    format!(
                        "`{}` must be text, not {}",
                        field.name,
                        field.value.describe()
                    ),
                )
                .hint("put the value in quotes");
            None
        }
        _ => mismatch(field, "text", report),
    }
}

/// A whole number.
pub(crate) fn number<T: TryFrom<i128>>(
    field: Field<'_>,
    range: RangeInclusive<i128>,
    report: &mut Report,
) -> Option<T> {
    let wanted = if *range.end() == range.start() + 1 {
        format!("{} or {}", range.start(), range.end())
    } else {
        format!("a whole number from {} to {}", range.start(), range.end())
    };
    match &field.value.value {
        Value::Int(number) if range.contains(number) => T::try_from(*number).ok(),
        Value::Int(number) => {
            report.error(
                field.value,
                format!("`{}` is {number}, but must be {wanted}", field.name),
            );
            None
        }
        Value::Text(text) if text.parse::<i128>().is_ok() => {
            let number = text.parse::<i128>().unwrap_or_default();
            report
                .error(
                    field.value,
                    format!("`{}` must be {wanted}, not text", field.name),
                )
                .hint(format!("write {number} without quotes or leading zeros"));
            None
        }
        _ => mismatch(field, &wanted, report),
    }
}

/// `true` or `false`.
pub(crate) fn switch(field: Field<'_>, report: &mut Report) -> Option<bool> {
    match &field.value.value {
        Value::Bool(value) => Some(*value),
        Value::Text(text) => {
            let meant = match text.to_lowercase().as_str() {
                "yes" | "on" | "y" | "true" => Some("true"),
                "no" | "off" | "n" | "false" => Some("false"),
                _ => None,
            };
            let finding = report.error(
                field.value,
                format!(
                    "`{}` must be true or false, not {}",
                    field.name,
                    quoted(text)
                ),
            );
            if let Some(meant) = meant {
                finding.hint(format!("write {meant}, without quotes"));
            }
            None
        }
        _ => mismatch(field, "true or false", report),
    }
}

/// One of a few words.
pub(crate) fn word<T: Copy>(
    field: Field<'_>,
    words: &[(&'static str, T)],
    report: &mut Report,
) -> Option<T> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    let text = match &field.value.value {
        Value::Text(text) => text.as_str(),
        // Tools that write YAML 1.1 turn the word off into false.
        Value::Bool(false) if names.contains(&"off") => "off",
        _ => return mismatch(field, &or(&names), report),
    };
    let found = words
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, value)| *value);
    if found.is_none() {
        let finding = report.error(
            field.value,
            format!(
                "`{}` must be {}, not {}",
                field.name,
                or(&names),
                quoted(text)
            ),
        );
        if let Some(near) = nearest(text, names) {
            finding.label(format!("did you mean `{near}`?"));
        }
    }
    found
}

/// An absolute path.
pub(crate) fn path(field: Field<'_>, report: &mut Report) -> Option<PathBuf> {
    let text = text(field, report)?;
    let path = PathBuf::from(text);
    if !path.is_absolute() || text.contains('\0') {
        report
            .error(
                field.value,
                format!(
                    "`{}` must be an absolute path, not {}",
                    field.name,
                    quoted(text)
                ),
            )
            .hint("begin the path with `/`: the daemon has no working directory of yours");
        return None;
    }
    Some(path)
}

/// A duration with its unit.
pub(crate) fn duration(
    field: Field<'_>,
    range: RangeInclusive<Duration>,
    report: &mut Report,
) -> Option<Duration> {
    let name = field.name;
    let value = match &field.value.value {
        Value::Text(text) => text,
        Value::Int(0) => {
            report
                .error(field.value, format!("`{name}` is 0 without a unit"))
                .hint(format!("write a duration from {}", bounds(&range)));
            return None;
        }
        Value::Int(number) => {
            report
                .error(field.value, format!("`{name}` is {number} without a unit"))
                .label("which unit?")
                .hint(format!(
                    "write {number}s for seconds or {number}ms for milliseconds"
                ));
            return None;
        }
        Value::Float(number) => {
            report
                .error(field.value, format!("`{name}` is {number} without a unit"))
                .label("which unit?")
                .hint(format!("write {number}s for seconds"));
            return None;
        }
        _ => return mismatch(field, "a duration such as 10ms, 1s or 5m", report),
    };
    let Ok(duration) = parse_duration(value) else {
        report
            .error(
                field.value,
                format!("`{name}` is {}, which is no duration", quoted(value)),
            )
            .hint("write a number and a unit: 10ms, 1s, 5m or 1h");
        return None;
    };
    if !range.contains(&duration) {
        report.error(
            field.value,
            format!(
                "`{name}` is {}, but must be from {}",
                quoted(value),
                bounds(&range)
            ),
        );
        return None;
    }
    Some(duration)
}

fn bounds(range: &RangeInclusive<Duration>) -> String {
    format!("{} to {}", show(*range.start()), show(*range.end()))
}

/// What `10ms`, `1.5s` or `1h 30m` means.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, humantime::DurationError> {
    humantime::parse_duration(text.trim())
}

/// A duration as people write it: `40.95s` rather than `40s 950ms`.
pub(crate) fn show(duration: Duration) -> String {
    let below_a_second = duration.subsec_millis();
    match duration.as_secs() {
        0 if below_a_second > 0 => format!("{below_a_second}ms"),
        seconds if below_a_second > 0 => {
            let text = format!("{seconds}.{below_a_second:03}");
            format!("{}s", text.trim_end_matches('0'))
        }
        _ => humantime::format_duration(duration)
            .to_string()
            .replace(' ', ""),
    }
}

/// A value of the wrong kind.
pub(crate) fn mismatch<T>(field: Field<'_>, wanted: &str, report: &mut Report) -> Option<T> {
    report.error(
        field.value,
        format!(
            "`{}` must be {wanted}, not {}",
            field.name,
            field.value.describe()
        ),
    );
    None
}
