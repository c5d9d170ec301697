//! What the protocol thread shows to the control socket and the metrics: written there,
//! read elsewhere, never making it wait. Counters and times are atomics; the rest sits behind
//! a lock that is taken only when something changes or somebody looks.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use prometheus_client::metrics::histogram::Histogram;
use vrrp_check::ErrorKind;
use vrrp_wire::{ChecksumForm, DropReason, Family, Version};

use crate::balancers::{BalancerView, Readings};
use crate::status::{CheckState, InstanceState};

/// A count that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds one.
    pub fn up(&self) {
        self.add(1);
    }

    /// Adds `n`.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The count so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A moment that is overwritten on each event; unset before the first.
#[derive(Debug)]
pub struct Moment {
    epoch: Instant,
    nanos_plus_one: AtomicU64,
}

impl Default for Moment {
    fn default() -> Self {
        Self {
            epoch: Instant::now(),
            nanos_plus_one: AtomicU64::new(0),
        }
    }
}

impl Moment {
    /// Sets the moment to the present.
    pub fn touch(&self) {
        let nanos = u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX - 1);
        self.nanos_plus_one.store(nanos + 1, Ordering::Relaxed);
    }

    /// Time since the last [`touch`](Self::touch); `None` before the first.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        let stored = self.nanos_plus_one.load(Ordering::Relaxed);
        let at = Duration::from_nanos(stored.checked_sub(1)?);
        Some(self.epoch.elapsed().saturating_sub(at))
    }
}

/// Totals of one virtual router.
#[derive(Debug, Default)]
pub struct Counters {
    /// Adverts sent, priority 0 included.
    pub adverts_sent: Count,
    /// Adverts accepted.
    pub adverts_received: Count,
    /// Adverts of priority 0 among those sent.
    pub priority_zero_sent: Count,
    /// Adverts of priority 0 among those accepted.
    pub priority_zero_received: Count,
    /// Accepted version 3 adverts over IPv4 by checksum form: RFC 9568, RFC 5798.
    pub checksum_form: [Count; 2],
    /// Dropped packets, indexed by [`DropReason::index`]; most routers drop none, ever.
    dropped: OnceLock<Box<[Count; DropReason::ALL.len()]>>,
    /// Transitions, indexed by [`InstanceState::number`] of the new state.
    pub transitions: [Count; 4],
    /// Other masters heard while master.
    pub master_conflicts: Count,
    /// Gratuitous ARPs sent.
    pub gratuitous_arps: Count,
    /// Unsolicited neighbour advertisements sent.
    pub unsolicited_nas: Count,
    /// Lease renewals.
    pub lease_renewals: Count,
    /// Commands of `notify` that ended: well, otherwise.
    pub notify: [Count; 2],
}

impl Counters {
    /// Counts `n` packets dropped for `reason`.
    pub fn drop_more(&self, reason: DropReason, n: u64) {
        self.dropped.get_or_init(Box::default)[reason.index()].add(n);
    }

    /// Packets dropped for `reason`.
    #[must_use]
    pub fn dropped(&self, reason: DropReason) -> u64 {
        let counts = self.dropped.get();
        counts.map_or(0, |counts| counts[reason.index()].get())
    }

    /// The counter of one checksum form.
    #[must_use]
    pub fn form(&self, form: ChecksumForm) -> &Count {
        match form {
            ChecksumForm::Rfc9568 => &self.checksum_form[0],
            ChecksumForm::Rfc5798 => &self.checksum_form[1],
        }
    }
}

/// The parts of a virtual router that change rarely.
#[derive(Clone, Debug)]
pub struct Live {
    /// Name in the configuration.
    pub name: String,
    /// Current state.
    pub state: InstanceState,
    /// Why, as a sentence.
    pub reason: String,
    /// Since when.
    pub since: SystemTime,
    /// Interface name; empty while unknown.
    pub interface: String,
    /// Configured priority.
    pub priority: u8,
    /// Priority after tracking.
    pub effective_priority: u8,
    /// Why the effective priority differs; empty where it does not.
    pub effective_priority_reason: String,
    /// Interval in force.
    pub advert_interval: Duration,
    /// Address and priority of the master.
    pub master: Option<(IpAddr, u8)>,
    /// Whether the master is this host.
    pub master_is_self: bool,
    /// Virtual addresses with their prefix as shown to people.
    pub addresses: Vec<String>,
    /// Sentences for the list of warnings.
    pub warnings: Vec<String>,
}

/// A change of state.
#[derive(Clone, Debug)]
pub struct Transition {
    /// When it happened.
    pub at: SystemTime,
    /// State before.
    pub from: InstanceState,
    /// State from then on.
    pub to: InstanceState,
    /// Why, as a sentence.
    pub cause: String,
}

/// Transitions of one virtual router that are kept for who looks later.
pub const TRANSITIONS_KEPT: usize = 16;

/// One virtual router as seen from outside the protocol thread.
#[derive(Debug)]
pub struct InstanceView {
    /// Virtual router identifier.
    pub vrid: u8,
    /// Protocol version.
    pub version: Version,
    /// Address family.
    pub family: Family,
    /// Totals.
    pub counters: Counters,
    /// How late adverts left, in seconds.
    pub lateness: Histogram,
    /// When the master was last heard.
    pub master_heard: Moment,
    /// How many of the addresses are on the interface.
    pub addresses_present: AtomicUsize,
    live: Mutex<Live>,
    transitions: Mutex<VecDeque<Transition>>,
    peers: Mutex<BTreeMap<IpAddr, Arc<Moment>>>,
    unheard: Mutex<Option<String>>,
    probes: Mutex<BTreeMap<IpAddr, Moment>>,
}

/// Senders of probes that are remembered; anybody on the segment may send one.
const PROBES: usize = 16;

/// Upper bounds of the lateness buckets, in seconds.
const LATENESS_BUCKETS: [f64; 12] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0,
];

impl InstanceView {
    /// A view with all totals at zero.
    #[must_use]
    pub fn new(vrid: u8, version: Version, family: Family, live: Live) -> Self {
        Self {
            vrid,
            version,
            family,
            counters: Counters::default(),
            lateness: Histogram::new(LATENESS_BUCKETS),
            master_heard: Moment::default(),
            addresses_present: AtomicUsize::new(0),
            live: Mutex::new(live),
            transitions: Mutex::default(),
            peers: Mutex::default(),
            unheard: Mutex::default(),
            probes: Mutex::default(),
        }
    }

    /// Counts a change of state and keeps it among the last ones.
    pub fn record(&self, mut transition: Transition) {
        transition.cause.shrink_to_fit();
        self.counters.transitions[usize::from(transition.to.number())].up();
        let mut kept = self.lock_transitions();
        if kept.len() == TRANSITIONS_KEPT {
            kept.pop_front();
        }
        kept.reserve_exact(1);
        kept.push_back(transition);
    }

    /// The last changes of state, the newest at the end.
    #[must_use]
    pub fn last_transitions(&self) -> Vec<Transition> {
        self.lock_transitions().iter().cloned().collect()
    }

    fn lock_transitions(&self) -> MutexGuard<'_, VecDeque<Transition>> {
        self.transitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The rarely changing parts.
    pub fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When each peer was last heard, by address.
    pub fn peers(&self) -> MutexGuard<'_, BTreeMap<IpAddr, Arc<Moment>>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the probes of `vrrpd doctor` on other hosts were heard, by their address.
    #[must_use]
    pub fn probes(&self) -> Vec<(IpAddr, Option<Duration>)> {
        let probes = self.probes.lock().unwrap_or_else(PoisonError::into_inner);
        let each = probes.iter();
        each.map(|(address, heard)| (*address, heard.age()))
            .collect()
    }

    /// Notes a probe; in place of the oldest where there are too many.
    pub fn probed(&self, source: IpAddr) {
        let mut probes = self.probes.lock().unwrap_or_else(PoisonError::into_inner);
        if probes.len() >= PROBES && !probes.contains_key(&source) {
            let oldest = probes.iter().max_by_key(|(_, heard)| heard.age());
            if let Some(oldest) = oldest.map(|(address, _)| *address) {
                probes.remove(&oldest);
            }
        }
        probes.entry(source).or_default().touch();
    }

    /// The warning that no other router was ever heard, where that is so.
    pub fn unheard(&self) -> MutexGuard<'_, Option<String>> {
        self.unheard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One check as seen from outside its task.
#[derive(Debug)]
pub struct CheckView {
    /// Name in the configuration.
    pub name: String,
    /// How long probes took, in seconds.
    pub duration: Histogram,
    /// Probes that failed, indexed by [`ErrorKind::index`].
    pub failures: [Count; ErrorKind::ALL.len()],
    live: Mutex<CheckLive>,
}

/// The changing parts of a check.
#[derive(Clone, Debug)]
pub struct CheckLive {
    /// Current state.
    pub state: CheckState,
    /// Since when.
    pub since: SystemTime,
    /// How long the last probe took.
    pub last_duration: Option<Duration>,
    /// What the last probe said if it failed: kind from a fixed set, and a sentence.
    pub last_error: Option<(ErrorKind, String)>,
    /// Until when flap damping keeps it down whatever the probes say.
    pub held_until: Option<SystemTime>,
}

/// Upper bounds of the probe duration buckets, in seconds.
const CHECK_BUCKETS: [f64; 11] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
];

impl CheckView {
    /// A view of a check that has not run yet.
    #[must_use]
    pub fn new(name: String) -> Self {
        Self {
            name,
            duration: Histogram::new(CHECK_BUCKETS),
            failures: Default::default(),
            live: Mutex::new(CheckLive {
                state: CheckState::Unknown,
                since: SystemTime::now(),
                last_duration: None,
                last_error: None,
                held_until: None,
            }),
        }
    }

    /// The changing parts.
    pub fn live(&self) -> MutexGuard<'_, CheckLive> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is running now; replaced as a whole on reload.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// Virtual routers in the order of the configuration.
    pub instances: Vec<Arc<InstanceView>>,
    /// Checks in the order of the configuration.
    pub checks: Vec<Arc<CheckView>>,
    /// Load balancers in the order of the configuration.
    pub load_balancers: Vec<Arc<BalancerView>>,
    /// Who knows what they have to do; `None` where there never was one.
    pub readings: Option<Readings>,
    /// Path of the configuration.
    pub config_path: String,
    /// When it was loaded.
    pub config_loaded_at: Option<SystemTime>,
    /// Sentences for the list of warnings that concern no single instance.
    pub warnings: Vec<String>,
}

/// The whole daemon as seen from outside the protocol thread.
#[derive(Debug)]
pub struct DaemonView {
    /// When the daemon started.
    pub started_at: SystemTime,
    /// Whether the host is drained.
    pub drained: AtomicBool,
    /// Reloads that were applied.
    pub reloads_ok: Count,
    /// Reloads that were refused.
    pub reloads_failed: Count,
    /// Packets for virtual routers that are not configured here, which no instance can count.
    pub unknown_vrid: Count,
    /// Touched by the protocol thread at least once a second while it lives.
    pub protocol_heartbeat: Moment,
    running: Mutex<Arc<Running>>,
}

impl Default for DaemonView {
    fn default() -> Self {
        Self {
            started_at: SystemTime::now(),
            drained: AtomicBool::new(false),
            reloads_ok: Count::default(),
            reloads_failed: Count::default(),
            unknown_vrid: Count::default(),
            protocol_heartbeat: Moment::default(),
            running: Mutex::default(),
        }
    }
}

impl DaemonView {
    /// What is running now.
    #[must_use]
    pub fn running(&self) -> Arc<Running> {
        Arc::clone(&self.running.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces what is running.
    pub fn replace(&self, running: Running) {
        self.update(|shown| *shown = running);
    }

    /// Waits, for a second at most, until the views of load balancers hold what they have to do.
    pub async fn refresh(&self) {
        let readings = self.running().readings.clone();
        if let Some(readings) = readings {
            readings.refresh().await;
        }
    }

    /// Changes part of what is running; what another thread changes meanwhile is not lost.
    pub fn update(&self, change: impl FnOnce(&mut Running)) {
        let mut shown = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut shown));
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{TRANSITIONS_KEPT, Transition};
    use crate::status::InstanceState;
    use crate::testing;

    #[test]
    fn of_many_transitions_all_are_counted_and_the_last_are_kept() {
        let view = testing::view();
        let instance = &view.running().instances[1];
        let at = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        for second in 0..20 {
            instance.record(Transition {
                at: at(second),
                from: InstanceState::Master,
                to: InstanceState::Backup,
                cause: String::new(),
            });
        }
        let kept = instance.last_transitions();
        assert_eq!(kept.len(), TRANSITIONS_KEPT);
        assert_eq!((kept[0].at, kept[15].at), (at(4), at(19)));
        let counted = &instance.counters.transitions[usize::from(InstanceState::Backup.number())];
        assert_eq!(counted.get(), 20);
    }
}
