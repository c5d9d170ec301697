//! The four states a virtual router can be in.

use core::fmt;

/// State of a virtual router (RFC 9568 §6.4), and a fourth for an interface that is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Not started, or shut down: Initialize in RFC 9568 §6.4.1.
    Init,
    /// Listening to a master, or for one: RFC 9568 §6.4.2.
    Backup,
    /// Holding the addresses: Active in RFC 9568 §6.4.3. Also while it hands over.
    Master,
    /// Started, but the interface cannot be used; recovers by [`crate::Input::Up`].
    Fault,
}

impl State {
    /// Every state, in the order of [`State::number`].
    pub const ALL: [Self; 4] = [Self::Init, Self::Backup, Self::Master, Self::Fault];

    /// The name in status JSON and in metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Backup => "backup",
            Self::Master => "master",
            Self::Fault => "fault",
        }
    }

    /// The value of the metric `instance_state`: 0 init, 1 backup, 2 master, 3 fault.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
