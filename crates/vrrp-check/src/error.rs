//! Why a probe failed: a fixed set of kinds for machines, a sentence for people.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::probe::text::{list, utc};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident => $label:literal,)+) => {
        /// The fixed set of failure kinds; [`ErrorKind::as_str`] is the metric label.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorKind {
            $($(#[$doc])* $name,)+
        }

        impl ErrorKind {
            /// Every kind, in the order of [`ErrorKind::index`].
            pub const ALL: [Self; [$($label),+].len()] = [$(Self::$name),+];

            /// The label in metrics and status; never changes for a kind.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $label,)+
                }
            }
        }
    };
}

kinds! {
    /// Nothing listens on the port.
    Refused => "refused",
    /// The peer reset the connection.
    Reset => "reset",
    /// The peer closed the connection before it answered.
    Closed => "closed",
    /// No route, or the network says that the host is not there.
    Unreachable => "unreachable",
    /// No TCP connection within the time-out.
    ConnectTimeout => "connect_timeout",
    /// The TLS handshake did not end within the time-out.
    TlsTimeout => "tls_timeout",
    /// The answer did not end within the time-out.
    ResponseTimeout => "response_timeout",
    /// The server's certificate has expired.
    TlsExpired => "tls_expired",
    /// The server's certificate is not valid yet.
    TlsNotYetValid => "tls_not_yet_valid",
    /// No trusted authority issued the server's certificate.
    TlsUnknownIssuer => "tls_unknown_issuer",
    /// The server's certificate is for other names.
    TlsNameMismatch => "tls_name_mismatch",
    /// A CA, certificate or key file of the check cannot be used.
    TlsFiles => "tls_files",
    /// Any other failure of TLS.
    TlsOther => "tls_other",
    /// The HTTP status is not an expected one.
    Status => "status",
    /// The server redirects elsewhere.
    Redirect => "redirect",
    /// The body lacks the expected text.
    BodyMismatch => "body_mismatch",
    /// The body exceeds the bound.
    BodyTooLarge => "body_too_large",
    /// The peer does not speak HTTP, or not TLS where TLS is expected.
    Protocol => "protocol",
    /// The host name cannot be resolved.
    Dns => "dns",
    /// An environment variable or file named in a header cannot be used.
    Secret => "secret",
    /// Any other failure of input or output.
    Io => "io",
    /// The command cannot be started.
    ExecStart => "exec_start",
    /// The command did not end within the time-out.
    ExecTimeout => "exec_timeout",
    /// The command ended with a non-zero code.
    ExecExit => "exec_exit",
    /// A signal ended the command.
    ExecSignal => "exec_signal",
    /// The file should be there and is not.
    FileMissing => "file_missing",
    /// The file should not be there and is.
    FilePresent => "file_present",
}

impl ErrorKind {
    /// Position in [`ErrorKind::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether the failure is a fact reported at once rather than slowness or sickness: such probes
    /// are repeated without waiting for the interval, until `fall` is reached.
    #[must_use]
    pub const fn is_prompt(self) -> bool {
        matches!(
            self,
            Self::Refused | Self::Reset | Self::Closed | Self::FileMissing | Self::FilePresent
        )
    }
}

/// One failed probe. `Display` is a sentence for people; [`ProbeError::kind`] is for machines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// Nothing listens.
    #[error("connection to {address} refused: nothing listens there")]
    Refused {
        /// Where the connection went.
        address: SocketAddr,
    },
    /// The peer sent a reset.
    #[error("{address} reset the connection while {doing}")]
    Reset {
        /// The peer.
        address: SocketAddr,
        /// What the probe was doing, as in "sending the request".
        doing: &'static str,
    },
    /// The peer closed before it answered.
    #[error("{address} closed the connection while {doing}")]
    Closed {
        /// The peer.
        address: SocketAddr,
        /// What the probe was doing, as in "sending the request".
        doing: &'static str,
    },
    /// The network cannot deliver.
    #[error("{address} is unreachable: {reason}")]
    Unreachable {
        /// Where the connection should have gone.
        address: SocketAddr,
        /// The kernel's words.
        reason: String,
    },
    /// TCP did not connect in time.
    #[error(
        "no TCP connection to {address} within {after:?}: packets dropped, host down, or its accept queue full"
    )]
    ConnectTimeout {
        /// Where the connection should have gone.
        address: SocketAddr,
        /// The time-out.
        after: Duration,
    },
    /// TLS did not come up in time.
    #[error(
        "{address} accepted the connection but did not finish the TLS handshake within {after:?}"
    )]
    TlsTimeout {
        /// The peer.
        address: SocketAddr,
        /// The time-out.
        after: Duration,
    },
    /// The answer did not arrive in time.
    #[error("{address} sent {received} within {after:?}")]
    ResponseTimeout {
        /// The peer.
        address: SocketAddr,
        /// The time-out.
        after: Duration,
        /// How far the answer came, as in "no answer".
        received: String,
    },
    /// The server's certificate is too old.
    #[error("the server's certificate expired on {}", utc(*not_after))]
    TlsExpired {
        /// End of validity, seconds since 1970.
        not_after: u64,
    },
    /// The server's certificate is too young, or a clock is wrong.
    #[error("the server's certificate is valid only from {}; is the clock right?", utc(*not_before))]
    TlsNotYetValid {
        /// Start of validity, seconds since 1970.
        not_before: u64,
    },
    /// The server's certificate comes from somebody else.
    #[error("the server's certificate was issued by {issuer}, which {trusted} does not contain")]
    TlsUnknownIssuer {
        /// The issuer's distinguished name.
        issuer: String,
        /// What was trusted: a file, or the system's store.
        trusted: String,
    },
    /// The server's certificate is for somebody else.
    #[error(
        "the server's certificate is not for {expected}; it is for {}",
        list(offered)
    )]
    TlsNameMismatch {
        /// The name asked for.
        expected: String,
        /// The names in the certificate.
        offered: Vec<String>,
    },
    /// A file that TLS needs is unusable.
    #[error("cannot use {}: {reason}", path.display())]
    TlsFiles {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// TLS failed in some other way.
    #[error("TLS with {address} failed: {reason}")]
    TlsOther {
        /// The peer.
        address: SocketAddr,
        /// What TLS said.
        reason: String,
    },
    /// A status that is not expected.
    #[error("status {code}{}{}", line.as_ref().map(|l| format!(": {l}")).unwrap_or_default(), access_hint(*code))]
    Status {
        /// The HTTP status.
        code: u16,
        /// The most telling line of the body.
        line: Option<String>,
    },
    /// A redirect.
    #[error("status {code} redirects to {location}; a redirect is not followed")]
    Redirect {
        /// The HTTP status.
        code: u16,
        /// The `Location` header.
        location: String,
    },
    /// A body without the expected text.
    #[error("the body does not contain {expected:?}; it says {:?}", line.as_deref().unwrap_or(""))]
    BodyMismatch {
        /// The text asked for.
        expected: String,
        /// The most telling line of the body.
        line: Option<String>,
    },
    /// A body over the bound.
    #[error("the body exceeds {limit} bytes")]
    BodyTooLarge {
        /// The bound in bytes.
        limit: usize,
    },
    /// Something else listens there.
    #[error("{address} does not speak {expected}: {reason}")]
    Protocol {
        /// The peer.
        address: SocketAddr,
        /// The protocol expected there.
        expected: &'static str,
        /// What was wrong.
        reason: String,
    },
    /// No address for the name.
    #[error("cannot resolve {host}: {reason}")]
    Dns {
        /// The name.
        host: String,
        /// The resolver's words.
        reason: String,
    },
    /// A header's value cannot be made.
    #[error("header {header}: cannot use {origin}: {reason}")]
    Secret {
        /// The header's name.
        header: String,
        /// The variable or file.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Anything else the kernel refused.
    #[error("{doing}: {reason}")]
    Io {
        /// What was tried.
        doing: String,
        /// The kernel's words.
        reason: String,
    },
    /// The command does not start.
    #[error("cannot start {command}: {reason}")]
    ExecStart {
        /// The program.
        command: String,
        /// The kernel's words.
        reason: String,
    },
    /// The command runs too long.
    #[error("{command} did not end within {after:?} and was killed{}", said(line.as_ref()))]
    ExecTimeout {
        /// The program.
        command: String,
        /// The time-out.
        after: Duration,
        /// First line of its output.
        line: Option<String>,
    },
    /// The command says no.
    #[error("{command} ended with code {code}{}", said(line.as_ref()))]
    ExecExit {
        /// The program.
        command: String,
        /// Its exit code.
        code: i32,
        /// First line of its output.
        line: Option<String>,
    },
    /// The command was killed.
    #[error("{command} was ended by signal {signal}{}", said(line.as_ref()))]
    ExecSignal {
        /// The program.
        command: String,
        /// The signal's number.
        signal: i32,
        /// First line of its output.
        line: Option<String>,
    },
    /// The file is not there.
    #[error("{} does not exist", path.display())]
    FileMissing {
        /// The file.
        path: PathBuf,
    },
    /// The file is there.
    #[error("{} exists", path.display())]
    FilePresent {
        /// The file.
        path: PathBuf,
    },
}

impl ProbeError {
    /// The kind, for metrics and for the pace of the next probe.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused { .. } => ErrorKind::Refused,
            Self::Reset { .. } => ErrorKind::Reset,
            Self::Closed { .. } => ErrorKind::Closed,
            Self::Unreachable { .. } => ErrorKind::Unreachable,
            Self::ConnectTimeout { .. } => ErrorKind::ConnectTimeout,
            Self::TlsTimeout { .. } => ErrorKind::TlsTimeout,
            Self::ResponseTimeout { .. } => ErrorKind::ResponseTimeout,
            Self::TlsExpired { .. } => ErrorKind::TlsExpired,
            Self::TlsNotYetValid { .. } => ErrorKind::TlsNotYetValid,
            Self::TlsUnknownIssuer { .. } => ErrorKind::TlsUnknownIssuer,
            Self::TlsNameMismatch { .. } => ErrorKind::TlsNameMismatch,
            Self::TlsFiles { .. } => ErrorKind::TlsFiles,
            Self::TlsOther { .. } => ErrorKind::TlsOther,
            Self::Status { .. } => ErrorKind::Status,
            Self::Redirect { .. } => ErrorKind::Redirect,
            Self::BodyMismatch { .. } => ErrorKind::BodyMismatch,
            Self::BodyTooLarge { .. } => ErrorKind::BodyTooLarge,
            Self::Protocol { .. } => ErrorKind::Protocol,
            Self::Dns { .. } => ErrorKind::Dns,
            Self::Secret { .. } => ErrorKind::Secret,
            Self::Io { .. } => ErrorKind::Io,
            Self::ExecStart { .. } => ErrorKind::ExecStart,
            Self::ExecTimeout { .. } => ErrorKind::ExecTimeout,
            Self::ExecExit { .. } => ErrorKind::ExecExit,
            Self::ExecSignal { .. } => ErrorKind::ExecSignal,
            Self::FileMissing { .. } => ErrorKind::FileMissing,
            Self::FilePresent { .. } => ErrorKind::FilePresent,
        }
    }
}

fn said(line: Option<&String>) -> String {
    line.map(|line| format!("; it said: {line}"))
        .unwrap_or_default()
}

const fn access_hint(code: u16) -> &'static str {
    match code {
        401 | 403 => " (the check may need a client certificate or a token)",
        _ => "",
    }
}
