//! The answer to a probe's request, bounded, and whether it is the expected one. Pure.

use hyper::StatusCode;
use hyper::header::HeaderValue;

use crate::error::ProbeError;
use crate::probe::text::{clean, telling_line};

/// The longest body of a healthy answer, in bytes.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// As much of an answer as has arrived.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: Option<StatusCode>,
    pub(crate) location: Option<HeaderValue>,
    pub(crate) body: Vec<u8>,
    /// The body goes on beyond the limit.
    pub(crate) overflow: bool,
    /// The answer has arrived to its end.
    pub(crate) complete: bool,
}

/// What answer is healthy.
#[derive(Debug)]
pub(crate) struct Expectation {
    status: Vec<u16>,
    body: Option<String>,
}

impl Answer {
    /// For a time-out: how far the answer came.
    pub(crate) fn progress(&self) -> String {
        match self.status {
            None => "no answer".into(),
            Some(status) if self.body.is_empty() => {
                format!("status {} and no complete body", status.as_u16())
            }
            Some(status) => format!(
                "status {} and {} bytes of an unfinished body",
                status.as_u16(),
                self.body.len()
            ),
        }
    }
}

impl Expectation {
    pub(crate) const fn new(status: Vec<u16>, body: Option<String>) -> Self {
        Self { status, body }
    }

    /// Judges an answer; a bad status says more than an overlong body.
    pub(crate) fn judge(&self, answer: &Answer) -> Result<(), ProbeError> {
        let Some(status) = answer.status else {
            return Ok(());
        };
        let code = status.as_u16();
        let expected = if self.status.is_empty() {
            status.is_success()
        } else {
            self.status.contains(&code)
        };
        if !expected {
            let line = telling_line(&answer.body);
            return Err(match &answer.location {
                Some(location) if status.is_redirection() => ProbeError::Redirect {
                    code,
                    location: clean(&String::from_utf8_lossy(location.as_bytes())),
                },
                _ => ProbeError::Status { code, line },
            });
        }
        if answer.overflow {
            return Err(ProbeError::BodyTooLarge { limit: BODY_LIMIT });
        }
        match &self.body {
            Some(text) if !contains(&answer.body, text.as_bytes()) => {
                Err(ProbeError::BodyMismatch {
                    expected: text.clone(),
                    line: telling_line(&answer.body),
                })
            }
            _ => Ok(()),
        }
    }
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}
