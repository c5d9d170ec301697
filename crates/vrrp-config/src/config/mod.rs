//! The validated configuration: what the daemon runs on, every default applied.
//!
//! Reading and checking live in `read`, `rules` and `konvoy`; nothing here parses.

mod balancer;
mod check;
mod instance;
mod settings;

pub(crate) use balancer::BACKEND;
pub use balancer::{Backend, BackendCheck, BackendProbe, LoadBalancer, Network, Scheduler};
pub use check::{
    Check, ExecProbe, FileProbe, Header, HoldDown, HostPort, HttpProbe, HttpUrl, Probe, Scheme,
    StatusMatch, Tls,
};
pub use instance::{
    Announce, Auth, Checksum, Family, Instance, Lease, Notify, Track, Tracked, Version,
    VirtualAddress,
};
pub use settings::{Control, Log, LogFormat, LogLevel, Metrics, Realtime};

/// One configuration, complete and consistent: names are unique, references resolve, families
/// agree.
///
/// Equality is by content, so a reload can compare the old value with the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The virtual routers, in the order of the file; at least one.
    pub instances: Vec<Instance>,
    /// Instances that change state together.
    pub groups: Vec<Group>,
    /// Health checks, referred to by name from [`Instance::track`].
    pub checks: Vec<Check>,
    /// Kernel load balancers in front of the backends.
    pub load_balancers: Vec<LoadBalancer>,
    /// The control socket.
    pub control: Control,
    /// The metrics endpoint.
    pub metrics: Metrics,
    /// Logging.
    pub log: Log,
    /// Real-time scheduling of the protocol thread.
    pub realtime: Realtime,
}

/// A sync group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Unique among groups.
    pub name: String,
    /// Names of at least two instances, none of them in another group.
    pub members: Vec<String>,
}
