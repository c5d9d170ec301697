//! Linux for VRRP: raw sockets, announcements, netlink addresses and links, timers, and the
//! claim that keeps a second daemon away.
//! Nothing here knows the protocol's rules; the daemon asks, this crate does it and reports
//! what the kernel said.
//!
//! Everything is meant for one current-thread tokio runtime. Times are nanoseconds of
//! `CLOCK_MONOTONIC` as plain `u64`.
#![deny(unsafe_code)]

pub mod announce;
pub mod claim;
pub mod clock;
mod errno;
mod interface;
pub mod memory;
pub mod netlink;
mod poll;
pub mod probe;
pub mod realtime;
pub mod socket;
pub mod sysctl;
pub mod timer;
pub mod vmac;

pub use interface::Interface;
