//! Numbers and times as Keepalived writes them.

use std::time::Duration;

/// A whole number in `range`.
pub(super) fn whole(text: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    text.parse().ok().filter(|number| range.contains(number))
}

/// Seconds with or without a fraction, to the microsecond, at most a year.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    const YEAR: u64 = 365 * 86_400;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let micros: u64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    (whole <= YEAR).then(|| Duration::from_secs(whole) + Duration::from_micros(micros))
}

/// The duration as `vrrpd.yaml` has it: whole seconds or milliseconds.
pub(super) fn show(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{}s", duration.as_secs())
    } else {
        format!("{}ms", duration.as_millis())
    }
}
