//! `realtime: auto`: the two threads that must keep time are scheduled before everything
//! ordinary, and what they need stays in memory, as far as the host allows.

use vrrp_net::realtime::{lock_memory, schedule_this_thread};

use crate::privileges;

/// Above everything ordinary, below the kernel's own threads (interrupts are at 50).
pub(crate) const PROTOCOL_PRIORITY: u8 = 10;
/// The protocol thread never waits for the kernel thread, and goes first.
const KERNEL_PRIORITY: u8 = 9;

/// For the protocol thread: its schedule, and the memory of the whole process. Says in one
/// line what came of it.
pub(super) fn for_protocol_thread() {
    let results = [
        schedule_this_thread(PROTOCOL_PRIORITY),
        lock_memory(privileges::may_lock_memory()),
    ];
    let refused: Vec<String> = results
        .into_iter()
        .filter_map(Result::err)
        .map(|error| error.to_string())
        .collect();
    if refused.is_empty() {
        tracing::info!(
            "real-time scheduling is on (priority {PROTOCOL_PRIORITY}), memory is locked"
        );
    } else {
        tracing::warn!(
            "{}; while this host is busy, adverts may be late. `realtime: off` ends this message",
            refused.join(", ")
        );
    }
}

/// For the kernel thread. What is refused, the protocol thread has told of.
pub(super) fn for_kernel_thread() {
    if let Err(error) = schedule_this_thread(KERNEL_PRIORITY) {
        tracing::debug!("the kernel thread: {error}");
    }
}
