//! Real-time scheduling of a thread, and memory that stays in memory. One of three places with
//! `unsafe`: no library sets a scheduling policy together with `SCHED_RESET_ON_FORK`.

use std::io;

use nix::errno::Errno;
use nix::sys::mman::{MlockAllFlags, mlockall};
use nix::sys::resource::{Resource, getrlimit};

/// Why the host does not allow it.
#[derive(Debug, thiserror::Error)]
pub enum RealtimeError {
    /// The scheduling policy was refused.
    #[error(
        "no real-time scheduling ({0}; allow it with LimitRTPRIO={priority} in the systemd unit \
         or `ulimit -r {priority}`)", priority = .1
    )]
    Scheduling(io::Error, u8),
    /// Locked memory is limited. Locking all the same would make a later allocation fail.
    #[error(
        "memory is not locked (the limit is {} KiB; lift it with LimitMEMLOCK=infinity in the \
         systemd unit or `ulimit -l unlimited`)", .0 / 1024
    )]
    MemoryLimit(u64),
    /// Locking was refused.
    #[error("memory is not locked ({0})")]
    Memory(io::Error),
}

/// Schedules the calling thread round-robin at `priority`, 1 (lowest) to 99. Threads and
/// processes that it starts are scheduled as usual.
///
/// # Errors
/// The host does not allow it.
pub fn schedule_this_thread(priority: u8) -> Result<(), RealtimeError> {
    match set_round_robin(priority) {
        0 => Ok(()),
        errno => Err(RealtimeError::Scheduling(
            io::Error::from_raw_os_error(errno),
            priority,
        )),
    }
}

/// Keeps every page of the process in memory once it has been touched. Pages that nothing ever
/// touches, such as most of each thread's stack, cost nothing.
///
/// `unlimited` is whether neither a limit nor a missing capability stands in the way, also of
/// what is allocated later.
///
/// # Errors
/// The host does not allow it, or limits it.
pub fn lock_memory(unlimited: bool) -> Result<(), RealtimeError> {
    if !unlimited {
        let (limit, _) = getrlimit(Resource::RLIMIT_MEMLOCK).map_err(memory)?;
        return Err(RealtimeError::MemoryLimit(limit));
    }
    let on_fault = MlockAllFlags::from_bits_retain(libc::MCL_ONFAULT);
    mlockall(MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE | on_fault).map_err(memory)
}

fn memory(errno: Errno) -> RealtimeError {
    RealtimeError::Memory(errno.into())
}

/// Returns 0 or an error number. Through pthread because musl has no `sched_setscheduler`.
#[allow(unsafe_code)]
fn set_round_robin(priority: u8) -> i32 {
    // SAFETY: `sched_param` is made of integers alone, so that zeros are a valid value of it;
    // the call reads it through a pointer that is valid until it returns, and the thread it
    // changes is the one that calls.
    unsafe {
        let mut parameters: libc::sched_param = std::mem::zeroed();
        parameters.sched_priority = priority.into();
        let policy = libc::SCHED_RR | libc::SCHED_RESET_ON_FORK;
        libc::pthread_setschedparam(libc::pthread_self(), policy, &raw const parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_priority_that_does_not_exist_is_refused_with_the_kernels_words() {
        let error = schedule_this_thread(100).expect_err("99 is the highest");
        let text = error.to_string();
        assert!(
            text.starts_with("no real-time scheduling (Invalid argument"),
            "{text}"
        );
    }

    #[test]
    fn a_limit_is_told_with_its_remedy() {
        let text = RealtimeError::MemoryLimit(8 << 20).to_string();
        assert!(text.contains("the limit is 8192 KiB"), "{text}");
        assert!(text.contains("LimitMEMLOCK=infinity"), "{text}");
    }
}
