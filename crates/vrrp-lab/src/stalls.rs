//! Times in which this machine did not run what should have run: a daemon that was not run
//! either did nothing wrong. One thread for each processor sleeps by the clock and notes when
//! it was woken late.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use vrrp_lab::{LabError, Result};

use crate::span::Span;

const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Less is the ordinary life of a busy machine.
const LATE: Duration = Duration::from_millis(3);
/// Just above the daemons' own threads (10), so that none of them can be the cause.
const REALTIME_PRIORITY: u8 = 11;

/// A running watch.
#[derive(Debug)]
pub(crate) struct Stalls {
    stop: Arc<AtomicBool>,
    spans: Arc<Mutex<Vec<Span>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Stalls {
    pub(crate) fn watch() -> Result<Self> {
        let mut stalls = Self {
            stop: Arc::default(),
            spans: Arc::default(),
            threads: Vec::new(),
        };
        let problem = |what: &str| LabError::Other(format!("watching for stalls: {what}"));
        let ours = sched_getaffinity(Pid::from_raw(0)).map_err(|e| problem(e.desc()))?;
        let processors = (0..CpuSet::count()).filter(|place| ours.is_set(*place) == Ok(true));
        for processor in processors {
            let (stop, spans) = (Arc::clone(&stalls.stop), Arc::clone(&stalls.spans));
            let thread = thread::Builder::new()
                .name(format!("stalls-{processor}"))
                .spawn(move || look(processor, &stop, &spans))
                .map_err(|error| problem(&error.to_string()))?;
            stalls.threads.push(thread);
        }
        Ok(stalls)
    }

    /// Every time on any processor, in order; those that touch are one.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let mut spans = self
            .spans
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        spans.sort_by_key(|span| span.from);
        spans.into_iter().fold(Vec::new(), |mut merged, span| {
            match merged.last_mut() {
                Some(Span { to, .. }) if span.from <= *to => *to = span.to.max(*to),
                _ => merged.push(span),
            }
            merged
        })
    }
}

impl Drop for Stalls {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn look(processor: usize, stop: &AtomicBool, spans: &Mutex<Vec<Span>>) {
    let mut only = CpuSet::new();
    // Where the machine allows neither, fewer stalls are seen and more is judged.
    if only.set(processor).is_ok() {
        let _ = sched_setaffinity(Pid::from_raw(0), &only);
    }
    let _ = vrrp_net::realtime::schedule_this_thread(REALTIME_PRIORITY);
    while !stop.load(Ordering::SeqCst) {
        let due = Instant::now() + LOOK_EVERY;
        thread::sleep(LOOK_EVERY);
        let woken = Instant::now();
        if woken.saturating_duration_since(due) > LATE {
            let mut spans = spans.lock().unwrap_or_else(PoisonError::into_inner);
            spans.push(Span::new(due, woken));
        }
    }
}
