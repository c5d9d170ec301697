//! The client's view: who answers at the virtual address, and when nobody does.

mod echo;
mod https;
mod ledger;
mod udp;

pub use echo::ECHO_PORT;
pub(crate) use echo::Echo;
pub use https::{HttpsProber, HttpsReport};
pub use ledger::{Gap, Handover};
pub use udp::{PROBE_INTERVAL, Prober, Report};
