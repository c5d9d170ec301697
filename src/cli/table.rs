//! The status document as tables for people: within the width of the terminal, warnings last.

use std::time::{Duration, SystemTime};

use clap::builder::styling::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};

use super::strip;
use crate::status::{CheckStatus, InstanceState, InstanceStatus, Status};

/// Blanks between two columns.
const GAP: u16 = 2;

pub(super) fn render(status: &Status, now: SystemTime, width: u16, colour: bool) -> String {
    page(status, "", &Page::new(now, width, colour))
}

/// As [`render`], with a strip of the last changes of state before the warnings.
pub(super) fn render_with_changes(status: &Status, to: &Page) -> String {
    page(status, &strip::render(&status.instances, to), to)
}

fn page(status: &Status, strip: &str, page: &Page) -> String {
    let mut out = page.head(status);
    if !status.instances.is_empty() {
        out.push('\n');
        out.push_str(&page.instances(&status.instances));
        out.push('\n');
        out.push_str(&page.reasons(&status.instances));
    }
    if !status.checks.is_empty() {
        out.push('\n');
        out.push_str(&page.checks(&status.checks));
    }
    if !status.load_balancers.is_empty() {
        out.push('\n');
        out.push_str(&page.load_balancers(&status.load_balancers));
    }
    out.push_str(strip);
    if !status.warnings.is_empty() {
        out.push('\n');
        out.push_str(&page.warnings(&status.warnings));
    }
    out
}

/// What the output is made for.
pub(super) struct Page {
    /// The time, to which ages are told.
    now: SystemTime,
    /// Columns.
    width: u16,
    /// Whether to colour.
    colour: bool,
}

impl Page {
    pub(super) const fn new(now: SystemTime, width: u16, colour: bool) -> Self {
        Self { now, width, colour }
    }

    fn head(&self, status: &Status) -> String {
        let mut head = format!(
            "vrrpd {}, pid {}, up {}\n{}, loaded {} ago\n",
            status.version,
            status.pid,
            self.age(&status.started_at),
            status.config.path,
            self.age(&status.config.loaded_at),
        );
        if status.drained {
            let style = Style::new().fg_color(Some(AnsiColor::Yellow.into()));
            let text = "drained: this host stays backup until `vrrpd undrain`";
            head.push_str(&self.styled(style, text));
            head.push('\n');
        }
        head
    }

    fn instances(&self, instances: &[InstanceStatus]) -> String {
        let header = [
            "STATE",
            "INSTANCE",
            "FOR",
            "PRIO",
            "MASTER",
            "VRID",
            "INTERFACE",
            "ADDRESSES",
        ];
        let rows = instances.iter().map(|instance| {
            [
                instance.state.as_str().to_owned(),
                instance.name.clone(),
                self.age(&instance.since),
                priority(instance),
                master(instance),
                instance.vrid.to_string(),
                or_dash(&instance.interface),
                addresses(instance),
            ]
        });
        self.table(header, rows)
    }

    fn reasons(&self, instances: &[InstanceStatus]) -> String {
        let rows = instances.iter().map(|instance| {
            let mut text = instance.reason.clone();
            if !instance.effective_priority_reason.is_empty() {
                text = format!("{text}\npriority: {}", instance.effective_priority_reason);
            }
            [instance.name.clone(), text]
        });
        self.table(["INSTANCE", "WHY"], rows)
    }

    fn checks(&self, checks: &[CheckStatus]) -> String {
        let rows = checks.iter().map(|check| {
            let took = check
                .last_duration_ms
                .map_or_else(|| "-".to_owned(), |millis| format!("{millis:.1} ms"));
            [
                check.state.as_str().to_owned(),
                check.name.clone(),
                self.age(&check.since),
                took,
                self.trouble(check),
            ]
        });
        self.table(["STATE", "CHECK", "FOR", "TOOK", "LAST ERROR"], rows)
    }

    /// What keeps a check from being up.
    fn trouble(&self, check: &CheckStatus) -> String {
        let error = check.last_error.clone();
        let held = check.held_until.as_deref().and_then(|until| {
            let until = humantime::parse_rfc3339(until).ok()?;
            let left = until.duration_since(self.now).ok()?;
            Some(format!("held down for another {}", brief(left)))
        });
        let parts: Vec<String> = error.into_iter().chain(held).collect();
        parts.join("; ")
    }

    fn warnings(&self, warnings: &[String]) -> String {
        self.labelled("warning:", warnings)
    }

    /// Sentences with a label before each, within the width.
    pub(super) fn labelled(&self, label: &str, sentences: &[String]) -> String {
        let style = Style::new().fg_color(Some(AnsiColor::Yellow.into()));
        let mut table = self.empty_table();
        for sentence in sentences {
            table.add_row([label, sentence]);
        }
        gaps(&mut table);
        table
            .lines()
            .map(|line| match line.trim_end().strip_prefix(label) {
                Some(rest) => format!("{}{rest}\n", self.styled(style, label)),
                None => format!("{}\n", line.trim_end()),
            })
            .collect()
    }

    /// A table whose first column may be a state, which is coloured then.
    pub(super) fn table<const N: usize>(
        &self,
        header: [&str; N],
        rows: impl Iterator<Item = [String; N]>,
    ) -> String {
        let mut table = self.empty_table();
        table.set_header(header);
        for row in rows {
            table.add_row(row);
        }
        gaps(&mut table);
        table
            .lines()
            .map(|line| self.with_coloured_state(line.trim_end()))
            .collect()
    }

    fn empty_table(&self) -> Table {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(self.width);
        table
    }

    /// States stand first in their line, so that a colour changes nothing about the layout.
    fn with_coloured_state(&self, line: &str) -> String {
        let word = line.split(' ').next().unwrap_or_default();
        let rest = &line[word.len()..];
        let colour = match word {
            "master" | "up" | "active" => AnsiColor::Green,
            "backup" | "standby" => AnsiColor::Cyan,
            "init" | "unknown" => AnsiColor::Yellow,
            "fault" | "down" | "degraded" => AnsiColor::Red,
            "STATE" | "INSTANCE" => return self.styled(Style::new().dimmed(), line) + "\n",
            _ => return format!("{line}\n"),
        };
        let style = Style::new().bold().fg_color(Some(colour.into()));
        format!("{}{rest}\n", self.styled(style, word))
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// How long ago, briefly.
    pub(super) fn age(&self, since: &str) -> String {
        humantime::parse_rfc3339(since).map_or_else(
            |_| "-".to_owned(),
            |since| brief(self.now.duration_since(since).unwrap_or(Duration::ZERO)),
        )
    }
}

fn gaps(table: &mut Table) {
    let last = table.column_count().saturating_sub(1);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index == last { 0 } else { GAP }));
    }
}

fn priority(instance: &InstanceStatus) -> String {
    if instance.effective_priority == instance.priority {
        return instance.priority.to_string();
    }
    format!("{}/{}", instance.effective_priority, instance.priority)
}

fn master(instance: &InstanceStatus) -> String {
    match &instance.master {
        _ if instance.state == InstanceState::Master => "this host".to_owned(),
        Some(master) if master.this_host => "this host".to_owned(),
        Some(master) => master.address.clone(),
        None => "-".to_owned(),
    }
}

fn addresses(instance: &InstanceStatus) -> String {
    let mut lines: Vec<_> = instance
        .addresses
        .iter()
        .map(|address| {
            address
                .trim_end_matches("/32")
                .trim_end_matches("/128")
                .to_owned()
        })
        .collect();
    let all = instance.addresses.len();
    let present = instance.addresses_present;
    let wanted = if instance.state == InstanceState::Master {
        all
    } else {
        0
    };
    if present != wanted {
        lines.push(format!("{present}/{all} present"));
    }
    lines.join("\n")
}

fn or_dash(text: &str) -> String {
    if text.is_empty() {
        "-".to_owned()
    } else {
        text.to_owned()
    }
}

/// A duration in its two largest units.
fn brief(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{}s", seconds % 60),
        (0, _, _) => format!("{hours}h{}m", minutes % 60),
        _ => format!("{days}d{}h", hours % 24),
    }
}

#[cfg(test)]
mod tests;
