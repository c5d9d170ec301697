//! What can go wrong in the lab, in words that say what was tried and on what.

use std::fmt;
use std::io;
use std::time::Duration;

/// Result of every fallible call of this crate.
pub type Result<T> = std::result::Result<T, LabError>;

/// Why the lab could not do what was asked of it.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// The lab makes network namespaces, which takes root.
    #[error("the lab needs root to make network namespaces; run it with sudo")]
    NotRoot,
    /// A system call failed.
    #[error("{what}: {source}")]
    System {
        /// What was tried, on what.
        what: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// A netlink request was refused.
    #[error("{what}: {source}")]
    Netlink {
        /// What was tried, on what.
        what: String,
        /// What the kernel said.
        source: rtnetlink::Error,
    },
    /// There is no such interface in the namespace.
    #[error("there is no interface {interface} in {namespace}")]
    NoInterface {
        /// Name of the interface.
        interface: String,
        /// Name of the namespace.
        namespace: String,
    },
    /// There is no host of this name.
    #[error("there is no host {name} in the lab; there are {known}")]
    NoHost {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The thread of a namespace is gone.
    #[error("the thread of namespace {namespace} is gone")]
    NamespaceGone {
        /// Name of the namespace.
        namespace: String,
    },
    /// A program is neither named by the environment, nor on PATH, nor built.
    #[error("cannot find {program}: {why}; {hint}")]
    NoProgram {
        /// Name of the program.
        program: String,
        /// Where it was looked for.
        why: String,
        /// What to do.
        hint: String,
    },
    /// Something awaited did not happen.
    #[error("{what}: not within {bound:?}\n{diagnostics}")]
    Timeout {
        /// What was awaited.
        what: String,
        /// How long.
        bound: Duration,
        /// State of hosts, end of logs and capture.
        diagnostics: String,
    },
    /// A process ended although it should run.
    #[error("{process} ended: {status}\n{logs}")]
    Ended {
        /// Name of the process.
        process: String,
        /// Exit code or signal.
        status: String,
        /// The end of its output.
        logs: String,
    },
    /// An HTTP exchange failed.
    #[error("HTTP request {url}: {why}")]
    Http {
        /// What was asked for.
        url: String,
        /// What went wrong.
        why: String,
    },
    /// Certificates could not be made.
    #[error("making certificates: {0}")]
    Certificates(String),
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

/// A test that returns an error shows it in this form; diagnostics are made to be read.
impl fmt::Debug for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Adds words to a system call's error.
pub(crate) trait Context<T> {
    /// Names what was tried.
    fn context(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Context<T> for io::Result<T> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| LabError::System {
            what: what(),
            source,
        })
    }
}

impl<T> Context<T> for nix::Result<T> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|errno| LabError::System {
            what: what(),
            source: errno.into(),
        })
    }
}

impl<T> Context<T> for std::result::Result<T, rtnetlink::Error> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| LabError::Netlink {
            what: what(),
            source,
        })
    }
}
