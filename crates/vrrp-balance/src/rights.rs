//! What `nft` may do: CAP_NET_ADMIN, and only while it is started.
//!
//! A capability reaches a program of an ordinary user through the ambient set alone. A daemon
//! also starts programs that need none, such as the commands of health checks; it keeps that set
//! empty, and it is filled for no longer than it takes to start `nft`.

use caps::{CapSet, Capability};

const NEEDED: Capability = Capability::CAP_NET_ADMIN;

/// The right of this thread to pass CAP_NET_ADMIN on to what it starts; ends when dropped.
pub(crate) struct Lent {
    raised: Vec<CapSet>,
}

impl Lent {
    /// Where the thread has none to lend, `nft` is started all the same and says what it lacks.
    pub(crate) fn to_programs() -> Self {
        let mut raised = Vec::new();
        // The ambient set is a part of the inheritable one.
        for set in [CapSet::Inheritable, CapSet::Ambient] {
            if caps::has_cap(None, set, NEEDED).unwrap_or(true) {
                continue;
            }
            match caps::raise(None, set, NEEDED) {
                Ok(()) => raised.push(set),
                Err(error) => tracing::debug!(%error, ?set, "nft gets no rights of this thread"),
            }
        }
        Self { raised }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        for set in self.raised.iter().rev() {
            if let Err(error) = caps::drop(None, *set, NEEDED) {
                tracing::warn!(%error, ?set, "programs started from now on keep CAP_NET_ADMIN");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds() -> [bool; 2] {
        [CapSet::Inheritable, CapSet::Ambient]
            .map(|set| caps::has_cap(None, set, NEEDED).expect("the kernel tells of this thread"))
    }

    #[test]
    fn the_right_is_lent_for_as_long_as_a_program_starts() {
        // Capabilities belong to the thread: this one ends with the test.
        let test = std::thread::spawn(|| {
            assert_eq!(holds(), [false, false]);
            let lent = Lent::to_programs();
            assert_eq!(holds(), [true, true], "this test needs root");
            drop(lent);
            assert_eq!(holds(), [false, false]);
        });
        test.join().expect("the thread ends well");
    }
}
