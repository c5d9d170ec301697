//! What can go wrong with the VRRP sockets, in the kernel's words and with a remedy.

use std::io;
use std::net::IpAddr;

use nix::errno::Errno;

use crate::Interface;
use crate::errno::{of, remedy};

/// Why the sockets of an interface could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// The process lacks a capability.
    #[error("{attempt} on {interface}: {kernel}; {}", remedy(*kernel))]
    NotPermitted {
        /// What was tried.
        attempt: &'static str,
        /// On which interface.
        interface: Interface,
        /// What the kernel said.
        kernel: Errno,
    },
    /// The interface does not exist, or no longer under this index.
    #[error("{attempt} on {interface} (index {}): {kernel}; {}", interface.index, remedy(Errno::ENODEV))]
    NoSuchInterface {
        /// What was tried.
        attempt: &'static str,
        /// On which interface.
        interface: Interface,
        /// What the kernel said.
        kernel: Errno,
    },
    /// Anything else the kernel refused.
    #[error("{attempt} on {interface}: {kernel}; {}", remedy(*kernel))]
    Refused {
        /// What was tried.
        attempt: &'static str,
        /// On which interface.
        interface: Interface,
        /// What the kernel said.
        kernel: Errno,
    },
}

impl SocketError {
    pub(crate) fn new(attempt: &'static str, interface: &Interface, error: &io::Error) -> Self {
        let interface = interface.clone();
        match of(error) {
            kernel @ (Errno::EPERM | Errno::EACCES) => Self::NotPermitted {
                attempt,
                interface,
                kernel,
            },
            kernel @ (Errno::ENODEV | Errno::ENXIO) => Self::NoSuchInterface {
                attempt,
                interface,
                kernel,
            },
            kernel => Self::Refused {
                attempt,
                interface,
                kernel,
            },
        }
    }

    /// The kernel's error number.
    #[must_use]
    pub fn kernel(&self) -> Errno {
        match self {
            Self::NotPermitted { kernel, .. }
            | Self::NoSuchInterface { kernel, .. }
            | Self::Refused { kernel, .. } => *kernel,
        }
    }
}

/// Why a packet was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The kernel or the device has no room at the moment; sending again may work.
    #[error("sending to {destination} on {interface}: {kernel}; {}", remedy(*kernel))]
    Busy {
        /// Where it was to leave.
        interface: Interface,
        /// Where it was to go.
        destination: IpAddr,
        /// What the kernel said.
        kernel: Errno,
    },
    /// The interface is down or gone.
    #[error("sending to {destination} on {interface}: {kernel}; {}", remedy(*kernel))]
    InterfaceDown {
        /// Where it was to leave.
        interface: Interface,
        /// Where it was to go.
        destination: IpAddr,
        /// What the kernel said.
        kernel: Errno,
    },
    /// The source address is not (or no longer, or not yet) usable on this host.
    #[error(
        "sending from {source_address} to {destination} on {interface}: {kernel}; {}",
        remedy(Errno::EADDRNOTAVAIL)
    )]
    SourceNotAvailable {
        /// Where it was to leave.
        interface: Interface,
        /// Whom it was to come from.
        source_address: IpAddr,
        /// Where it was to go.
        destination: IpAddr,
        /// What the kernel said.
        kernel: Errno,
    },
    /// The kernel finds no way out. It says so too when the source is not an address of this
    /// host or the interface is down.
    #[error(
        "sending from {source_address} to {destination} on {interface}: {kernel}; bring the \
         interface up, check that the host has {source_address}, and its routes (ip route)"
    )]
    Unreachable {
        /// Where it was to leave.
        interface: Interface,
        /// Whom it was to come from.
        source_address: IpAddr,
        /// Where it was to go.
        destination: IpAddr,
        /// What the kernel said.
        kernel: Errno,
    },
    /// Anything else the kernel refused.
    #[error("sending from {source_address} to {destination} on {interface}: {kernel}; {}", remedy(*kernel))]
    Refused {
        /// Where it was to leave.
        interface: Interface,
        /// Whom it was to come from.
        source_address: IpAddr,
        /// Where it was to go.
        destination: IpAddr,
        /// What the kernel said.
        kernel: Errno,
    },
}

impl SendError {
    pub(crate) fn new(
        interface: &Interface,
        source_address: IpAddr,
        destination: IpAddr,
        kernel: Errno,
    ) -> Self {
        let interface = interface.clone();
        match kernel {
            Errno::ENOBUFS | Errno::EAGAIN | Errno::ENOMEM => Self::Busy {
                interface,
                destination,
                kernel,
            },
            Errno::ENETDOWN | Errno::ENODEV | Errno::ENXIO => Self::InterfaceDown {
                interface,
                destination,
                kernel,
            },
            Errno::ENETUNREACH | Errno::EHOSTUNREACH => Self::Unreachable {
                interface,
                source_address,
                destination,
                kernel,
            },
            // IPv6 and IPv4 answer differently to a source that is not usable.
            Errno::EADDRNOTAVAIL | Errno::EINVAL => Self::SourceNotAvailable {
                interface,
                source_address,
                destination,
                kernel,
            },
            _ => Self::Refused {
                interface,
                source_address,
                destination,
                kernel,
            },
        }
    }

    /// Whether the same packet may go out when sent again a little later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }

    /// The kernel's error number.
    #[must_use]
    pub const fn kernel(&self) -> Errno {
        match self {
            Self::Busy { kernel, .. }
            | Self::InterfaceDown { kernel, .. }
            | Self::SourceNotAvailable { kernel, .. }
            | Self::Unreachable { kernel, .. }
            | Self::Refused { kernel, .. } => *kernel,
        }
    }
}
