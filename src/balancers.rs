//! Load balancers as seen from outside the task that balances.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use vrrp_balance::BackendUsage;

use crate::status::CheckState;

/// How long a reader waits for figures of this moment; then it gets those of before.
const PATIENCE: Duration = Duration::from_secs(1);

/// One load balancer; made anew when the configuration is read again.
#[derive(Debug)]
pub struct BalancerView {
    /// Name in the configuration.
    pub name: String,
    /// The virtual address.
    pub address: IpAddr,
    /// Where clients connect.
    pub port: u16,
    /// In the order of the configuration. A backend that was there before goes on as it is.
    pub backends: Vec<Arc<BackendView>>,
    condition: Mutex<Condition>,
}

/// What becomes of connections to the virtual address while this host holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Not known yet.
    Starting,
    /// They are spread over the backends that are well.
    Balancing,
    /// They are spread over backends that are not well, because there are no others.
    FailOpen(String),
    /// They are not balanced, or not as they should be; what is wrong and what to do.
    Degraded(String),
}

impl BalancerView {
    pub(crate) fn new(
        name: String,
        address: IpAddr,
        port: u16,
        backends: Vec<Arc<BackendView>>,
    ) -> Self {
        Self {
            name,
            address,
            port,
            backends,
            condition: Mutex::new(Condition::Starting),
        }
    }

    /// What becomes of connections.
    #[must_use]
    pub fn condition(&self) -> Condition {
        self.locked().clone()
    }

    /// Sets it and gives the one of before.
    pub(crate) fn become_(&self, condition: Condition) -> Condition {
        std::mem::replace(&mut self.locked(), condition)
    }

    fn locked(&self) -> MutexGuard<'_, Condition> {
        self.condition
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What a person should know of it, where there is anything.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        match self.condition() {
            Condition::Starting | Condition::Balancing => None,
            Condition::FailOpen(what) | Condition::Degraded(what) => Some(what),
        }
    }
}

/// One backend of a load balancer.
#[derive(Debug)]
pub struct BackendView {
    /// Where it listens.
    pub address: SocketAddr,
    live: Mutex<BackendLive>,
}

/// The changing parts of a backend.
#[derive(Clone, Debug)]
pub struct BackendLive {
    /// Its share of new connections relative to the others'.
    pub weight: u8,
    /// Its health; unknown for good where nothing checks it.
    pub state: CheckState,
    /// Since when.
    pub since: SystemTime,
    /// What the last probe said if it failed.
    pub last_error: Option<String>,
    /// Whether it gets no new connections by an operator's wish.
    pub drained: bool,
    /// Connections open now through this host.
    pub active: u64,
    /// Connections begun through this host.
    pub connections: u64,
    /// Bytes in both directions through this host.
    pub bytes: u64,
    /// Whether anything checks it.
    pub(crate) checked: bool,
    /// Whether the last probe succeeded; `None` before the first.
    pub(crate) well: Option<bool>,
    /// It went down, and the connections to it are still to be ended.
    pub(crate) doomed: bool,
    /// The kernel's counters at the last reading: connections and bytes.
    counted: (u64, u64),
}

impl BackendView {
    pub(crate) fn new(address: SocketAddr, weight: u8) -> Self {
        Self {
            address,
            live: Mutex::new(BackendLive {
                weight,
                state: CheckState::Unknown,
                since: SystemTime::now(),
                last_error: None,
                drained: false,
                active: 0,
                connections: 0,
                bytes: 0,
                checked: false,
                well: None,
                doomed: false,
                counted: (0, 0),
            }),
        }
    }

    /// The changing parts.
    pub fn live(&self) -> MutexGuard<'_, BackendLive> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BackendLive {
    /// Takes in what the kernel counted.
    pub(crate) fn count(&mut self, usage: &BackendUsage) {
        let (connections, bytes) = self.counted;
        self.active = usage.active;
        self.connections += since(usage.connections_total, connections);
        self.bytes += since(usage.bytes_total, bytes);
        self.counted = (usage.connections_total, usage.bytes_total);
    }
}

/// What was added to a counter that starts from 0 again where its table was made anew.
fn since(now: u64, before: u64) -> u64 {
    now.checked_sub(before).unwrap_or(now)
}

/// Asks the task for the figures of this moment.
#[derive(Clone, Debug)]
pub struct Readings(pub(crate) mpsc::UnboundedSender<oneshot::Sender<()>>);

impl Readings {
    /// Returns once the views hold them, or after a second.
    pub async fn refresh(&self) {
        let (done, is_done) = oneshot::channel();
        if self.0.send(done).is_ok() {
            // Late or never: then the figures of before have to do.
            let _ = timeout(PATIENCE, is_done).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_go_on_when_the_kernels_counters_begin_anew() {
        let address = "10.0.50.11:6443".parse().expect("an address");
        let view = BackendView::new(address, 1);
        let usage = |connections_total, bytes_total| BackendUsage {
            service: "apiserver".into(),
            backend: address,
            active: 2,
            connections_total,
            bytes_total,
        };
        for (connections, bytes) in [(3, 300), (5, 500), (1, 100)] {
            view.live().count(&usage(connections, bytes));
        }
        let live = view.live().clone();
        assert_eq!((live.connections, live.bytes, live.active), (6, 600, 2));
    }
}
