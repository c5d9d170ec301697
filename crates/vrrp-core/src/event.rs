//! What an operator may want to know although the state did not change.

use core::fmt;
use core::net::IpAddr;
use core::time::Duration;

use vrrp_wire::Centiseconds;

/// Something worth a line in the log. `Display` gives one full sentence without a final full
/// stop. What a peer can cause again and again is told on change only, and at most a few times
/// in ten seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// As backup: another router than before is master.
    MasterHeard {
        /// The master.
        master: IpAddr,
        /// Its priority.
        priority: u8,
    },
    /// Another master was heard while we are one, for the first time or again after silence.
    Conflict {
        /// The other master.
        source: IpAddr,
        /// Its priority.
        priority: u8,
        /// Ours.
        own: u8,
    },
    /// Another router also says that it owns the addresses (priority 255).
    DuplicateOwner {
        /// The other router.
        source: IpAddr,
    },
    /// Another router has our priority; the greater address decides who is master.
    EqualPriority {
        /// The other router.
        source: IpAddr,
        /// The priority of both.
        priority: u8,
    },
    /// Another router serves other addresses under our identifier.
    AddressListDiffers {
        /// The other router.
        source: IpAddr,
        /// None of its addresses is one of ours: probably another product or another cluster.
        foreign: bool,
    },
    /// Another router advertises at another interval than ours.
    IntervalDiffers {
        /// The other router.
        source: IpAddr,
        /// Its interval.
        heard: Centiseconds,
        /// Ours.
        own: Centiseconds,
    },
    /// Handing over: priority 0 was sent, the addresses are kept until somebody takes over.
    Leaving {
        /// For how long at most.
        wait: Duration,
    },
    /// Offered to hand over because the effective priority fell; stays if nobody better answers.
    Offered {
        /// The priority now.
        priority: u8,
        /// How long we wait for somebody better.
        wait: Duration,
    },
    /// Nobody better answered the offer; we stay master.
    OfferDeclined {
        /// The priority we go on with.
        priority: u8,
    },
    /// A virtual address that we hold was removed by somebody; it is added again.
    AddressesRestored,
    /// An advert was sent late; a false failover comes near when this reaches two intervals.
    Late {
        /// By how much.
        lateness: Duration,
        /// Our interval.
        interval: Duration,
    },
    /// We did not run for longer than others wait for a master.
    Stalled {
        /// For how long.
        silence: Duration,
    },
    /// The takeover timer was served so late that adverts may have been missed; we listen a
    /// little longer.
    LateTakeover {
        /// By how much.
        lateness: Duration,
        /// How much longer.
        wait: Duration,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MasterHeard { master, priority } => {
                write!(f, "{master} is master, with priority {priority}")
            }
            Self::Conflict {
                source,
                priority,
                own,
            } => write!(
                f,
                "{source} is master too, with priority {priority} (ours is {own}); a partition, \
                 or it cannot hear us"
            ),
            Self::DuplicateOwner { source } => write!(
                f,
                "{source} also says that it owns the addresses (priority 255); give it another \
                 priority"
            ),
            Self::EqualPriority { source, priority } => write!(
                f,
                "{source} has the same priority {priority}; the greater address decides, give \
                 them different priorities"
            ),
            Self::AddressListDiffers {
                source,
                foreign: false,
            } => {
                write!(f, "{source} advertises another list of addresses than ours")
            }
            Self::AddressListDiffers {
                source,
                foreign: true,
            } => write!(
                f,
                "{source} uses our virtual router identifier for other addresses; give one of \
                 them another identifier"
            ),
            Self::IntervalDiffers { source, heard, own } => write!(
                f,
                "{source} advertises every {:?}, we every {:?}",
                heard.duration(),
                own.duration()
            ),
            Self::Leaving { wait } => write!(
                f,
                "handing over; the addresses are kept until another master is heard, at most \
                 {wait:.3?}"
            ),
            Self::Offered { priority, wait } => write!(
                f,
                "effective priority is now {priority}; offered to hand over, waiting {wait:.3?}"
            ),
            Self::OfferDeclined { priority } => write!(
                f,
                "nobody with a priority higher than {priority} took over; staying master"
            ),
            Self::AddressesRestored => {
                f.write_str("a virtual address was removed by somebody; adding it again")
            }
            Self::Late { lateness, interval } => write!(
                f,
                "an advert was sent {lateness:.3?} late, at an interval of {interval:?}; the host \
                 is too busy or too slow for it"
            ),
            Self::Stalled { silence } => write!(
                f,
                "did not run for {silence:.3?}, longer than others wait for a master"
            ),
            Self::LateTakeover { lateness, wait } => write!(
                f,
                "takeover timer served {lateness:.3?} late, adverts may be missing; listening \
                 {wait:.3?} longer"
            ),
        }
    }
}
