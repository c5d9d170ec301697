//! The status document as tables for people: within the width of the terminal, warnings last.

use std::time::{Duration, SystemTime};

use clap::builder::styling::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};

use crate::status::{CheckStatus, InstanceState, InstanceStatus, Status};

/// Blanks between two columns.
const GAP: u16 = 2;

pub(super) fn render(status: &Status, now: SystemTime, width: u16, colour: bool) -> String {
    let page = Page::new(now, width, colour);
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
    if !status.warnings.is_empty() {
        out.push('\n');
        out.push_str(&page.warnings(&status.warnings));
    }
    out
}

pub(super) struct Page {
    now: SystemTime,
    width: u16,
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
        let style = Style::new().fg_color(Some(AnsiColor::Yellow.into()));
        let mut table = self.empty_table();
        for warning in warnings {
            table.add_row(["warning:", warning]);
        }
        gaps(&mut table);
        table
            .lines()
            .map(|line| match line.trim_end().strip_prefix("warning:") {
                Some(rest) => format!("{}{rest}\n", self.styled(style, "warning:")),
                None => format!("{}\n", line.trim_end()),
            })
            .collect()
    }

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
mod tests {
    use super::*;
    use crate::status::{CheckState, ConfigStatus, CountersStatus, MasterStatus};

    fn instance(name: &str, state: InstanceState) -> InstanceStatus {
        InstanceStatus {
            name: name.into(),
            state,
            reason: "the master 10.0.50.12 fell silent for 3.6 s".into(),
            since: "2026-01-31T11:00:00.000Z".into(),
            interface: "ens20f0".into(),
            vrid: 51,
            version: 3,
            family: "ipv4".into(),
            priority: 100,
            effective_priority: 100,
            effective_priority_reason: String::new(),
            advert_interval_ms: 1000,
            master: None,
            addresses: vec!["10.0.50.20/32".into()],
            addresses_present: usize::from(state == InstanceState::Master),
            peers: Vec::new(),
            transitions: Vec::new(),
            counters: CountersStatus::default(),
        }
    }

    fn status(instances: Vec<InstanceStatus>) -> Status {
        Status {
            version: "0.1.0".into(),
            pid: 4711,
            started_at: "2026-01-30T10:00:00.000Z".into(),
            config: ConfigStatus {
                path: "/etc/vrrpd/vrrpd.yaml".into(),
                loaded_at: "2026-01-31T11:58:30.000Z".into(),
            },
            drained: false,
            instances,
            checks: Vec::new(),
            load_balancers: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn shown(status: &Status) -> String {
        let now = humantime::parse_rfc3339("2026-01-31T12:00:00Z").expect("a time");
        let text = render(status, now, 80, false);
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
            assert!(
                !line.contains('\x1b'),
                "an escape sequence without colour: {line}"
            );
        }
        text
    }

    fn heard(address: &str) -> Option<MasterStatus> {
        let address = address.into();
        Some(MasterStatus {
            address,
            priority: 150,
            last_heard_ms: 300,
            this_host: false,
        })
    }

    #[test]
    fn a_master_with_a_healthy_check() {
        let mut status = status(vec![instance("control-plane", InstanceState::Master)]);
        status.checks.push(CheckStatus {
            name: "apiserver".into(),
            state: CheckState::Up,
            since: "2026-01-31T11:00:00.000Z".into(),
            last_duration_ms: Some(4.25),
            last_error: None,
            last_error_kind: None,
            held_until: None,
        });
        insta::assert_snapshot!(shown(&status));
    }

    #[test]
    fn a_backup_names_its_master() {
        let mut backup = instance("control-plane", InstanceState::Backup);
        backup.master = heard("10.0.50.12");
        backup.reason = "10.0.50.12 has the higher priority".into();
        insta::assert_snapshot!(shown(&status(vec![backup])));
    }

    #[test]
    fn a_fault_says_why_and_a_start_has_no_interface_yet() {
        let mut fault = instance("control-plane", InstanceState::Fault);
        fault.reason = "the interface ens20f0 has no carrier".into();
        let mut init = instance("second", InstanceState::Init);
        init.interface = String::new();
        init.reason = "waiting for a route to 10.0.50.20".into();
        insta::assert_snapshot!(shown(&status(vec![fault, init])));
    }

    #[test]
    fn a_failing_check_lowers_the_priority_and_warnings_come_last() {
        let mut backup = instance("control-plane", InstanceState::Backup);
        backup.effective_priority = 1;
        backup.effective_priority_reason = "the check apiserver fails".into();
        backup.master = heard("10.0.50.12");
        let mut status = status(vec![backup]);
        status.drained = true;
        status.checks.push(CheckStatus {
            name: "apiserver".into(),
            state: CheckState::Down,
            since: "2026-01-31T11:59:55.000Z".into(),
            last_duration_ms: Some(1000.0),
            last_error: Some(
                "https://127.0.0.1:6443/healthz answered 500 Internal Server Error where any 2xx was wanted".into(),
            ),
            last_error_kind: Some("status".into()),
            held_until: Some("2026-01-31T12:00:25.000Z".into()),
        });
        status.checks.push(CheckStatus {
            name: "etcd".into(),
            state: CheckState::Unknown,
            since: "2026-01-31T11:59:55.000Z".into(),
            last_duration_ms: None,
            last_error: None,
            last_error_kind: None,
            held_until: None,
        });
        status.warnings.push(
            "control-plane: 10.0.50.13 advertises the same priority 100: give each host its own, \
             or the higher address wins unnoticed"
                .into(),
        );
        insta::assert_snapshot!(shown(&status));
    }

    #[test]
    fn long_names_and_ipv6_addresses_still_fit() {
        let mut v6 = instance(
            "a-control-plane-with-a-very-long-name",
            InstanceState::Backup,
        );
        v6.addresses = vec![
            "2001:db8:1234:5678:9abc:def0:1234:5678/128".into(),
            "fe80::1/128".into(),
        ];
        v6.master = heard("fe80::9abc:def0:1234:5678");
        insta::assert_snapshot!(shown(&status(vec![v6])));
    }

    #[test]
    fn a_master_without_its_address_shows_it() {
        let mut master = instance("control-plane", InstanceState::Master);
        master.addresses_present = 0;
        assert!(shown(&status(vec![master])).contains("0/1 present"));
    }

    #[test]
    fn colour_changes_nothing_but_colours() {
        let status = status(vec![instance("control-plane", InstanceState::Master)]);
        let now = humantime::parse_rfc3339("2026-01-31T12:00:00Z").expect("a time");
        let coloured = render(&status, now, 80, true);
        assert!(
            coloured.contains("\x1b[1m\x1b[32mmaster\x1b[0m  control-plane"),
            "{coloured:?}"
        );
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('\x1b') {
            plain.push_str(before);
            rest = after.split_once('m').expect("a colour ends with m").1;
        }
        plain.push_str(rest);
        assert_eq!(plain, render(&status, now, 80, false));
    }

    #[test]
    fn durations_show_their_two_largest_units() {
        let texts = [5, 65, 3_720, 200_000].map(|seconds| brief(Duration::from_secs(seconds)));
        assert_eq!(texts, ["5s", "1m5s", "1h2m", "2d7h"]);
    }
}
