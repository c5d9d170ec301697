//! The daemon: start-up order, the protocol thread, and what ties them to the rest.

pub(crate) mod balance;
mod checks;
pub mod command;
mod drain;
mod hooks;
mod kernel;
pub(crate) mod ledger;
mod notify;
mod plan;
mod protocol;
pub(crate) mod realtime;
mod supervisor;
mod tracking;
mod unheard;

pub use notify::tell_ready;
pub use protocol::StartError;
pub use supervisor::{Parts, RunError, run};
