//! Health checks as configured.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A health check of this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Unique among checks.
    pub name: String,
    /// What one probe does.
    pub probe: Probe,
    /// From the start of one probe to the start of the next, 10 ms..=1 h.
    pub interval: Duration,
    /// After which a probe has failed, 1 ms..=1 h.
    pub timeout: Duration,
    /// Failures in a row that make an up check down, 1..=255.
    pub fall: u8,
    /// Successes in a row that make a down check up, 1..=255.
    pub rise: u8,
    /// How long a check that went down stays down whatever the probes say; `None`: not at all.
    pub hold_down: Option<HoldDown>,
}

/// Flap damping: a check that goes down is held there, twice as long with each relapse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldDown {
    /// How long the first failure holds, 100 ms..=1 h.
    pub initial: Duration,
    /// The longest hold, at least `initial`, at most 24 h.
    pub max: Duration,
    /// After being up for this long the next failure counts as the first again, 1 s..=24 h.
    pub forget: Duration,
}

/// What one probe does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a configuration has a handful of these"
)]
pub enum Probe {
    /// GET over HTTP or HTTPS.
    Http(HttpProbe),
    /// A TCP connection.
    Tcp(HostPort),
    /// A program whose exit status tells.
    Exec(ExecProbe),
    /// Whether a file is there.
    File(FileProbe),
}

/// An HTTP or HTTPS request and the answer it wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpProbe {
    /// Where to.
    pub url: HttpUrl,
    /// `Some` exactly for `https`.
    pub tls: Option<Tls>,
    /// Which status codes are success.
    pub status: StatusMatch,
    /// Text which the body must contain.
    pub body: Option<String>,
    /// Further headers of the request, each name once.
    pub headers: Vec<Header>,
}

/// One header of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value as written: `${NAME}` stands for an environment variable, `${file:/path}` for a
    /// file's content, `$$` for a dollar sign.
    pub value: String,
}

impl fmt::Debug for Header {
    /// Keeps what may be a token out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Header {{ {}: \"…\" }}", self.name)
    }
}

/// A parsed `http://` or `https://` URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpUrl {
    /// http or https.
    pub scheme: Scheme,
    /// Where to connect; the port is 80 or 443 unless the URL gives one.
    pub target: HostPort,
    /// Path and query, beginning with `/`.
    pub path: String,
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme.as_str();
        write!(f, "{scheme}://{}{}", self.target, self.path)
    }
}

/// The scheme of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Clear text.
    Http,
    /// TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// 80 or 443.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// A host and a port to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// An IP address without brackets, or a DNS name.
    pub host: String,
    /// 1..=65535.
    pub port: u16,
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// How an HTTPS server is verified and how this host shows who it is. Paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// PEM file of the authorities to trust; `None`: the system's.
    pub ca: Option<PathBuf>,
    /// The name the certificate must carry and that is sent as SNI; `None`: the URL's host.
    pub server_name: Option<String>,
    /// `false`: any certificate will do.
    pub verify: bool,
    /// PEM file of the client certificate; given together with `key`.
    pub cert: Option<PathBuf>,
    /// PEM file of the client key.
    pub key: Option<PathBuf>,
}

impl Default for Tls {
    fn default() -> Self {
        Tls {
            ca: None,
            server_name: None,
            verify: true,
            cert: None,
            key: None,
        }
    }
}

/// Which HTTP status codes are success.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StatusMatch {
    /// Any 2xx.
    #[default]
    Success,
    /// Exactly these, each 100..=599, at least one.
    Codes(Vec<u16>),
}

/// A program run as a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecProbe {
    /// The program (an absolute path) and its arguments; never through a shell.
    pub command: Vec<String>,
}

/// A file that is there or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProbe {
    /// An absolute path.
    pub path: PathBuf,
    /// `true`: healthy while it exists; `false`: healthy while it does not.
    pub present: bool,
}
