//! Why a router changed its state, as sentences for people.

use core::fmt;
use core::net::IpAddr;
use core::time::Duration;

/// Why an interface cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FaultReason {
    /// There is no interface of that name.
    InterfaceMissing,
    /// It is administratively down.
    InterfaceDown,
    /// Nothing is connected to it.
    NoCarrier,
    /// It has no address to send from; for IPv6 no link-local one that is past its duplicate
    /// address detection.
    NoSourceAddress,
    /// A virtual address could not be added; the text says what the kernel said.
    AddressFailed(String),
    /// Anything else, said by the caller as a clause: "its socket cannot be opened: …".
    Other(String),
}

impl FaultReason {
    /// Whether adverts still reach the peers, so that leaving can be told.
    pub(crate) const fn can_send(&self) -> bool {
        matches!(self, Self::AddressFailed(_))
    }
}

impl fmt::Display for FaultReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InterfaceMissing => f.write_str("the interface does not exist"),
            Self::InterfaceDown => f.write_str("the interface is down"),
            Self::NoCarrier => f.write_str("the interface has no carrier"),
            Self::NoSourceAddress => f.write_str("the interface has no usable source address"),
            Self::AddressFailed(text) => write!(f, "a virtual address could not be added: {text}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// Why the state is what it is. `Display` gives one full sentence without a final full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Made, not started yet.
    NotStarted,
    /// Started as backup: listens before it speaks (RFC 9568 §6.4.1).
    Listening {
        /// Master_Down_Interval.
        wait: Duration,
    },
    /// Started as owner of the addresses (RFC 9568 §6.4.1).
    Owner,
    /// Nobody advertised for Master_Down_Interval (RFC 9568 §6.4.2).
    MasterDown {
        /// The master that fell silent, if there was one.
        master: Option<IpAddr>,
        /// How long nobody was heard.
        silence: Duration,
    },
    /// The master said that it leaves and nobody of higher priority took over (§6.4.2).
    MasterLeft {
        /// The master that left.
        master: IpAddr,
    },
    /// A master of lower priority was preempted (§6.4.2).
    Preempted {
        /// The master of lower priority.
        master: IpAddr,
        /// Its priority.
        priority: u8,
        /// Ours.
        own: u8,
    },
    /// Another master has a higher priority (§6.4.3).
    HigherPriority {
        /// The other master.
        master: IpAddr,
        /// Its priority.
        priority: u8,
        /// Ours.
        own: u8,
    },
    /// Another master has the same priority and the greater address (§6.4.3).
    GreaterAddress {
        /// The other master.
        master: IpAddr,
        /// The priority of both.
        priority: u8,
    },
    /// Backup of a living master.
    Following {
        /// The master.
        master: IpAddr,
        /// Its priority when it was first heard.
        priority: u8,
    },
    /// Handed over on request.
    Resigned {
        /// Who took over; `None` if nobody did in time.
        to: Option<IpAddr>,
    },
    /// Drained: stays backup until undrained.
    Drained {
        /// Who took over, if we were master and somebody did.
        to: Option<IpAddr>,
    },
    /// Handed over because the effective priority fell.
    Degraded {
        /// Who took over.
        to: IpAddr,
        /// What lowered the priority.
        why: String,
    },
    /// The effective priority is lowered, and nobody better took over.
    NobodyBetter {
        /// What lowers the priority.
        why: String,
    },
    /// Stayed master while its priority was lowered, which it no longer is.
    Recovered,
    /// No longer drained: listens.
    Undrained {
        /// Master_Down_Interval.
        wait: Duration,
    },
    /// Its sync group became master.
    GroupMaster,
    /// Its sync group is not master any more.
    GroupBackup {
        /// Who took over, if somebody did in time.
        to: Option<IpAddr>,
    },
    /// Another member of its sync group cannot serve.
    GroupHeld,
    /// The sync group can serve again: listens.
    GroupFree {
        /// Master_Down_Interval.
        wait: Duration,
    },
    /// Was away for so long that others may have taken over: listens (not in the RFC).
    Stalled {
        /// For how long nothing was sent.
        silence: Duration,
    },
    /// The interface cannot be used.
    Fault(FaultReason),
    /// Shut down.
    Shutdown {
        /// Who took over, if we were master and somebody did in time.
        to: Option<IpAddr>,
    },
}

impl Cause {
    /// The other router this cause names as master, if it names one.
    #[must_use]
    pub const fn master(&self) -> Option<IpAddr> {
        match *self {
            Self::MasterLeft { master }
            | Self::Preempted { master, .. }
            | Self::HigherPriority { master, .. }
            | Self::GreaterAddress { master, .. }
            | Self::Following { master, .. }
            | Self::Degraded { to: master, .. } => Some(master),
            Self::MasterDown { master, .. } => master,
            Self::Resigned { to }
            | Self::Drained { to }
            | Self::GroupBackup { to }
            | Self::Shutdown { to } => to,
            _ => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted => f.write_str("not started yet"),
            Self::Listening { wait } => {
                write!(
                    f,
                    "the interface is usable; listening for a master for {wait:.3?}"
                )
            }
            Self::Owner => f.write_str("started as the owner of the addresses"),
            Self::MasterDown {
                master: Some(master),
                silence,
            } => {
                write!(f, "no advert from master {master} for {silence:.3?}")
            }
            Self::MasterDown {
                master: None,
                silence,
            } => {
                write!(f, "no master was heard for {silence:.3?}")
            }
            Self::MasterLeft { master } => write!(f, "master {master} said that it leaves"),
            Self::Preempted {
                master,
                priority,
                own,
            } => write!(
                f,
                "preempted master {master}: its priority {priority} is lower than ours of {own}"
            ),
            Self::HigherPriority {
                master,
                priority,
                own,
            } => write!(
                f,
                "master {master} has priority {priority}, higher than ours of {own}"
            ),
            Self::GreaterAddress { master, priority } => write!(
                f,
                "master {master} has the same priority {priority} and the greater address"
            ),
            Self::Following { master, priority } => {
                write!(f, "master {master} advertises with priority {priority}")
            }
            Self::Resigned { to } => {
                f.write_str("resigned on request")?;
                taken_over(f, *to)
            }
            Self::Drained { to } => {
                f.write_str("drained, stays backup until undrained")?;
                to.map_or(Ok(()), |to| taken_over(f, Some(to)))
            }
            Self::Degraded { to, why } => write!(f, "handed over to {to}: {why}"),
            Self::NobodyBetter { why } => {
                write!(
                    f,
                    "stays master, nobody with a higher priority took over: {why}"
                )
            }
            Self::Recovered => f.write_str("stayed master; its priority is no longer lowered"),
            Self::Undrained { wait } => {
                write!(f, "undrained; listening for a master for {wait:.3?}")
            }
            Self::GroupMaster => f.write_str("another member of its sync group became master"),
            Self::GroupBackup { to } => {
                f.write_str("another member of its sync group gave up mastership")?;
                taken_over(f, *to)
            }
            Self::GroupHeld => f.write_str("another member of its sync group cannot serve"),
            Self::GroupFree { wait } => write!(
                f,
                "every member of its sync group can serve; listening for a master for {wait:.3?}"
            ),
            Self::Stalled { silence } => write!(
                f,
                "did not run for {silence:.3?}, others may have taken over; listening for a master"
            ),
            Self::Fault(reason) => reason.fmt(f),
            Self::Shutdown { to } => {
                f.write_str("shut down")?;
                to.map_or(Ok(()), |to| taken_over(f, Some(to)))
            }
        }
    }
}

fn taken_over(f: &mut fmt::Formatter<'_>, to: Option<IpAddr>) -> fmt::Result {
    match to {
        Some(to) => write!(f, "; {to} took over"),
        None => f.write_str("; nobody took over in time"),
    }
}
