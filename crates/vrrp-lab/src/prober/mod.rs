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

/// Priority of the threads that measure: above everything under test, so that a busy machine
/// does not look like a service that does not answer. They run for microseconds at a time.
const REALTIME_PRIORITY: u8 = 60;

/// Lets the calling thread run as soon as it has something to do. Where the machine does not
/// allow it, unsent probes in the reports tell of it.
fn hurry() {
    let _ = vrrp_net::realtime::schedule_this_thread(REALTIME_PRIORITY);
}
