//! A process in a host: its pid, its output line by line, signals and its end.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use crate::command::Command;
use crate::error::{Context, LabError, Result};
use crate::namespace::Namespace;

/// Lines of output kept per process.
const LINES_KEPT: usize = 50_000;
/// Lines of output shown when something went wrong.
const LINES_SHOWN: usize = 25;

/// A line that a process wrote.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// When it was read.
    pub at: Instant,
    /// Whether it came from standard error.
    pub stderr: bool,
    /// The text without its line break.
    pub text: String,
}

/// What a finished process left.
#[derive(Clone, Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// All it wrote to standard output.
    pub stdout: String,
    /// All it wrote to standard error.
    pub stderr: String,
}

/// A running or ended process. Killed when dropped.
#[derive(Debug)]
pub struct Process {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    name: String,
    pid: Pid,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    lines: VecDeque<LogLine>,
    open_pipes: u8,
    status: Option<ExitStatus>,
    stdin: Option<ChildStdin>,
}

impl Process {
    /// Starts `command` in `namespace`; `program` is the path as seen in there.
    pub(crate) fn start(namespace: &Namespace, command: &Command, program: &Path) -> Result<Self> {
        let mut wrapped = command.wrapped(program);
        // A group of its own: Ctrl-C at the terminal is for the lab, which ends its processes.
        wrapped.process_group(0);
        let what = || format!("starting {} in {}", program.display(), namespace.name());
        let mut child = namespace.enter(move || wrapped.spawn())?.context(what)?;
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
        let shared = Arc::new(Shared {
            name: format!("{} on {}", command.name, namespace.name()),
            pid,
            state: Mutex::new(State {
                lines: VecDeque::new(),
                open_pipes: 2,
                status: None,
                stdin: child.stdin.take(),
            }),
            changed: Condvar::new(),
        });
        let process = Self {
            shared: Arc::clone(&shared),
        };
        let stdout = child
            .stdout
            .take()
            .map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
        let stderr = child
            .stderr
            .take()
            .map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
        for (pipe, is_stderr) in [(stdout, false), (stderr, true)] {
            let shared = Arc::clone(&shared);
            let name = if is_stderr {
                "lab-stderr"
            } else {
                "lab-stdout"
            };
            spawn_thread(name, move || shared.read(pipe, is_stderr))?;
        }
        spawn_thread("lab-reaper", move || shared.reap(child))?;
        Ok(process)
    }

    /// Process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        u32::try_from(self.shared.pid.as_raw()).unwrap_or(0)
    }

    /// Sends a signal; does nothing to a process that has ended.
    pub fn signal(&self, signal: Signal) {
        self.shared.signal(signal);
    }

    /// SIGKILL.
    pub fn kill(&self) {
        self.signal(Signal::SIGKILL);
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// SIGSTOP: it hangs.
    pub fn stop(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// SIGCONT: it wakes.
    pub fn cont(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Whether it has not ended.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.shared.lock().status.is_none()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It still runs after `bound`.
    pub fn wait_exit(&self, bound: Duration) -> Result<ExitStatus> {
        self.shared.wait_exit(bound)
    }

    /// Every line it wrote so far.
    #[must_use]
    pub fn lines(&self) -> Vec<LogLine> {
        self.shared.lock().lines.iter().cloned().collect()
    }

    /// All it wrote so far, as text.
    #[must_use]
    pub fn text(&self) -> String {
        self.shared.text(|_| true)
    }

    /// Waits for a line that contains `pattern`, among those already written too.
    ///
    /// # Errors
    /// None came within `bound`, or the process ended without one.
    pub fn wait_line(&self, pattern: &str, bound: Duration) -> Result<LogLine> {
        let found = self
            .shared
            .wait(&format!("to write {pattern:?}"), bound, |state| {
                let line = state
                    .lines
                    .iter()
                    .find(|line| line.text.contains(pattern))
                    .cloned();
                (line.is_some() || (state.status.is_some() && state.open_pipes == 0))
                    .then_some(line)
            })?;
        found.ok_or_else(|| self.ended())
    }

    /// Writes a line to its standard input.
    ///
    /// # Errors
    /// It has closed it, or has ended.
    pub fn write_line(&self, line: &str) -> Result<()> {
        let mut state = self.shared.lock();
        let stdin = state.stdin.as_mut().ok_or_else(|| {
            LabError::Other(format!("{}: standard input is closed", self.shared.name))
        })?;
        writeln!(stdin, "{line}")
            .and_then(|()| stdin.flush())
            .context(|| format!("writing {line:?} to {}", self.shared.name))
    }

    /// Closes its standard input.
    pub fn close_stdin(&self) {
        drop(self.shared.lock().stdin.take());
    }

    /// Waits for its end and takes all it wrote.
    ///
    /// # Errors
    /// It still runs after `bound`.
    pub fn output(&self, bound: Duration) -> Result<Output> {
        let status = self.shared.wait("to end", bound, |state| {
            state.status.filter(|_| state.open_pipes == 0)
        })?;
        Ok(Output {
            status,
            stdout: self.shared.text(|line| !line.stderr),
            stderr: self.shared.text(|line| line.stderr),
        })
    }

    /// The error that says how it ended.
    #[must_use]
    pub fn ended(&self) -> LabError {
        let status = self.shared.lock().status;
        LabError::Ended {
            process: self.shared.name.clone(),
            status: status.map_or_else(|| "still running".to_owned(), |status| status.to_string()),
            logs: self.shared.tail(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        let _ = self.wait_exit(Duration::from_secs(5));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let state = self.lock();
        // Not reaped yet, so the number is still this process's.
        if state.status.is_none() {
            let _ = kill(self.pid, signal);
        }
    }

    fn read(&self, pipe: Option<Box<dyn Read + Send>>, stderr: bool) {
        if let Some(pipe) = pipe {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe
                .read_until(b'\n', &mut line)
                .is_ok_and(|length| length > 0)
            {
                let text = String::from_utf8_lossy(&line)
                    .trim_end_matches('\n')
                    .to_owned();
                line.clear();
                let mut state = self.lock();
                if state.lines.len() == LINES_KEPT {
                    state.lines.pop_front();
                }
                state.lines.push_back(LogLine {
                    at: Instant::now(),
                    stderr,
                    text,
                });
                self.changed.notify_all();
            }
        }
        self.lock().open_pipes -= 1;
        self.changed.notify_all();
    }

    fn reap(&self, mut child: Child) {
        // First only look, so that the number cannot be used again before `status` says so.
        let _ = waitid(
            Id::Pid(self.pid),
            WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT,
        );
        let mut state = self.lock();
        let status = child.wait().unwrap_or_else(|_| ExitStatus::from_raw(-1));
        state.status = Some(status);
        state.stdin = None;
        self.changed.notify_all();
    }

    /// Waits for its end.
    pub(crate) fn wait_exit(&self, bound: Duration) -> Result<ExitStatus> {
        self.wait("to end", bound, |state| state.status)
    }

    fn wait<T>(
        &self,
        what: &str,
        bound: Duration,
        mut happened: impl FnMut(&State) -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + bound;
        let mut state = self.lock();
        loop {
            if let Some(value) = happened(&state) {
                return Ok(value);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(state);
                return Err(LabError::Timeout {
                    what: format!("waiting for {} {what}", self.name),
                    bound,
                    diagnostics: self.tail(),
                });
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn text(&self, wanted: impl Fn(&LogLine) -> bool) -> String {
        let state = self.lock();
        let lines = state.lines.iter().filter(|line| wanted(line));
        lines.fold(String::new(), |text, line| text + &line.text + "\n")
    }

    /// Name, state and the last lines of output, for diagnostics.
    pub(crate) fn tail(&self) -> String {
        let state = self.lock();
        let status = state
            .status
            .map_or_else(|| "running".to_owned(), |status| status.to_string());
        let mut text = format!("--- {} (pid {}, {status})\n", self.name, self.pid);
        let skipped = state.lines.len().saturating_sub(LINES_SHOWN);
        for line in state.lines.iter().skip(skipped) {
            text += "    ";
            text += &line.text;
            text.push('\n');
        }
        text
    }
}

fn spawn_thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map(drop)
        .context(|| format!("starting thread {name}"))
}
