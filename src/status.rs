//! The JSON of `GET /v1/status`: a stable contract. Fields are added, never renamed.

use serde::{Deserialize, Serialize};

/// The whole document. Times are RFC 3339 in UTC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// Version of the daemon.
    pub version: String,
    /// Process id of the daemon.
    pub pid: u32,
    /// When the daemon started.
    pub started_at: String,
    /// Where the running configuration came from.
    pub config: ConfigStatus,
    /// Whether this host was drained and stays backup until undrained.
    pub drained: bool,
    /// Virtual routers, in the order of the configuration.
    pub instances: Vec<InstanceStatus>,
    /// Health checks, in the order of the configuration.
    pub checks: Vec<CheckStatus>,
    /// Load balancers, in the order of the configuration.
    pub load_balancers: Vec<LoadBalancerStatus>,
    /// Sentences a person should read: what is wrong or doubtful although it runs.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// Where the running configuration came from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConfigStatus {
    /// Path of the file.
    pub path: String,
    /// When it was last loaded with success.
    pub loaded_at: String,
}

/// State of a virtual router as shown to people and machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InstanceState {
    /// Not started yet.
    Init,
    /// Another router is, or is about to become, master.
    Backup,
    /// This host holds the addresses.
    Master,
    /// This host cannot take part.
    Fault,
}

impl InstanceState {
    /// Value of the `vrrpd_instance_state` gauge.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Init => 0,
            Self::Backup => 1,
            Self::Master => 2,
            Self::Fault => 3,
        }
    }

    /// The lower-case name used in JSON and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Backup => "backup",
            Self::Master => "master",
            Self::Fault => "fault",
        }
    }
}

/// One virtual router.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InstanceStatus {
    /// Name in the configuration.
    pub name: String,
    /// Current state.
    pub state: InstanceState,
    /// Why it is in that state, as a sentence.
    pub reason: String,
    /// When it entered that state.
    pub since: String,
    /// Interface; empty while it is not known yet.
    pub interface: String,
    /// Virtual router identifier.
    pub vrid: u8,
    /// VRRP version, 2 or 3.
    pub version: u8,
    /// `ipv4` or `ipv6`.
    pub family: String,
    /// Configured priority.
    pub priority: u8,
    /// Priority after tracked checks and interfaces.
    pub effective_priority: u8,
    /// Why the effective priority differs from the configured one; empty where it does not.
    #[serde(default)]
    pub effective_priority_reason: String,
    /// Advertisement interval in force, in milliseconds.
    pub advert_interval_ms: u64,
    /// The master, where one was heard or this host is it.
    pub master: Option<MasterStatus>,
    /// Virtual addresses.
    pub addresses: Vec<String>,
    /// How many of them are on the interface now.
    pub addresses_present: usize,
    /// Unicast peers and when each was last heard; empty for multicast.
    #[serde(default)]
    pub peers: Vec<PeerStatus>,
    /// The last changes of state since the daemon started, the newest at the end.
    #[serde(default)]
    pub transitions: Vec<TransitionStatus>,
    /// Hosts whose `vrrpd doctor --probe` was heard here, and when.
    #[serde(default)]
    pub probes: Vec<PeerStatus>,
    /// Totals since the daemon started.
    pub counters: CountersStatus,
}

/// One change of state of a virtual router.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TransitionStatus {
    /// When it happened.
    pub time: String,
    /// State before.
    pub from: InstanceState,
    /// State from then on.
    pub to: InstanceState,
    /// Why, as a sentence.
    pub cause: String,
}

/// The master of a virtual router.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MasterStatus {
    /// Its primary address.
    pub address: String,
    /// The priority it advertised.
    pub priority: u8,
    /// Milliseconds since its last advert; 0 where it is this host.
    pub last_heard_ms: u64,
    /// Whether it is this host.
    #[serde(default)]
    pub this_host: bool,
}

/// One router heard on the virtual router's segment, or configured as a unicast peer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PeerStatus {
    /// Its address.
    pub address: String,
    /// Milliseconds since its last advert; absent where none was heard.
    pub last_heard_ms: Option<u64>,
}

/// Totals of one virtual router since the daemon started.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CountersStatus {
    /// Adverts sent, priority 0 included.
    pub adverts_sent: u64,
    /// Adverts accepted.
    pub adverts_received: u64,
    /// Packets dropped, by reason; reasons never seen are left out.
    pub adverts_dropped: std::collections::BTreeMap<String, u64>,
    /// Changes of state.
    pub transitions: u64,
    /// Times another master was heard while this host was master.
    pub master_conflicts: u64,
    /// Gratuitous ARPs and unsolicited neighbour advertisements sent.
    pub announcements_sent: u64,
    /// Times the kernel lifetime of the addresses was renewed.
    pub lease_renewals: u64,
}

/// State of a check as shown to people and machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// The last `rise` probes succeeded.
    Up,
    /// The last `fall` probes failed.
    Down,
    /// Not enough probes yet.
    Unknown,
}

impl CheckState {
    /// The lower-case name used in JSON and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// One health check.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckStatus {
    /// Name in the configuration.
    pub name: String,
    /// Current state.
    pub state: CheckState,
    /// When it entered that state.
    pub since: String,
    /// How long the last probe took, in milliseconds; absent before the first.
    pub last_duration_ms: Option<f64>,
    /// What the last failed probe said; absent while the last probe succeeded.
    pub last_error: Option<String>,
    /// The kind of that failure, the same word as in the metrics.
    #[serde(default)]
    pub last_error_kind: Option<String>,
    /// Until when flap damping keeps it down whatever the probes say; absent while it does not.
    #[serde(default)]
    pub held_until: Option<String>,
}

/// One load balancer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadBalancerStatus {
    /// Name in the configuration.
    pub name: String,
    /// The virtual address.
    pub address: String,
    /// Where clients connect.
    pub port: u16,
    /// Whether it works, and on this host.
    pub state: LoadBalancerState,
    /// Why it is in that state, as a sentence.
    pub reason: String,
    /// In the order of the configuration.
    pub backends: Vec<BackendStatus>,
}

/// State of a load balancer as shown to people and machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoadBalancerState {
    /// Its backends were not probed yet.
    Init,
    /// This host holds the address and balances.
    Active,
    /// Another host holds the address; this one is ready.
    Standby,
    /// It cannot balance, or has no backend that is well.
    Degraded,
}

impl LoadBalancerState {
    /// The lower-case name used in JSON and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Active => "active",
            Self::Standby => "standby",
            Self::Degraded => "degraded",
        }
    }
}

/// One backend of a load balancer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BackendStatus {
    /// Address and port.
    pub address: String,
    /// Its health; `unknown` for good where no check is configured.
    pub state: CheckState,
    /// When it entered that state.
    pub since: String,
    /// Its share of new connections relative to the others'.
    pub weight: u8,
    /// Whether it gets no new connections by an operator's wish.
    pub drained: bool,
    /// Connections open through this host now.
    pub active_connections: u64,
    /// Connections that began through this host since the daemon started.
    pub connections_total: u64,
    /// Bytes of IP packets in both directions through this host since the daemon started.
    pub bytes_total: u64,
    /// What the last failed probe said; absent while the last probe succeeded.
    pub last_error: Option<String>,
}
