//! The classic Prometheus text format (0.0.4), for clients that do not ask for OpenMetrics: it
//! differs from it in where `_total` stands, and in what it has no word for.

/// Rewrites OpenMetrics text.
pub(super) fn from_openmetrics(text: &str) -> String {
    let mut classic = String::with_capacity(text.len() + 1024);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        // HELP comes before TYPE, and must already carry the suffix that TYPE decides.
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap_or((help, ""));
            let counter = lines.peek().is_some_and(|next| is_counter(next));
            let suffix = if counter { "_total" } else { "" };
            classic.push_str(&format!("# HELP {name}{suffix} {help}\n"));
        } else if is_counter(line) {
            let name = line
                .trim_start_matches("# TYPE ")
                .trim_end_matches(" counter");
            classic.push_str(&format!("# TYPE {name}_total counter\n"));
        } else {
            classic.push_str(line);
            classic.push('\n');
        }
    }
    classic
}

fn is_counter(line: &str) -> bool {
    line.starts_with("# TYPE ") && line.ends_with(" counter")
}

#[cfg(test)]
mod tests {
    use super::from_openmetrics;

    #[test]
    fn counters_carry_their_suffix_in_help_and_type_and_the_end_mark_goes() {
        let text = "# HELP a_b Help text.\n# TYPE a_b counter\na_b_total{x=\"1\"} 3\n\
                    # HELP g Gauge.\n# TYPE g gauge\ng 1\n# EOF\n";
        let classic = "# HELP a_b_total Help text.\n# TYPE a_b_total counter\n\
                       a_b_total{x=\"1\"} 3\n# HELP g Gauge.\n# TYPE g gauge\ng 1\n";
        assert_eq!(from_openmetrics(text), classic);
    }
}
