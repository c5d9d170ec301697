//! Running a command: without a shell, in a process group of its own, with nothing of what makes
//! the daemon special, and killed with its children when its time is over.

mod ordinary;

use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout_at};

use self::ordinary::make_ordinary;
use crate::error::ProbeError;
use crate::probe::text::telling_line;
use crate::spec::ExecSpec;

/// Of stdout and of stderr this much is kept; the rest is read and dropped so that the command does not block.
const KEPT: usize = 4096;

/// After the command's end its last words are in the pipe already.
const DRAIN: Duration = Duration::from_millis(100);

/// Variables that are for the daemon and would mislead a command that talks to systemd.
const PRIVATE: [&str; 8] = [
    "NOTIFY_SOCKET",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
    "LISTEN_PID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
];

/// Runs commands one after the other, never two at once. Dropping it kills what runs.
#[derive(Debug, Default)]
pub struct Commands {
    /// A killed command that the kernel has not let go yet; the next one waits for it.
    lingering: Option<Running>,
}

/// A running command. Dropping it kills the whole group.
#[derive(Debug)]
struct Running {
    group: Group,
    child: Child,
}

#[derive(Debug)]
struct Group(Option<Pid>);

impl Commands {
    /// Runs a command to its end, which is its code 0 or an error.
    ///
    /// # Errors
    /// It could not be started, ended otherwise, or did not end within `timeout` and was killed.
    pub async fn run(&mut self, spec: &ExecSpec, timeout: Duration) -> Result<(), ProbeError> {
        let deadline = Instant::now() + timeout;
        if let Some(running) = &mut self.lingering {
            if timeout_at(deadline, running.child.wait()).await.is_err() {
                return Err(timed_out(spec, timeout, None));
            }
            self.lingering = None;
        }
        let mut running = start(spec)?;
        let mut said = Said::default();
        let waited = {
            let Running { group, child } = &mut running;
            let (out, err) = (child.stdout.take(), child.stderr.take());
            let mut listening = true;
            let mut listen = std::pin::pin!(async {
                tokio::join!(keep(out, &mut said.out), keep(err, &mut said.err))
            });
            let waited = timeout_at(deadline, async {
                loop {
                    tokio::select! {
                        biased;
                        status = child.wait() => break status,
                        _ = &mut listen, if listening => listening = false,
                    }
                }
            })
            .await;
            // Also after an orderly end: what a command leaves behind would pile up, run after run.
            group.kill();
            if listening {
                let _ = tokio::time::timeout(DRAIN, &mut listen).await;
            }
            waited
        };
        let Ok(status) = waited else {
            self.lingering = Some(running);
            return Err(timed_out(spec, timeout, said.line()));
        };
        let status = status.map_err(|error| ProbeError::Io {
            doing: format!("waiting for {}", program(spec)),
            reason: error.to_string(),
        })?;
        judge(spec, status, said.line())
    }
}

fn start(spec: &ExecSpec) -> Result<Running, ProbeError> {
    let mut command = Command::new(program(spec));
    command
        .args(spec.command.iter().skip(1))
        .current_dir("/")
        .envs(spec.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    for name in PRIVATE {
        command.env_remove(name);
    }
    if let Some((user, group)) = spec.user {
        command.uid(user).gid(group);
    }
    let child = command.spawn().map_err(|error| ProbeError::ExecStart {
        command: program(spec).to_owned(),
        reason: error.to_string(),
    })?;
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    let id = id.map(Pid::from_raw);
    if let Some(id) = id {
        make_ordinary(id);
    }
    Ok(Running {
        group: Group(id),
        child,
    })
}

fn judge(spec: &ExecSpec, status: ExitStatus, line: Option<String>) -> Result<(), ProbeError> {
    let command = program(spec).to_owned();
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(ProbeError::ExecExit {
            command,
            code,
            line,
        }),
        (None, signal) => Err(ProbeError::ExecSignal {
            command,
            signal: signal.unwrap_or(0),
            line,
        }),
    }
}

fn timed_out(spec: &ExecSpec, after: Duration, line: Option<String>) -> ProbeError {
    ProbeError::ExecTimeout {
        command: program(spec).to_owned(),
        after,
        line,
    }
}

fn program(spec: &ExecSpec) -> &str {
    spec.command.first().map_or("", String::as_str)
}

impl Group {
    fn kill(&mut self) {
        if let Some(id) = self.0.take() {
            // ESRCH: nobody is left, as it should be.
            let _ = killpg(id, Signal::SIGKILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a command said, bounded.
#[derive(Default)]
struct Said {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Said {
    fn line(&self) -> Option<String> {
        telling_line(&self.err).or_else(|| telling_line(&self.out))
    }
}

async fn keep<R: AsyncRead + Unpin>(from: Option<R>, kept: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer).await {
        if count == 0 {
            return;
        }
        let room = KEPT.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(&buffer[..room]);
    }
}
