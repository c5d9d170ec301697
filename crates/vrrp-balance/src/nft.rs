//! Runs `nft`, with a bound on how long it may take.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::error::BalanceError;
use crate::rights::Lent;

/// A transaction takes milliseconds; on a host with tens of thousands of rules, a second.
const BOUND: Duration = Duration::from_secs(20);

/// The program.
#[derive(Clone, Debug)]
pub(crate) struct Nft {
    path: PathBuf,
}

impl Nft {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn start(&self, arguments: &[&str]) -> io::Result<Child> {
        let _lent = Lent::to_programs();
        Command::new(&self.path)
            .args(arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    /// Carries out `script` whole or not at all.
    pub(crate) async fn apply(
        &self,
        attempt: &'static str,
        script: &str,
    ) -> Result<(), BalanceError> {
        self.run(attempt, &["-f", "-"], script).await.map(drop)
    }

    /// Asks whether `script` could be carried out.
    pub(crate) async fn check(&self, script: &str) -> Result<(), BalanceError> {
        self.run("checking rules", &["-c", "-f", "-"], script)
            .await
            .map(drop)
    }

    /// Runs it with `arguments` and gives what it printed.
    pub(crate) async fn run(
        &self,
        attempt: &'static str,
        arguments: &[&str],
        input: &str,
    ) -> Result<String, BalanceError> {
        let talk = |source: io::Error| BalanceError::Talk {
            attempt,
            nft: self.path.clone(),
            source,
        };
        let mut child = self
            .start(arguments)
            .map_err(|source| BalanceError::Start {
                nft: self.path.clone(),
                source,
            })?;
        let stdin = child.stdin.take();
        let work = async {
            if let Some(mut stdin) = stdin
                && let Err(error) = stdin.write_all(input.as_bytes()).await
                && error.kind() != io::ErrorKind::BrokenPipe
            {
                return Err(talk(error));
            }
            child.wait_with_output().await.map_err(talk)
        };
        let output = timeout(BOUND, work)
            .await
            .map_err(|_| BalanceError::Stuck {
                attempt,
                nft: self.path.clone(),
                bound: BOUND,
            })??;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = complaint(&String::from_utf8_lossy(&output.stderr));
        if said.contains("Operation not permitted") {
            return Err(BalanceError::NotPermitted { attempt, said });
        }
        Err(BalanceError::Refused { attempt, said })
    }
}

/// The first error of what `nft` printed, without the excerpt of the script below it.
fn complaint(printed: &str) -> String {
    let lines = || {
        printed
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    lines()
        .find(|line| line.contains("Error:"))
        .or_else(|| lines().next())
        .unwrap_or("it failed without a word")
        .chars()
        .take(400)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::complaint;

    #[test]
    fn the_error_is_told_without_the_script() {
        let printed = "/dev/stdin:1:1-3: Error: No such file or directory\nadd rule x\n^^^^\n";
        assert_eq!(
            complaint(printed),
            "/dev/stdin:1:1-3: Error: No such file or directory"
        );
        assert_eq!(complaint("\nnetlink: gone\n"), "netlink: gone");
        assert_eq!(complaint(""), "it failed without a word");
    }
}
