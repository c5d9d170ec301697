//! Foreign text made fit for one line of a log: bounded, without control characters.

use std::time::{Duration, UNIX_EPOCH};

/// Longest line shown, in characters.
const LINE: usize = 200;

/// Most names listed.
const NAMES: usize = 10;

/// Seconds since 1970 as RFC 3339.
pub(crate) fn utc(seconds: u64) -> String {
    const YEAR_10000: u64 = 253_402_300_800;
    if seconds >= YEAR_10000 {
        return "after the year 9999".into();
    }
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

/// Names separated by commas.
pub(crate) fn list(names: &[String]) -> String {
    match names.len() {
        0 => "no name at all".into(),
        1..=NAMES => names.join(", "),
        more => format!("{} and {} more", names[..NAMES].join(", "), more - NAMES),
    }
}

/// A foreign text on one line, bounded.
pub(crate) fn clean(text: &str) -> String {
    let mut line = String::new();
    let words = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if let Some((cut, _)) = line.char_indices().nth(LINE) {
            line.truncate(cut);
            line.push('…');
            break;
        }
    }
    line
}

/// The line of a body that tells most: the API server's first `[-]` line, the `"message"` of a JSON
/// document, else the first line that is not blank.
pub(crate) fn telling_line(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines().next()?;
    let telling = lines().find(|line| line.starts_with("[-]"));
    let message = || {
        if first.starts_with('{') {
            lines().find(|line| line.starts_with("\"message\""))
        } else {
            None
        }
    };
    let line = match telling.or_else(message) {
        Some(line) => clean(line),
        None if first.starts_with('{') => clean(&text),
        None => clean(first),
    };
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_servers_failing_part_is_preferred_to_its_first_line() {
        let body = b"[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\n[-]poststarthook/x failed\nhealthz check failed\n";
        assert_eq!(
            telling_line(body).as_deref(),
            Some("[-]etcd failed: reason withheld")
        );
    }

    #[test]
    fn a_json_status_shows_its_message() {
        let body =
            b"{\n  \"kind\": \"Status\",\n  \"message\": \"Unauthorized\",\n  \"code\": 401\n}";
        assert_eq!(
            telling_line(body).as_deref(),
            Some("\"message\": \"Unauthorized\",")
        );
        assert_eq!(
            telling_line(b"{\n\"a\": 1\n}").as_deref(),
            Some("{ \"a\": 1 }")
        );
    }

    #[test]
    fn control_characters_and_length_cannot_spoil_a_log() {
        let line = clean(&format!("a\x1b[31mred\x07\r\n b\u{0}{}", "x".repeat(1000)));
        assert!(line.starts_with("a [31mred b x"), "{line}");
        assert_eq!(line.chars().count(), LINE + 1);
        assert_eq!(telling_line(b"\n \r\n\x00\x01"), None);
        assert_eq!(telling_line(b"\n \r\n"), None);
    }

    #[test]
    fn times_beyond_four_digit_years_do_not_panic() {
        assert_eq!(utc(u64::MAX), "after the year 9999");
        assert_eq!(utc(1_700_000_000), "2023-11-14T22:13:20Z");
    }
}
