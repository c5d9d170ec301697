//! What happens in the demo, in order, and who must hold the VIP afterwards.

use std::time::{Duration, Instant};

use vrrp_lab::{LabError, Result};

use super::cluster::Cluster;
use crate::table::time;

/// Longer than any election at an interval of one second with a failing check before it.
const MOVES_WITHIN: Duration = Duration::from_secs(20);
/// How long the new master has to stay so that the move counts.
const STAYS_FOR: Duration = Duration::from_secs(1);

/// An event.
pub(super) struct Step {
    pub(super) event: String,
    expected: &'static str,
    act: fn(&Cluster) -> Result<()>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) event: String,
    pub(super) expected: &'static str,
    /// Who answers at the VIP afterwards.
    pub(super) master: Option<String>,
    /// The longest time without an answer to an HTTPS request; `None` if none failed.
    pub(super) api_gap: Option<Duration>,
    pub(super) api_failed: u64,
    /// The longest time without an answer to a UDP probe; `None` if none was lost.
    pub(super) vip_gap: Option<Duration>,
    /// Probes that were due in gaps and not sent, because this machine was busy.
    pub(super) unsent: u64,
    /// Why the step did not hold.
    pub(super) problem: Option<String>,
}

/// All events.
pub(super) fn steps() -> Vec<Step> {
    let step = |event: &str, expected, act| Step {
        event: event.to_owned(),
        expected,
        act,
    };
    vec![
        step("three hosts start", "cp1", |_| Ok(())),
        step("the daemon on cp1 gets SIGTERM", "cp2", |c| {
            c.terminate_daemon("cp1")
        }),
        step("the daemon on cp1 starts again", "cp1", |c| {
            c.start_daemon("cp1")
        }),
        step("host cp1 vanishes", "cp2", |c| c.crash("cp1")),
        step("the API server on cp2 is killed", "cp3", |c| {
            c.kill_server("cp2")
        }),
        step("host cp1 returns", "cp1", |c| c.boot("cp1")),
    ]
}

impl Step {
    /// Makes it happen and watches.
    pub(super) fn run(self, cluster: &Cluster) -> Outcome {
        let is_first = cluster.api.report().answered == 0;
        let before = cluster.api.report();
        let start = Instant::now();
        let result = (self.act)(cluster).and_then(|()| self.watch(cluster));
        let after = cluster.api.report();
        let failed = |report: &vrrp_lab::HttpsReport| report.finished - report.answered;
        let gaps = cluster.prober().gaps_since(start);
        // Before the first election there is no service to miss.
        let counts = |gap: Option<Duration>| gap.filter(|_| !is_first);
        Outcome {
            master: cluster.prober().answering(),
            api_gap: counts(cluster.api_gap_since(start)),
            api_failed: if is_first {
                0
            } else {
                failed(&after) - failed(&before)
            },
            vip_gap: counts(gaps.iter().map(vrrp_lab::Gap::owed).max()),
            unsent: gaps.iter().map(|gap| gap.unsent).sum(),
            problem: result.err().map(|error| format!("{}: {error}", self.event)),
            event: self.event,
            expected: self.expected,
        }
    }

    /// Waits until the right host serves, and sees to it that it goes on.
    fn watch(&self, cluster: &Cluster) -> Result<()> {
        let what = format!("only {} holds the VIP and serves", self.expected);
        cluster
            .lab
            .wait_until(&what, MOVES_WITHIN, || cluster.is_served_by(self.expected))?;
        let moved = Instant::now();
        std::thread::sleep(STAYS_FOR);
        let bounced = cluster
            .prober()
            .report()
            .handovers
            .iter()
            .any(|h| h.at > moved);
        if bounced {
            let diagnostics = cluster.lab.diagnostics();
            return Err(LabError::Other(format!(
                "{} did not stay master\n{diagnostics}",
                self.expected
            )));
        }
        cluster
            .lab
            .wait_until(&what, STAYS_FOR, || cluster.is_served_by(self.expected))
    }
}

impl Outcome {
    /// The longest time without an answer of either kind; HTTPS requests are rarer than probes
    /// and may all fall beside a short gap.
    pub(super) fn without_service(&self) -> Option<Duration> {
        self.api_gap.max(self.vip_gap)
    }

    /// For the line above the live table.
    pub(super) fn sentence(&self) -> String {
        let mark = if self.problem.is_none() {
            "ok"
        } else {
            "FAILED"
        };
        let master = self.master.as_deref().unwrap_or("nobody");
        let service = self.without_service().map_or_else(
            || "without a gap".to_owned(),
            |gap| format!("{} without service", time(gap)),
        );
        format!("{mark}: {}: {master} is master, {service}", self.event)
    }
}
