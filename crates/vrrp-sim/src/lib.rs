//! Virtual routers on a simulated segment: the real `vrrp-core` and `vrrp-wire`, a virtual
//! clock, and every fault from one seed. The same seed gives the same run to the last byte of
//! its trace. Development only.
#![forbid(unsafe_code)]

mod clock;
mod dice;
pub mod explore;
mod fault;
mod generate;
mod host;
mod keepalived;
mod node;
mod replay;
mod scenario;
mod shrink;
mod trace;
mod watch;
mod world;

pub use fault::{CLIENT, Fault, Planned};
pub use scenario::{HostSpec, Kind, Network, Scenario};
pub use shrink::shrink;
pub use trace::Trace;
pub use watch::{Invariant, Violation};
pub use world::{Outcome, run, run_traced};
