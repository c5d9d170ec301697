//! Programs in a host.

use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use std::{fs, io};

use nix::mount::{MsFlags, mount};
use nix::sys::signal::{Signal, kill};

use super::Host;
use crate::command::Command;
use crate::error::{Context, LabError, Result};
use crate::process::{self, Output, Process};
use crate::tools;

impl Host {
    /// Starts a program in this host.
    ///
    /// # Errors
    /// It is not found or does not start.
    pub fn spawn(&self, command: &Command) -> Result<Process> {
        let mut program = command.program.clone();
        if program.components().count() == 1
            && let Some(name) = program.to_str()
        {
            program = tools::on_path(name)?;
        }
        if command.user.is_some() {
            program = self.expose(&program)?;
        }
        let process = Process::start(&self.inner.namespace, command, &program)?;
        let mut processes = self.processes();
        processes.retain(|process| process.strong_count() > 0);
        processes.push(Arc::downgrade(&process.shared));
        Ok(process)
    }

    /// Runs a program in this host to its end.
    ///
    /// # Errors
    /// It does not start, or does not end within `bound`.
    pub fn output(&self, command: &Command, bound: Duration) -> Result<Output> {
        let process = self.spawn(command)?;
        process.close_stdin();
        process.output(bound)
    }

    /// Shows `program` at a path that any user may reach; the repository may be root's own.
    fn expose(&self, program: &Path) -> Result<PathBuf> {
        let name = program.file_name().unwrap_or_default().to_owned();
        let program = program.to_owned();
        let what = format!(
            "showing {} to other users in {}",
            program.display(),
            self.name()
        );
        self.enter(move || -> io::Result<PathBuf> {
            let directory = Path::new("/run/vrrp-lab/bin");
            let exposed = directory.join(name);
            if !exposed.exists() {
                fs::create_dir_all(directory)?;
                fs::write(&exposed, "")?;
                let none = None::<&str>;
                mount(Some(&program), &exposed, none, MsFlags::MS_BIND, none)?;
            }
            Ok(exposed)
        })?
        .context(|| what)
    }

    pub(super) fn processes(&self) -> MutexGuard<'_, Vec<Weak<process::Shared>>> {
        self.inner
            .processes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Kills every process in this host, those too that its processes have started, and waits
    /// until none is left.
    ///
    /// # Errors
    /// Some still live after five seconds.
    pub fn kill_all(&self) -> Result<()> {
        let known: Vec<_> = self.processes().iter().filter_map(Weak::upgrade).collect();
        for process in &known {
            process.signal(Signal::SIGKILL);
        }
        let bound = Duration::from_secs(5);
        let deadline = Instant::now() + bound;
        loop {
            let pids = self.inner.namespace.pids();
            if pids.is_empty() {
                break;
            }
            if Instant::now() > deadline {
                return Err(LabError::Other(format!(
                    "{}: cannot kill {pids:?}",
                    self.name()
                )));
            }
            for pid in pids {
                let _ = kill(pid, Signal::SIGKILL);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        // One whose first thread is gone is in no namespace, yet others may still close its sockets.
        for process in known {
            process.wait_exit(bound)?;
        }
        Ok(())
    }
}
