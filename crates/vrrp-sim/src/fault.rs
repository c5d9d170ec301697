//! What can go wrong, or be asked for, during a run.

use core::fmt;

/// Who is no host but asks for the address, as the sink of [`Fault::OneWay`]. In a partition it
/// is among the hosts whose bit is not set.
pub const CLIENT: usize = 7;

/// One thing that happens to the group. Hosts are numbered from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The host is gone, with its addresses, for this long; then it boots.
    Crash(usize, u64),
    /// The daemon is killed; what it left stays in the kernel. It starts again after this long.
    Kill(usize, u64),
    /// The daemon gets no time for this long.
    Stall(usize, u64),
    /// The host's link has no carrier for this long.
    LinkDown(usize, u64),
    /// Nothing gets from the first host to the second for this long.
    OneWay(usize, usize, u64),
    /// Hosts whose bit is set and the others do not hear each other for this long.
    Partition(u8, u64),
    /// Packets are lost with this many per million for this long.
    Loss(u32, u64),
    /// Something asked for, after which nobody may notice a gap.
    Plan(usize, Planned),
}

/// What an operator, or a check, asks of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planned {
    /// Shut down in good order; started again after this long.
    Restart(u64),
    /// Hand over.
    Resign,
    /// Stay backup for this long.
    Drain(u64),
    /// A check fails, so that the priority is 1, for this long.
    Sick(u64),
    /// Another priority, for good.
    Priority(u8),
    /// Another Preempt_Mode, for good.
    Preempt(bool),
    /// So many virtual addresses, for good.
    Addresses(u8),
    /// Another interval, in centiseconds, for good.
    Interval(u16),
    /// The address was removed by somebody.
    AddressLost,
}

impl Fault {
    /// Whether nobody may notice it.
    #[must_use]
    pub const fn is_planned(&self) -> bool {
        matches!(self, Self::Plan(..))
    }

    /// How long it lasts, in nanoseconds.
    #[must_use]
    pub fn lasts(mut self) -> u64 {
        self.lasts_mut().map_or(0, |nanos| *nanos)
    }

    /// How long it lasts; `None` for what has no end.
    pub(crate) const fn lasts_mut(&mut self) -> Option<&mut u64> {
        match self {
            Self::Crash(_, nanos)
            | Self::Kill(_, nanos)
            | Self::Stall(_, nanos)
            | Self::LinkDown(_, nanos)
            | Self::OneWay(_, _, nanos)
            | Self::Partition(_, nanos)
            | Self::Loss(_, nanos)
            | Self::Plan(
                _,
                Planned::Restart(nanos) | Planned::Drain(nanos) | Planned::Sick(nanos),
            ) => Some(nanos),
            Self::Plan(..) => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
