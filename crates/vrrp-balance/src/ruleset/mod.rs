//! The nftables table: what is in it for given services, and the transaction that makes it so.
//!
//! Everything here is text and numbers; nothing talks to the kernel.

mod admission;
mod chains;
mod family;
mod names;
mod selection;
mod shares;
#[cfg(test)]
mod tests;
mod transaction;

use std::time::Duration;

use crate::service::Service;

pub(crate) use names::{connections_counter, data_counter};
pub(crate) use transaction::{Objects, create, replace, update};

/// The one table, of family `inet`, that is written.
pub const TABLE: &str = "vrrpd";

/// A chain and its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) name: String,
    /// Type, hook and priority, of a base chain.
    pub(crate) hook: Option<&'static str>,
    pub(crate) rules: Vec<String>,
}

/// A set of client addresses that is filled by rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sticky {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    /// Whether what it holds counts; where not, it is emptied.
    pub(crate) kept: bool,
}

/// A set or map that is filled when it is written. Only for keys out of conntrack with ports in
/// them: of an unnamed one nft, at least 1.0.6, lists the first part of each key only, and what it
/// lists it cannot read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lookup {
    pub(crate) name: String,
    /// `set` or `map`.
    pub(crate) what: &'static str,
    /// The type of its elements.
    pub(crate) kind: String,
    pub(crate) elements: Vec<String>,
}

/// A time-out policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timeout {
    pub(crate) name: String,
    pub(crate) layer3: &'static str,
    /// For each state that has another than the kernel's, in seconds.
    pub(crate) policy: String,
}

/// What the table holds, in the order in which it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ruleset {
    pub(crate) counters: Vec<String>,
    pub(crate) timeouts: Vec<Timeout>,
    pub(crate) sets: Vec<Sticky>,
    pub(crate) lookups: Vec<Lookup>,
    pub(crate) chains: Vec<Chain>,
}

impl Ruleset {
    /// For `services`, which are valid.
    pub(crate) fn new(services: &[Service]) -> Self {
        chains::ruleset(services)
    }
}

/// Whole seconds, the kernel's step, at least one.
fn seconds(duration: Duration) -> u32 {
    let whole = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    u32::try_from(whole).unwrap_or(u32::MAX).max(1)
}
