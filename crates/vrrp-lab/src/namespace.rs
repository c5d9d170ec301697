//! One namespace of the lab: a thread that has left the machine's network, mount and host-name
//! namespaces. It has no name anywhere: the kernel removes it, with all interfaces in it, when
//! the last thread, process or socket in it is gone, however this process ends.

use std::fs::{self, File};
use std::os::fd::{AsRawFd, RawFd};
use std::os::linux::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, sethostname};

use crate::error::{Context, LabError, Result};
use crate::private_files::mount_private_files;

type Job = Box<dyn FnOnce() + Send>;

/// The network namespaces that this process has made and not yet closed, by inode.
static OPEN: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// A network namespace with its own files, and the thread that lives in it.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    netns: File,
    inode: u64,
}

impl Namespace {
    /// Makes a namespace. `name` becomes its host name and the name of its thread.
    ///
    /// # Errors
    /// Not root, or the kernel refuses namespaces or mounts.
    pub fn new(name: &str) -> Result<Self> {
        if !nix::unistd::geteuid().is_root() {
            return Err(LabError::NotRoot);
        }
        let (jobs, inbox) = mpsc::channel::<Job>();
        let (ready, answer) = mpsc::sync_channel(1);
        let hostname = name.to_owned();
        let thread = std::thread::Builder::new()
            .name(format!("lab-{name}"))
            .spawn(move || {
                let left = leave(&hostname);
                let failed = left.is_err();
                if ready.send(left).is_err() || failed {
                    return;
                }
                for job in inbox {
                    job();
                }
            })
            .context(|| format!("starting the thread of namespace {name}"))?;
        let netns = answer.recv().map_err(|_| LabError::NamespaceGone {
            namespace: name.to_owned(),
        })??;
        let inode = netns
            .metadata()
            .context(|| format!("reading the identity of namespace {name}"))?
            .st_ino();
        OPEN.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(inode);
        Ok(Self {
            name: name.to_owned(),
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
            netns,
            inode,
        })
    }

    /// The name given when it was made.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Inode of the network namespace, as `/proc/PID/ns/net` shows it.
    #[must_use]
    pub const fn inode(&self) -> u64 {
        self.inode
    }

    pub(crate) fn netns_fd(&self) -> RawFd {
        self.netns.as_raw_fd()
    }

    /// Runs `work` on the namespace's thread and returns what it returns. Sockets opened there
    /// stay in the namespace, wherever they are used; processes and threads started there
    /// inherit the namespace. `work` must be short: it holds up everything else in this host.
    ///
    /// # Errors
    /// The namespace has been closed.
    ///
    /// # Panics
    /// If `work` does.
    pub fn enter<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let gone = || LabError::NamespaceGone {
            namespace: self.name.clone(),
        };
        let (answer, result) = mpsc::sync_channel(1);
        let job: Job = Box::new(move || {
            let _ = answer.send(catch_unwind(AssertUnwindSafe(work)));
        });
        let jobs = self
            .jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        jobs.ok_or_else(gone)?.send(job).map_err(|_| gone())?;
        match result.recv().map_err(|_| gone())? {
            Ok(value) => Ok(value),
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Ends the namespace's thread. Its processes must have been ended before.
    pub(crate) fn close(&self) {
        drop(
            self.jobs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
        OPEN.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|open| *open != self.inode);
    }

    /// The processes in the network namespace, whoever started them.
    pub(crate) fn pids(&self) -> Vec<Pid> {
        pids_in(&[self.inode])
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.close();
    }
}

/// Kills every process in every namespace that this process has made: for a program that is told
/// to stop and cannot wait until its labs are dropped. The namespaces go with the process.
pub fn kill_everything() {
    let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for pid in pids_in(&open) {
        let _ = kill(pid, Signal::SIGKILL);
    }
}

/// The processes whose network namespace has one of these inodes.
fn pids_in(inodes: &[u64]) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| {
            fs::metadata(format!("/proc/{pid}/ns/net"))
                .is_ok_and(|namespace| inodes.contains(&namespace.st_ino()))
        })
        .map(Pid::from_raw)
        .collect()
}

/// Takes the calling thread into namespaces of its own.
fn leave(hostname: &str) -> Result<File> {
    unshare(
        CloneFlags::CLONE_FS
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWUTS,
    )
    .context(|| format!("making the namespaces of {hostname}"))?;
    sethostname(hostname).context(|| format!("setting the host name {hostname}"))?;
    mount_private_files()?;
    quiet_ipv6();
    let path = "/proc/thread-self/ns/net";
    File::open(path).context(|| format!("opening {path}"))
}

/// Link-local addresses without duplicate detection, no router solicitations: hosts of the lab
/// are ready at once and silent. Where the kernel has no IPv6 there is nothing to set.
fn quiet_ipv6() {
    for scope in ["all", "default"] {
        for (key, value) in [
            ("accept_dad", "0"),
            ("dad_transmits", "0"),
            ("router_solicitations", "0"),
            ("accept_ra", "0"),
            ("disable_ipv6", "0"),
        ] {
            let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{scope}/{key}"), value);
        }
    }
}
