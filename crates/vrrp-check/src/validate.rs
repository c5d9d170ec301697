//! What is wrong with a spec, before anything is started.

use std::time::Duration;

use crate::probe::http::target::Target;
use crate::spec::{CheckSpec, HttpSpec, ProbeSpec};
use rustls_pki_types::ServerName;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Why a check cannot be started as given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// Interval or time-out is zero.
    #[error("check {check}: {what} is zero; give a time of at least 1ms")]
    ZeroTime {
        /// The check.
        check: String,
        /// `interval` or `timeout`.
        what: &'static str,
    },
    /// Interval or time-out is beyond all use.
    #[error("check {check}: {what} is longer than a day")]
    LongTime {
        /// The check.
        check: String,
        /// `interval` or `timeout`.
        what: &'static str,
    },
    /// The URL cannot be used.
    #[error("check {check}: URL {url}: {reason}")]
    Url {
        /// The check.
        check: String,
        /// The URL as given.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// The server name is neither a DNS name nor an address.
    #[error("check {check}: server name {name} is neither a DNS name nor an IP address")]
    ServerName {
        /// The check.
        check: String,
        /// The name as given.
        name: String,
    },
    /// Only one of certificate and key.
    #[error("check {check}: a client certificate needs both cert and key; {missing} is missing")]
    HalfIdentity {
        /// The check.
        check: String,
        /// `cert` or `key`.
        missing: &'static str,
    },
    /// A status outside 100..=599.
    #[error("check {check}: {code} is not an HTTP status (100 to 599)")]
    StatusCode {
        /// The check.
        check: String,
        /// The number as given.
        code: u16,
    },
    /// A header cannot be sent.
    #[error("check {check}: header {header}: {reason}")]
    Header {
        /// The check.
        check: String,
        /// The header's name.
        header: String,
        /// What is wrong.
        reason: String,
    },
    /// The TCP address lacks host or port.
    #[error("check {check}: {address} is not host:port")]
    Address {
        /// The check.
        check: String,
        /// The address as given.
        address: String,
    },
    /// No command, or a relative one.
    #[error("check {check}: {reason}; give the program's absolute path, then its arguments")]
    Command {
        /// The check.
        check: String,
        /// What is wrong.
        reason: String,
    },
    /// A file given by a relative path.
    #[error("check {check}: {path} is not an absolute path")]
    RelativePath {
        /// The check.
        check: String,
        /// The path as given.
        path: String,
    },
}

/// What works, and should still be said once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecWarning {
    /// The certificate is not verified.
    #[error(
        "check {check}: verify is false: whoever answers at {url} is believed, whatever its certificate"
    )]
    NotVerified {
        /// The check.
        check: String,
        /// The URL.
        url: String,
    },
    /// A CA that nobody asks.
    #[error("check {check}: ca has no effect because verify is false")]
    UnusedAuthority {
        /// The check.
        check: String,
    },
    /// TLS settings for a URL without TLS.
    #[error("check {check}: the tls settings have no effect on {url}")]
    UnusedTls {
        /// The check.
        check: String,
        /// The URL.
        url: String,
    },
    /// A probe may outlast the interval.
    #[error("check {check}: the timeout exceeds the interval; a slow probe delays the next one")]
    SlowProbe {
        /// The check.
        check: String,
    },
}

/// Judges a spec without touching files or network.
///
/// # Errors
/// The first thing that keeps the check from being started.
pub fn validate(spec: &CheckSpec) -> Result<Vec<SpecWarning>, SpecError> {
    let check = || spec.name.clone();
    for (what, time) in [("interval", spec.interval), ("timeout", spec.timeout)] {
        if time.is_zero() {
            return Err(SpecError::ZeroTime {
                check: check(),
                what,
            });
        }
        if time > DAY {
            return Err(SpecError::LongTime {
                check: check(),
                what,
            });
        }
    }
    let mut warnings = Vec::new();
    if spec.timeout > spec.interval {
        warnings.push(SpecWarning::SlowProbe { check: check() });
    }
    match &spec.probe {
        ProbeSpec::Http(http) => validate_http(&spec.name, http, &mut warnings)?,
        ProbeSpec::Tcp(tcp) => {
            if crate::probe::dial::Endpoint::parse(&tcp.address).is_none() {
                return Err(SpecError::Address {
                    check: check(),
                    address: tcp.address.clone(),
                });
            }
        }
        ProbeSpec::Exec(exec) => match exec.command.first() {
            None => {
                return Err(SpecError::Command {
                    check: check(),
                    reason: "the command is empty".into(),
                });
            }
            Some(program) if !program.starts_with('/') => {
                return Err(SpecError::Command {
                    check: check(),
                    reason: format!("{program} is not an absolute path"),
                });
            }
            Some(_) => {
                if exec.command.iter().any(|argument| argument.contains('\0')) {
                    return Err(SpecError::Command {
                        check: check(),
                        reason: "a NUL byte is in it".into(),
                    });
                }
            }
        },
        ProbeSpec::File(file) => {
            if !file.path.is_absolute() {
                return Err(SpecError::RelativePath {
                    check: check(),
                    path: file.path.display().to_string(),
                });
            }
        }
    }
    Ok(warnings)
}

fn validate_http(
    check: &str,
    http: &HttpSpec,
    warnings: &mut Vec<SpecWarning>,
) -> Result<(), SpecError> {
    let check = || check.to_owned();
    let target = Target::parse(&http.url).map_err(|reason| SpecError::Url {
        check: check(),
        url: http.url.clone(),
        reason,
    })?;
    if let Some(name) = &http.tls.server_name
        && ServerName::try_from(name.as_str()).is_err()
    {
        return Err(SpecError::ServerName {
            check: check(),
            name: name.clone(),
        });
    }
    match (&http.tls.cert, &http.tls.key) {
        (Some(_), None) => {
            return Err(SpecError::HalfIdentity {
                check: check(),
                missing: "key",
            });
        }
        (None, Some(_)) => {
            return Err(SpecError::HalfIdentity {
                check: check(),
                missing: "cert",
            });
        }
        _ => {}
    }
    if let Some(code) = http
        .status
        .iter()
        .copied()
        .find(|code| !(100..600).contains(code))
    {
        return Err(SpecError::StatusCode {
            check: check(),
            code,
        });
    }
    crate::probe::http::headers::Headers::parse(&http.headers).map_err(|(header, reason)| {
        SpecError::Header {
            check: check(),
            header,
            reason,
        }
    })?;
    if !target.tls {
        if http.tls != crate::spec::TlsSpec::default() {
            warnings.push(SpecWarning::UnusedTls {
                check: check(),
                url: http.url.clone(),
            });
        }
    } else if !http.tls.verify {
        warnings.push(SpecWarning::NotVerified {
            check: check(),
            url: http.url.clone(),
        });
        if http.tls.ca.is_some() {
            warnings.push(SpecWarning::UnusedAuthority { check: check() });
        }
    }
    Ok(())
}
