//! What `curl` and `wget` have in common: a URL, options that matter and options that do not.

use std::time::Duration;

use crate::keepalived::number;
use crate::keepalived::output::Tls;

/// A request a program would make.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) url: String,
    pub(super) tls: Tls,
    pub(super) timeout: Option<Duration>,
    /// Whether any HTTP status is success.
    pub(super) any_status: bool,
}

/// What an option means for a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing, and it stands alone.
    Nothing,
    /// Nothing, and a value follows.
    Ignored,
    /// Any certificate will do.
    Insecure,
    /// Only a good status is success.
    Fail,
    /// A file of authorities follows.
    Ca,
    /// A file with the client certificate follows.
    Certificate,
    /// A file with the client key follows.
    Key,
    /// Seconds follow.
    Timeout,
    /// The method follows; only GET can be carried over.
    Method,
    /// The URL follows.
    Url,
}

impl Meaning {
    pub(super) fn takes_value(self) -> bool {
        !matches!(self, Self::Nothing | Self::Insecure | Self::Fail)
    }
}

impl Request {
    /// Takes note of an option; `None` if a check cannot do that.
    pub(super) fn apply(&mut self, meaning: Meaning, value: &str) -> Option<()> {
        let file = || value.starts_with('/').then(|| Some(value.to_owned()));
        match meaning {
            Meaning::Nothing | Meaning::Ignored => {}
            Meaning::Insecure => self.tls.verify = Some(false),
            Meaning::Fail => self.any_status = false,
            Meaning::Ca => self.tls.ca = file()?,
            Meaning::Certificate => self.tls.cert = file()?,
            Meaning::Key => self.tls.key = file()?,
            Meaning::Timeout => {
                self.timeout = Some(number::seconds(value.trim_end_matches('s'))?);
            }
            Meaning::Method if value == "GET" => {}
            Meaning::Method => return None,
            Meaning::Url => self.url(value)?,
        }
        Some(())
    }

    /// Takes the URL; `None` if there is one already.
    pub(super) fn url(&mut self, url: &str) -> Option<()> {
        if !self.url.is_empty() {
            return None;
        }
        url.clone_into(&mut self.url);
        Some(())
    }

    /// The request, if it is complete. A certificate file may hold the key as well.
    pub(super) fn complete(mut self) -> Option<Self> {
        if self.tls.key.is_none() {
            self.tls.key = self.tls.cert.clone();
        }
        if self.tls.verify == Some(false) {
            self.tls.ca = None;
        }
        let whole = !self.url.is_empty() && self.tls.cert.is_some() == self.tls.key.is_some();
        whole.then_some(self)
    }
}
