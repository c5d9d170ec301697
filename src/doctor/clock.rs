//! The kernel's clock source: a slow one makes timers late.

use std::fs;

use super::Findings;
use super::scene::Scene;

const CURRENT: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/// Those that are read through a bus or counted by a timer.
const SLOW: [&str; 5] = ["hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"];

pub(super) fn examine(_: &Scene, findings: &mut Findings<'_>) {
    match fs::read_to_string(CURRENT) {
        Ok(text) => judge(text.trim(), findings),
        Err(error) => findings.ok(format!("the clock source is not known ({error})")),
    }
}

fn judge(source: &str, findings: &mut Findings<'_>) {
    if SLOW.contains(&source) {
        findings.warning(
            format!("the clock source is {source}, which is slow or coarse"),
            "see `dmesg | grep clocksource` for why the processor's own was given up; with a short \
             `advert_interval` timers are late",
        );
    } else {
        findings.ok(format!("the clock source is {source}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn a_slow_clock_source_is_a_warning_and_the_processors_own_is_not() {
        for (source, level) in [
            ("tsc", Level::Ok),
            ("kvm-clock", Level::Ok),
            ("hpet", Level::Warning),
            ("acpi_pm", Level::Warning),
        ] {
            let mut list = Vec::new();
            judge(
                source,
                &mut Findings {
                    family: "clock",
                    instance: None,
                    list: &mut list,
                },
            );
            assert_eq!(list.first().map(|one| one.level), Some(level), "{source}");
        }
    }
}
