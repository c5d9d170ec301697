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
}

/// What one probe does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// GET over HTTP or HTTPS.
    Http(HttpProbe),
    /// A TCP connection.
    Tcp(HostPort),
    /// A program whose exit status tells.
    Exec(ExecProbe),
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
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
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

impl StatusMatch {
    /// Whether `code` is success.
    #[must_use]
    pub fn accepts(&self, code: u16) -> bool {
        match self {
            StatusMatch::Success => (200..300).contains(&code),
            StatusMatch::Codes(codes) => codes.contains(&code),
        }
    }
}

/// A program run as a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecProbe {
    /// The program (an absolute path) and its arguments; never through a shell.
    pub command: Vec<String>,
}
