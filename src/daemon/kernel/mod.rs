//! The kernel thread: carries out what takes a round trip to the kernel, in order.
//!
//! The kernel serves a netlink request inside the caller's `send`, and there it may wait long
//! for a lock of its own (while a container's namespace is torn down, for instance). Such a
//! wait must not hold up an advert, so these requests have a thread of their own. They are
//! *asked for* by the protocol thread alone: when that hangs, no lease is renewed any more.

mod addresses;
mod announce;
mod batch;
mod vmac;
mod worker;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use vrrp_net::Interface;
use vrrp_net::netlink::{AddressInfo, LinkInfo};
use vrrp_net::vmac::VmacSpec;

use crate::view::InstanceView;

pub(super) use worker::StartError;
pub(super) use worker::start;

/// Tells instances apart, also across a reload that moves them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct InstanceId(pub(super) u64);

/// Virtual addresses of one instance on one interface.
#[derive(Clone, Debug)]
pub(super) struct Holding {
    /// Whose they are.
    pub(super) id: InstanceId,
    /// Where they are, or go.
    pub(super) interface: Interface,
    /// Address and prefix length.
    pub(super) addresses: Vec<(IpAddr, u8)>,
}

/// The time from holding addresses to giving them up. What was asked for in a tenure is not
/// done after its end: an announcement that comes late would take traffic from the new master.
#[derive(Clone, Debug, Default)]
pub(super) struct Tenure(Arc<AtomicBool>);

impl Tenure {
    /// Ends it, for all clones.
    pub(super) fn end(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it lasts.
    pub(super) fn lasts(&self) -> bool {
        !self.0.load(Ordering::Acquire)
    }
}

/// One thing to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Have the addresses, new ones and those already there, with a full lifetime.
    Hold {
        /// Which addresses.
        holding: Holding,
        /// Kernel lifetime; for ever where absent.
        lifetime: Option<Duration>,
        /// Whether they are there already and only their lifetime starts anew.
        renew: bool,
        /// When it was asked for, nanoseconds of the monotonic clock. What waited longer than
        /// the lifetime, because the process was stopped, is not done any more.
        asked: u64,
    },
    /// Remove the addresses, except those an administrator had put there.
    Release(Holding),
    /// Tell the segment who serves the addresses.
    Announce {
        /// Which addresses, and where.
        holding: Holding,
        /// How many times.
        count: u8,
        /// The MAC address that serves them.
        mac: [u8; 6],
        /// Source address of neighbour advertisements.
        source: IpAddr,
        /// Where the packets are counted.
        view: Arc<InstanceView>,
        /// Ends the burst early when the addresses were given up.
        tenure: Tenure,
    },
    /// Make a macvlan, or take over the one of an earlier run.
    MakeVmac {
        /// Comes back with the report.
        number: u64,
        /// Which.
        spec: VmacSpec,
    },
    /// Remove the macvlan of this name, if it is ours.
    RemoveVmac {
        /// Its name.
        name: String,
    },
    /// List every link and address.
    List,
    /// Find the interface that leads to this address.
    Route(IpAddr),
    /// Tell when everything asked before is done.
    Sync(oneshot::Sender<()>),
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Report {
    /// An address could not be added or renewed; the text says what the kernel said.
    HoldFailed {
        /// Whose.
        id: InstanceId,
        /// What was tried, what the kernel said, what to do.
        error: String,
    },
    /// Something worth a line in the log that changes nothing else.
    Warning {
        /// Whose.
        id: InstanceId,
        /// The sentence.
        message: String,
    },
    /// A macvlan is there.
    VmacMade {
        /// From the job.
        number: u64,
        /// It.
        interface: Interface,
        /// IPv4 settings of the real interface that were changed for its sake.
        parent_changed: Vec<&'static str>,
    },
    /// A macvlan could not be made; nothing of it is there.
    VmacFailed {
        /// From the job.
        number: u64,
        /// What was tried, what the kernel said, what to do.
        error: String,
        /// The real interface is gone, so that its return is to be waited for.
        parent_missing: bool,
    },
    /// Every link and address there was.
    Listing {
        /// Links.
        links: Vec<LinkInfo>,
        /// Addresses.
        addresses: Vec<AddressInfo>,
    },
    /// The listing failed; ask again later.
    ListingFailed(String),
    /// The way to the address; `None` where no route leads there.
    Route {
        /// The address asked for.
        address: IpAddr,
        /// The way.
        route: Option<Route>,
    },
}

/// The interface that leads to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// Its index.
    pub(super) ifindex: u32,
    /// The address is on its segment, not behind a gateway.
    pub(super) direct: bool,
}

/// The protocol thread's ends of the two channels.
#[derive(Debug)]
pub(super) struct Kernel {
    jobs: mpsc::UnboundedSender<Job>,
}

impl Kernel {
    /// Asks for one thing. Nothing is asked of a thread that has ended; that happens only when
    /// the daemon is ending too.
    pub(super) fn ask(&self, job: Job) {
        if self.jobs.send(job).is_err() {
            tracing::error!("the kernel thread has ended; no address can be changed any more");
        }
    }
}
