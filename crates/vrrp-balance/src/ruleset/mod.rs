//! The nftables table: what is in it for given services, and the transaction that makes it so.
//!
//! Everything here is text and numbers; nothing talks to the kernel.

mod chains;
mod names;
mod shares;
#[cfg(test)]
mod tests;
mod transaction;

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
    pub(crate) chains: Vec<Chain>,
}

impl Ruleset {
    /// For `services`, which are valid.
    pub(crate) fn new(services: &[Service]) -> Self {
        chains::ruleset(services)
    }
}
