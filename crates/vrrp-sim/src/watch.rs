//! The invariants, each named after what a user cares about.

use core::fmt;
use core::time::Duration;

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invariant {
    /// In a connected segment there is exactly one master 2 × Master_Down_Interval after the
    /// last fault.
    OneMasterAfterSettling,
    /// With preemption, and nobody having resigned, that one is the best.
    TheBestIsMaster,
    /// Nobody is without a master for longer than Master_Down_Interval after a crash.
    NoLongOutage,
    /// A planned leave costs no time without a holder.
    PlannedLeavesCostNothing,
    /// Two hosts hold the addresses only across a fault, and one interval after it no more.
    NoSecondMaster,
    /// State changes are bounded by the number of faults.
    NoFlapping,
    /// Without Preempt_Mode nobody preempts.
    NoPreemption,
    /// The owner of the addresses is master from its start, and whenever it can be.
    OwnerIsMaster,
    /// A backup that may become master always waits for something, and not for ever.
    NotDeaf,
    /// What is announced is held, and what is taken is announced.
    AnnouncedIsHeld,
    /// Who goes by announcements finds the master as soon as its schedule promises.
    ClientsFindTheMaster,
    /// Timers never fire in the past.
    TimersAreInTheFuture,
    /// Outputs are finite for each input.
    OutputsAreFinite,
    /// A host whose daemon hangs or is dead loses the addresses in time.
    LeaseEnds,
    /// What is sent can be read, and has an interval.
    AdvertsAreValid,
}

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// When, in nanoseconds.
    pub at: u64,
    /// What was seen instead.
    pub seen: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = Duration::from_nanos(self.at);
        write!(
            f,
            "{:?} does not hold at {at:?}: {}",
            self.invariant, self.seen
        )
    }
}

/// What is remembered between two moments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    /// When something last went wrong or was mended.
    pub(crate) disturbed: u64,
    /// No unplanned fault since everything was settled.
    pub(crate) calm: bool,
    /// Since when nobody held the addresses.
    pub(crate) gap_since: Option<u64>,
    /// The gap began after an unplanned fault, or when nobody could have taken over.
    pub(crate) gap_excused: bool,
    pub(crate) last_holder: Option<usize>,
    /// Since when more than one running host held them.
    pub(crate) doubled_since: Option<u64>,
    pub(crate) violation: Option<Violation>,
    pub(crate) transitions: u64,
    pub(crate) masters: u64,
}

impl Watch {
    pub(crate) fn violated(&mut self, invariant: Invariant, at: u64, seen: impl fmt::Display) {
        if self.violation.is_none() {
            self.violation = Some(Violation {
                invariant,
                at,
                seen: seen.to_string(),
            });
        }
    }
}
