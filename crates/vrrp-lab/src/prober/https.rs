//! The HTTPS prober: a new TCP connection with a full handshake and a request each time, as a
//! client of the API server makes it. Probes overlap, so that one that waits for a lost packet
//! does not hide that others are answered.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use tokio::runtime;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::ledger::Gap;
use crate::error::{LabError, Result};
use crate::host::Host;
use crate::http::{connect_tls, exchange};
use crate::tls;

/// A probe that takes longer has failed.
const TIMEOUT: Duration = Duration::from_millis(500);
/// No more probes than this at a time.
const MOST_AT_A_TIME: usize = 64;
/// Pause between two looks at the records.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// A running HTTPS prober.
#[derive(Debug)]
pub struct HttpsProber {
    records: Arc<Mutex<Vec<Record>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A finished probe.
#[derive(Clone, Debug)]
struct Record {
    started: Instant,
    ended: Instant,
    /// Who answered, or why nobody did.
    answer: std::result::Result<String, String>,
}

/// What an HTTPS prober has seen.
#[derive(Clone, Debug)]
pub struct HttpsReport {
    /// Probes finished.
    pub finished: u64,
    /// Probes answered with status 200.
    pub answered: u64,
    /// Median time of an answered probe, handshake included.
    pub median: Option<Duration>,
    /// Times in which probes failed, from the start of the last good probe before to the end of
    /// the first good one after; the open one last.
    pub gaps: Vec<Gap>,
    /// How probes failed, each reason once.
    pub failures: Vec<String>,
}

impl HttpsProber {
    pub(crate) fn start(client: &Host, target: SocketAddr, every: Duration) -> Result<Self> {
        let config = tls::client(client.pki().ca())?;
        let records = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (book, ending) = (Arc::clone(&records), Arc::clone(&stop));
        let thread = client.background("probe-https", move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(run(target, every, config, book, &ending));
            }
        })?;
        Ok(Self {
            records,
            stop,
            thread: Some(thread),
        })
    }

    /// What was seen so far.
    #[must_use]
    pub fn report(&self) -> HttpsReport {
        let records = self
            .records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        report(records, Instant::now())
    }

    /// When the first of the probes sent at or after `since` was answered by a host of which
    /// `wanted` is true.
    ///
    /// # Errors
    /// None was within `bound`.
    pub fn wait_answer(
        &self,
        wanted: impl Fn(&str) -> bool,
        since: Instant,
        bound: Duration,
    ) -> Result<Instant> {
        let deadline = Instant::now() + bound;
        loop {
            let first = {
                let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
                let good = records.iter().filter(|record| {
                    let answer = record.answer.as_deref();
                    record.started >= since && answer.is_ok_and(&wanted)
                });
                good.map(|record| record.ended).min()
            };
            if let Some(first) = first {
                return Ok(first);
            }
            if Instant::now() > deadline {
                return Err(LabError::Timeout {
                    what: "waiting for an answer over HTTPS".to_owned(),
                    bound,
                    diagnostics: format!("{:#?}", self.report()),
                });
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// Stops probing and reports.
    #[must_use]
    pub fn stop(self) -> HttpsReport {
        self.report()
    }
}

impl Drop for HttpsProber {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn run(
    target: SocketAddr,
    every: Duration,
    config: Arc<ClientConfig>,
    records: Arc<Mutex<Vec<Record>>>,
    stop: &AtomicBool,
) {
    let running = Arc::new(AtomicUsize::new(0));
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while !stop.load(Ordering::SeqCst) {
        ticks.tick().await;
        if running.load(Ordering::SeqCst) >= MOST_AT_A_TIME {
            continue;
        }
        running.fetch_add(1, Ordering::SeqCst);
        let (config, records) = (Arc::clone(&config), Arc::clone(&records));
        let running = Arc::clone(&running);
        tokio::spawn(async move {
            let started = Instant::now();
            let answer = timeout(TIMEOUT, ask(target, &config)).await;
            let answer = answer.unwrap_or_else(|_| Err("timed out".to_owned()));
            let record = Record {
                started,
                ended: Instant::now(),
                answer,
            };
            records
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(record);
            running.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

async fn ask(
    target: SocketAddr,
    config: &Arc<ClientConfig>,
) -> std::result::Result<String, String> {
    let stream = connect_tls(target, config)
        .await
        .map_err(|error| error.to_string())?;
    match exchange(stream, "GET", "/whoami").await {
        Ok((200, name)) => Ok(name),
        Ok((status, _)) => Err(format!("status {status}")),
        Err(error) => Err(error.to_string()),
    }
}

fn report(mut records: Vec<Record>, now: Instant) -> HttpsReport {
    records.sort_by_key(|record| record.started);
    let mut report = HttpsReport {
        finished: records.len() as u64,
        answered: 0,
        median: None,
        gaps: Vec::new(),
        failures: Vec::new(),
    };
    let mut times = Vec::new();
    let mut lost = 0;
    let mut last: Option<(Instant, String)> = None;
    for record in &records {
        match &record.answer {
            Ok(host) => {
                times.push(record.ended - record.started);
                if lost > 0 {
                    report
                        .gaps
                        .push(gap(&last, &records, lost, Some((record.ended, host))));
                }
                lost = 0;
                last = Some((record.started, host.clone()));
            }
            Err(why) => {
                lost += 1;
                if !report.failures.contains(why) {
                    report.failures.push(why.clone());
                }
            }
        }
    }
    if lost > 0 {
        let mut open = gap(&last, &records, lost, None);
        open.length = now.saturating_duration_since(open.start);
        report.gaps.push(open);
    }
    report.answered = times.len() as u64;
    times.sort_unstable();
    report.median = times.get(times.len() / 2).copied();
    report
}

fn gap(
    last: &Option<(Instant, String)>,
    records: &[Record],
    lost: u64,
    end: Option<(Instant, &String)>,
) -> Gap {
    let first = records
        .first()
        .map_or_else(Instant::now, |record| record.started);
    let start = last.as_ref().map_or(first, |(start, _)| *start);
    Gap {
        start,
        end: end.map(|(end, _)| end),
        length: end.map_or(Duration::ZERO, |(end, _)| {
            end.saturating_duration_since(start)
        }),
        from: last.as_ref().map(|(_, host)| host.clone()),
        to: end.map(|(_, host)| host.clone()),
        lost,
        unsent: 0,
    }
}
