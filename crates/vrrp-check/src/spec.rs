//! What to check and how: plain data, made by the caller.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::rise_fall::HoldDown;

/// One check. Two equal specs describe the same check, so a reload may keep the running one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckSpec {
    /// Name in status, metrics and logs.
    pub name: String,
    /// What one probe does.
    pub probe: ProbeSpec,
    /// From the start of one probe to the start of the next.
    pub interval: Duration,
    /// The longest a probe may take, all its phases together.
    pub timeout: Duration,
    /// Failures in a row that make the check down; at least 1.
    pub fall: u32,
    /// Successes in a row that make it up again; at least 1.
    pub rise: u32,
    /// Flap damping; `None` for none.
    pub hold_down: Option<HoldDown>,
}

/// What one probe does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeSpec {
    /// An HTTP request over TCP or TLS.
    Http(HttpSpec),
    /// A TCP connection.
    Tcp(TcpSpec),
    /// A command.
    Exec(ExecSpec),
    /// The presence of a file.
    File(FileSpec),
}

/// A `GET` that must be answered as expected.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpSpec {
    /// `http://` or `https://`, host, optional port, path.
    pub url: String,
    /// How to do TLS; not used for `http://`.
    pub tls: TlsSpec,
    /// Accepted statuses; empty accepts any 2xx.
    pub status: Vec<u16>,
    /// Text that the body must contain.
    pub body: Option<String>,
    /// Further headers: name and value. In a value `${NAME}` stands for an environment variable and
    /// `${file:/path}` for a file's content without the trailing newline, read anew for each probe;
    /// `$$` stands for a dollar sign.
    pub headers: Vec<(String, String)>,
}

/// How to do TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSpec {
    /// PEM file of trusted authorities, read again when it changes; `None` for the system's store.
    pub ca: Option<PathBuf>,
    /// Name that the certificate must bear and that SNI asks for; `None` for the URL's host.
    pub server_name: Option<String>,
    /// `false` accepts any certificate.
    pub verify: bool,
    /// PEM file of the client certificate and its chain, read again when it changes; with `key`.
    pub cert: Option<PathBuf>,
    /// PEM file of the client certificate's key, read again when it changes; with `cert`.
    pub key: Option<PathBuf>,
}

impl Default for TlsSpec {
    fn default() -> Self {
        Self {
            ca: None,
            server_name: None,
            verify: true,
            cert: None,
            key: None,
        }
    }
}

/// A TCP connection that must come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpSpec {
    /// `host:port` or `[v6]:port`.
    pub address: String,
}

/// A command that must end with code 0. It runs without a shell, in a process group of its own, in `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecSpec {
    /// Absolute path of the program, then its arguments.
    pub command: Vec<String>,
    /// User and group ids to run as, where the daemon may change them.
    pub user: Option<(u32, u32)>,
    /// Variables added to the daemon's own environment; in a check beside `VRRPD_CHECK` (its name) and
    /// `VRRPD_CHECK_STATE` (`unknown`, `up` or `down`).
    pub environment: Vec<(String, String)>,
}

/// A file that must exist, or must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSpec {
    /// The file; symbolic links are followed.
    pub path: PathBuf,
    /// `true`: healthy while it exists; `false`: healthy while it does not.
    pub present: bool,
}

impl CheckSpec {
    /// The same check for one backend: under another name, with `{backend}` replaced by `host:port` in
    /// the URL, the headers, the TCP address, the command and the file.
    #[must_use]
    pub fn for_backend(&self, name: &str, backend: &str) -> Self {
        let fill = |text: &str| text.replace("{backend}", backend);
        let mut spec = Self {
            name: name.to_owned(),
            ..self.clone()
        };
        match &mut spec.probe {
            ProbeSpec::Http(http) => {
                http.url = fill(&http.url);
                for (_, value) in &mut http.headers {
                    *value = fill(value);
                }
            }
            ProbeSpec::Tcp(tcp) => tcp.address = fill(&tcp.address),
            ProbeSpec::Exec(exec) => {
                for argument in &mut exec.command {
                    *argument = fill(argument);
                }
            }
            ProbeSpec::File(file) => {
                if let Some(path) = file.path.to_str() {
                    file.path = fill(path).into();
                }
            }
        }
        spec
    }
}

impl fmt::Debug for HttpSpec {
    /// Header values may be secrets and stay out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("HttpSpec")
            .field("url", &self.url)
            .field("tls", &self.tls)
            .field("status", &self.status)
            .field("body", &self.body)
            .field("headers", &headers)
            .finish()
    }
}
