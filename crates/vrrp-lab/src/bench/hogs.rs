//! Threads of normal priority that keep every core busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use vrrp_lab::{LabError, Result};

/// One busy thread on each core. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Hogs {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Hogs {
    /// On every core that this process may use.
    pub(super) fn start() -> Result<Self> {
        let this = Pid::from_raw(0);
        let allowed = sched_getaffinity(this)
            .map_err(|errno| LabError::Other(format!("asking which cores there are: {errno}")))?;
        let mut hogs = Self {
            stop: Arc::new(AtomicBool::new(false)),
            threads: Vec::new(),
        };
        for core in 0..CpuSet::count() {
            if !allowed.is_set(core).unwrap_or(false) {
                continue;
            }
            let mut only = CpuSet::new();
            let stop = Arc::clone(&hogs.stop);
            let pinned = only.set(core);
            let hog = move || {
                // Where the kernel refuses, it spreads busy threads by itself.
                let _ = pinned.and_then(|()| sched_setaffinity(this, &only));
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            };
            let thread = thread::Builder::new()
                .name(format!("lab-hog{core}"))
                .spawn(hog)
                .map_err(|error| LabError::Other(format!("starting a busy thread: {error}")))?;
            hogs.threads.push(thread);
        }
        Ok(hogs)
    }

    /// How many cores are kept busy.
    pub(super) const fn cores(&self) -> usize {
        self.threads.len()
    }
}

impl Drop for Hogs {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
