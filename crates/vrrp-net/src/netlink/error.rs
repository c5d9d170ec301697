//! What the kernel refused over netlink, in its own words.

use std::fmt;
use std::io;

use nix::errno::Errno;
use rtnetlink::packet_core::{ErrorMessage, NLM_F_ACK_TLVS, NLM_F_CAPPED, NlasIterator};

use crate::errno::remedy;

/// A refusal: the error number and, where the kernel gave one, its explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The error number.
    pub errno: Errno,
    /// The kernel's extended text, such as "Address already assigned".
    pub text: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => write!(f, "{} ({text})", self.errno),
            None => write!(f, "{}", self.errno),
        }
    }
}

/// Attribute of an extended acknowledgement that carries the text.
const NLMSGERR_ATTR_MSG: u16 = 1;
/// Bytes of a netlink message header.
const HEADER_LEN: usize = 16;

impl Refusal {
    /// Reads an error message; `None` when it is an acknowledgement. `flags` are those of the
    /// message that carried it.
    pub(crate) fn read(flags: u16, message: &ErrorMessage) -> Option<Self> {
        let code = message.code?;
        Some(Self {
            errno: Errno::from_raw(code.get().saturating_abs()),
            text: (flags & NLM_F_ACK_TLVS != 0)
                .then(|| extended_text(flags, &message.header))
                .flatten(),
        })
    }
}

/// The text among the attributes that follow the refused request's header, and its payload
/// unless that was left out.
fn extended_text(flags: u16, request: &[u8]) -> Option<String> {
    let start = if flags & NLM_F_CAPPED != 0 {
        HEADER_LEN
    } else {
        let length = u32::from_ne_bytes(*request.first_chunk()?);
        usize::try_from(length).ok()?.next_multiple_of(4)
    };
    NlasIterator::new(request.get(start..)?)
        .filter_map(Result::ok)
        .find(|attribute| attribute.kind() == NLMSGERR_ATTR_MSG)
        .map(|attribute| {
            String::from_utf8_lossy(attribute.value())
                .trim_end_matches('\0')
                .to_owned()
        })
}

/// Why a netlink request failed.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    /// The netlink socket could not be opened or set up.
    #[error("opening a netlink socket: {0}; {remedy}", remedy = remedy(crate::errno::of(.0)))]
    Open(#[source] io::Error),
    /// The connection ended; a new one has to be made.
    #[error("{attempt}: the netlink connection is closed; restart vrrpd")]
    Closed {
        /// What was tried.
        attempt: String,
    },
    /// The process lacks CAP_NET_ADMIN.
    #[error("{attempt}: {kernel}; {}", remedy(kernel.errno))]
    NotPermitted {
        /// What was tried.
        attempt: String,
        /// What the kernel said.
        kernel: Refusal,
    },
    /// The interface does not exist.
    #[error("{attempt}: {kernel}; {}", remedy(Errno::ENODEV))]
    NoSuchInterface {
        /// What was tried.
        attempt: String,
        /// What the kernel said.
        kernel: Refusal,
    },
    /// No route leads there.
    #[error("{attempt}: {kernel}; {}", remedy(kernel.errno))]
    NoRoute {
        /// What was tried.
        attempt: String,
        /// What the kernel said.
        kernel: Refusal,
    },
    /// Anything else the kernel refused.
    #[error("{attempt}: {kernel}; {}", remedy(kernel.errno))]
    Refused {
        /// What was tried.
        attempt: String,
        /// What the kernel said.
        kernel: Refusal,
    },
}

/// How a request ended when it did not succeed.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    Closed,
    Kernel(Refusal),
}

impl Failure {
    pub(crate) fn errno(&self) -> Option<Errno> {
        match self {
            Self::Closed => None,
            Self::Kernel(refusal) => Some(refusal.errno),
        }
    }

    /// As an error that says what was tried.
    pub(crate) fn during(self, attempt: String) -> NetlinkError {
        let Self::Kernel(kernel) = self else {
            return NetlinkError::Closed { attempt };
        };
        match kernel.errno {
            Errno::EPERM | Errno::EACCES => NetlinkError::NotPermitted { attempt, kernel },
            Errno::ENODEV | Errno::ENXIO => NetlinkError::NoSuchInterface { attempt, kernel },
            Errno::ENETUNREACH | Errno::EHOSTUNREACH => NetlinkError::NoRoute { attempt, kernel },
            _ => NetlinkError::Refused { attempt, kernel },
        }
    }
}

impl NetlinkError {
    /// What the kernel said, where it was the kernel that refused.
    #[must_use]
    pub fn kernel(&self) -> Option<&Refusal> {
        match self {
            Self::Open(_) | Self::Closed { .. } => None,
            Self::NotPermitted { kernel, .. }
            | Self::NoSuchInterface { kernel, .. }
            | Self::NoRoute { kernel, .. }
            | Self::Refused { kernel, .. } => Some(kernel),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn the_kernels_text_is_found_behind_a_capped_request() {
        let mut request = vec![0; HEADER_LEN];
        request.extend(attribute(2, &[1, 0, 0, 0]));
        request.extend(attribute(NLMSGERR_ATTR_MSG, b"No such luck\0"));
        assert_eq!(
            extended_text(NLM_F_CAPPED, &request).as_deref(),
            Some("No such luck")
        );
    }

    #[test]
    fn the_kernels_text_is_found_behind_a_whole_request() {
        let mut request = 22_u32.to_ne_bytes().to_vec();
        request.resize(24, 0);
        request.extend(attribute(NLMSGERR_ATTR_MSG, b"No such luck\0"));
        assert_eq!(extended_text(0, &request).as_deref(), Some("No such luck"));
    }

    #[test]
    fn a_request_cut_short_has_no_text() {
        for length in 0..HEADER_LEN {
            assert_eq!(extended_text(NLM_F_CAPPED, &vec![0xff; length]), None);
            assert_eq!(extended_text(0, &vec![0xff; length]), None);
        }
    }
}
