//! Kernel load balancing of TCP connections: one nftables table, which this crate alone writes.
//!
//! A [`Balancer`] is told what [`Service`]s there are to be and makes the kernel do it: the rules
//! in [`ruleset`], the established connections in [`conntrack`](mod@conntrack). It knows nothing
//! of health, of instances or of configuration files.
#![forbid(unsafe_code)]

mod balancer;
mod conntrack;
mod error;
mod inventory;
mod nft;
mod requirements;
mod rights;
mod ruleset;
mod service;
mod usage;
mod watch;

pub use balancer::{Applied, Balancer};
pub use error::BalanceError;
pub use requirements::{Concern, Missing, MissingKind, concerns, forwarding, requirements};
pub use ruleset::TABLE;
pub use service::{Backend, Network, Scheduler, Service, Takes};
pub use usage::BackendUsage;
pub use watch::Watch;
