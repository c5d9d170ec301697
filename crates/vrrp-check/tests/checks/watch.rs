//! A check under test: its spec with defaults, its reports as a queue.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use vrrp_check::{
    Change, Check, CheckHandle, CheckSpec, CheckState, ErrorKind, HttpSpec, ProbeError, ProbeSpec,
    Report, TlsSpec,
};

/// Nothing here takes this long unless it never comes.
pub(crate) const BOUND: Duration = Duration::from_secs(30);
/// An interval that no test lives to see: whatever happens before it is an event.
pub(crate) const NEVER: Duration = Duration::from_secs(3600);

pub(crate) struct Watched {
    pub(crate) handle: CheckHandle,
    reports: UnboundedReceiver<Report>,
}

pub(crate) fn http(url: String) -> CheckSpec {
    with_tls(url, TlsSpec::default())
}

pub(crate) fn with_tls(url: String, tls: TlsSpec) -> CheckSpec {
    spec(ProbeSpec::Http(HttpSpec {
        url,
        tls,
        status: Vec::new(),
        body: None,
        headers: Vec::new(),
    }))
}

pub(crate) fn on(address: SocketAddr) -> CheckSpec {
    http(format!("http://{address}/healthz"))
}

/// Fall 2, rise 2, 20 ms interval, a time-out that is not reached unless the test means it.
pub(crate) fn spec(probe: ProbeSpec) -> CheckSpec {
    CheckSpec {
        name: "apiserver".into(),
        probe,
        interval: Duration::from_millis(20),
        timeout: BOUND,
        fall: 2,
        rise: 2,
        hold_down: None,
    }
}

pub(crate) fn edit_http(spec: &mut CheckSpec) -> &mut HttpSpec {
    match &mut spec.probe {
        ProbeSpec::Http(http) => http,
        other => panic!("not an http check: {other:?}"),
    }
}

impl Watched {
    pub(crate) fn start(spec: CheckSpec) -> Self {
        Self::start_with(spec, |_| {})
    }

    /// `during` runs inside the check's task, before it goes on.
    pub(crate) fn start_with(
        spec: CheckSpec,
        mut during: impl FnMut(&Report) + Send + 'static,
    ) -> Self {
        let (sender, reports) = unbounded_channel();
        let handle = Check::spawn(spec, &Handle::current(), move |report| {
            during(report);
            let _ = sender.send(report.clone());
        })
        .expect("a valid spec");
        Self { handle, reports }
    }

    pub(crate) async fn next(&mut self) -> Report {
        tokio::time::timeout(BOUND, self.reports.recv())
            .await
            .expect("a probe ends")
            .expect("the check runs")
    }

    pub(crate) async fn success(&mut self) -> Report {
        let report = self.next().await;
        assert_eq!(report.outcome, Ok(()));
        report
    }

    pub(crate) async fn failure(&mut self) -> ProbeError {
        self.next().await.outcome.expect_err("a failed probe")
    }

    pub(crate) async fn fails_with(&mut self, kind: ErrorKind) -> String {
        let error = self.failure().await;
        assert_eq!(error.kind(), kind, "{error}");
        error.to_string()
    }

    /// Reports up to and with the one that changes the state to `change`.
    pub(crate) async fn until(&mut self, change: Change) -> Vec<Report> {
        let mut seen = Vec::new();
        loop {
            let report = self.next().await;
            let found = report.change == Some(change);
            seen.push(report);
            if found {
                return seen;
            }
        }
    }

    /// Waits until it is down; what the last probe said.
    pub(crate) async fn falls(&mut self) -> ProbeError {
        let last = self.until(Change::Down).await.pop().expect("a report");
        last.outcome.expect_err("a failure")
    }

    pub(crate) fn state(&self) -> CheckState {
        self.handle.status().state
    }
}
