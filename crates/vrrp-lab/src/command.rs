//! What to run in a host: program, arguments, environment and user.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// A program to run in a host.
#[derive(Clone, Debug)]
pub struct Command {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    pub(crate) user: Option<User>,
}

/// Somebody else than root, with the two capabilities that vrrpd's systemd unit leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl User {
    /// The user and group called nobody.
    pub const NOBODY: Self = Self {
        uid: 65534,
        gid: 65534,
    };
}

impl Command {
    /// Runs `program`: a path, or a name to be found on PATH.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        let name = program
            .file_name()
            .unwrap_or(program.as_os_str())
            .to_string_lossy();
        Self {
            name: name.into_owned(),
            program,
            arguments: Vec::new(),
            environment: Vec::new(),
            user: None,
        }
    }

    /// The name of the process in diagnostics; the file name of the program unless given.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// More arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(
            arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned()),
        );
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((key.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Runs as `user` with only CAP_NET_ADMIN and CAP_NET_RAW instead of as root.
    #[must_use]
    pub const fn user(mut self, user: User) -> Self {
        self.user = Some(user);
        self
    }

    /// The command line, wrapped by `setpriv` so that the process dies with the thread that
    /// starts it, however that ends.
    pub(crate) fn wrapped(&self, program: &Path) -> std::process::Command {
        let mut command = std::process::Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(user) = self.user {
            let only = "-all,+net_admin,+net_raw";
            command.args([
                "--reuid",
                &user.uid.to_string(),
                "--regid",
                &user.gid.to_string(),
            ]);
            command.args(["--clear-groups", "--no-new-privs", "--inh-caps", only]);
            command.args(["--ambient-caps", only, "--bounding-set", only]);
        }
        command.arg("--").arg(program).args(&self.arguments);
        command.envs(self.environment.iter().map(|(key, value)| (key, value)));
        // What the lab was started by is none of the daemons' business.
        for key in [
            "NOTIFY_SOCKET",
            "WATCHDOG_PID",
            "WATCHDOG_USEC",
            "JOURNAL_STREAM",
        ] {
            command.env_remove(key);
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.current_dir("/");
        command
    }
}
