//! Tables and times as people read them.

use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};

/// A table with `head` as its first line.
pub(crate) fn table<const N: usize>(head: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head);
    table
}

/// A time with three digits that matter: `3.07 s`, `41.2 ms`, `0.85 ms`.
pub(crate) fn time(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1000.0;
    match millis {
        1000.0.. => format!("{:.2} s", millis / 1000.0),
        100.0.. => format!("{millis:.0} ms"),
        10.0.. => format!("{millis:.1} ms"),
        _ => format!("{millis:.2} ms"),
    }
}

/// Milliseconds for machines.
pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_the_unit_that_suits_it() {
        let shown = [3_070_000, 455_000, 41_200, 850].map(|us| time(Duration::from_micros(us)));
        assert_eq!(shown, ["3.07 s", "455 ms", "41.2 ms", "0.85 ms"]);
    }
}
