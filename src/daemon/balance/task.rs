//! The task that keeps the kernel's table as the configuration and the backends' health want it.

use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use vrrp_balance::{BalanceError, Balancer, Service, Takes, Watch};

use super::condition;
use super::health::takes;
use super::marks::TableMark;
use crate::balancers::{BackendView, BalancerView, Condition};
use crate::daemon::command::Answer;
use crate::events::EventLog;

/// How often what the host lacks is looked for again, and a failed change tried again.
const RETRY: Duration = Duration::from_secs(5);
/// How long the first rules wait for the first probes at most, so that a dead backend that an
/// earlier daemon's rules avoid does not get connections again.
const FIRST_PROBES: Duration = Duration::from_secs(2);
/// The least time between two repairs of the table.
const BETWEEN_REPAIRS: Duration = Duration::from_millis(100);
/// Figures younger than this are good enough.
const FRESH: Duration = Duration::from_secs(1);

/// What the task is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Balance these and nothing else.
    Apply(Vec<Balanced>),
    /// A backend's health changed.
    Changed,
    /// A backend was drained or undrained: answer when that is done.
    Answer(oneshot::Sender<Answer>),
    /// This host has lost these addresses.
    Lost(Vec<IpAddr>),
    /// Remove the table and end.
    Stop(oneshot::Sender<()>),
}

/// A load balancer and what is shown of it.
#[derive(Clone, Debug)]
pub(super) struct Balanced {
    pub(super) service: Service,
    pub(super) view: Arc<BalancerView>,
}

impl Balanced {
    /// The service with the backends as they are now.
    fn now(&self) -> Service {
        let mut service = self.service.clone();
        for (backend, view) in service.backends.iter_mut().zip(&self.view.backends) {
            backend.takes = takes(&view.live());
        }
        service
    }

    fn place(&self) -> SocketAddr {
        SocketAddr::new(self.service.address, self.service.port)
    }

    /// Whether each backend that is checked was probed once.
    fn is_judged(&self) -> bool {
        self.view.backends.iter().all(|backend| {
            let live = backend.live();
            !live.checked || live.well.is_some()
        })
    }
}

pub(super) struct Task {
    balancer: Balancer,
    orders: mpsc::UnboundedReceiver<Order>,
    readings: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
    events: Arc<EventLog>,
    mark: TableMark,
    balanced: Vec<Balanced>,
    watch: Option<Watch>,
    /// Until when the first rules wait for the first probes.
    wait_until: Option<Instant>,
    /// When to look again at what the host lacks.
    look_at: Instant,
    /// Whether this daemon has written a table, and the mark.
    has_table: bool,
    repaired: Option<Instant>,
    read: Option<Instant>,
}

impl Task {
    pub(super) fn new(
        nft: std::path::PathBuf,
        orders: mpsc::UnboundedReceiver<Order>,
        readings: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
        events: Arc<EventLog>,
        mark: TableMark,
    ) -> Self {
        let now = Instant::now();
        Self {
            balancer: Balancer::new(nft),
            orders,
            readings,
            events,
            mark,
            balanced: Vec::new(),
            watch: None,
            wait_until: Some(now + FIRST_PROBES),
            look_at: now + RETRY,
            has_table: false,
            repaired: None,
            read: None,
        }
    }

    /// Ends when told to, or when nobody is left who could.
    pub(super) async fn run(mut self) {
        loop {
            let due = self.due();
            tokio::select! {
                order = self.orders.recv() => {
                    let Some(order) = order else { return };
                    if self.obey(order).await.is_break() {
                        return;
                    }
                }
                Some(reader) = self.readings.recv() => {
                    self.read_usage().await;
                    // Who asked may have stopped waiting.
                    let _ = reader.send(());
                }
                news = news(self.watch.as_mut()) => self.on_news(news).await,
                () = until(due) => self.settle().await,
            }
        }
    }

    fn due(&self) -> Option<Instant> {
        if self.balanced.is_empty() {
            return None;
        }
        Some(self.wait_until.unwrap_or(self.look_at))
    }

    /// Carries out an order and all that wait behind it.
    async fn obey(&mut self, order: Order) -> ControlFlow<()> {
        let mut next = Some(order);
        let (mut before, mut waiting) = (None, Vec::new());
        while let Some(order) = next {
            match order {
                Order::Apply(balanced) => {
                    let old = std::mem::replace(&mut self.balanced, balanced);
                    before.get_or_insert(old);
                }
                Order::Changed => {}
                Order::Answer(reply) => waiting.push(reply),
                Order::Lost(addresses) => self.lost(&addresses).await,
                Order::Stop(done) => {
                    self.stop().await;
                    let _ = done.send(());
                    return ControlFlow::Break(());
                }
            }
            next = self.orders.try_recv().ok();
        }
        let is_judged = self.balanced.iter().all(Balanced::is_judged);
        if is_judged || self.wait_until.is_none() {
            self.settle().await;
        }
        for reply in waiting {
            // Who asked may have stopped waiting.
            let _ = reply.send(Ok(()));
        }
        if let Some(mut gone) = before {
            gone.retain(|old| !self.balanced.iter().any(|new| new.place() == old.place()));
            self.release(&gone).await;
        }
        ControlFlow::Continue(())
    }

    /// Makes the table what it should be, and does what could not be done before.
    async fn settle(&mut self) {
        self.wait_until = None;
        self.look_at = Instant::now() + RETRY;
        self.keep_watch().await;
        let mut wanted = Vec::new();
        let mut unfit = Vec::new();
        for balanced in &self.balanced {
            let service = balanced.now();
            let missing = vrrp_balance::forwarding(std::slice::from_ref(&service));
            if missing.is_empty() {
                wanted.push(service);
            } else {
                unfit.push((balanced.clone(), condition::lacking(&missing)));
            }
        }
        let is_first = !wanted.is_empty() && !self.has_table;
        if is_first {
            self.mark.set();
            self.has_table = true;
        }
        let applied = self.balancer.apply(&wanted).await;
        if let Err(error) = applied {
            self.refused(&wanted, &error).await;
        } else {
            if wanted.is_empty() {
                self.mark.clear();
                self.has_table = false;
            }
            if is_first && applied.is_ok_and(|applied| applied.adopted) {
                tracing::info!("the nftables table of an earlier daemon goes on as it is");
            }
            for (balanced, service) in self.fit(&wanted) {
                self.show(&balanced, &condition::of(&service, balanced.is_judged()));
                self.reset_the_dead(&balanced, &service).await;
            }
        }
        for (balanced, lacks) in unfit {
            if self.show(&balanced, &lacks) == Condition::Balancing {
                self.release(std::slice::from_ref(&balanced)).await;
            }
        }
    }

    /// What is balanced, with the services as they were applied.
    fn fit(&self, applied: &[Service]) -> Vec<(Balanced, Service)> {
        let of = |balanced: &Balanced| {
            let mut services = applied.iter();
            services.find(|service| service.name == balanced.service.name)
        };
        self.balanced
            .iter()
            .filter_map(|balanced| Some((balanced.clone(), of(balanced)?.clone())))
            .collect()
    }

    /// The kernel or `nft` refused: says why, and what the host lacks where it can be named.
    async fn refused(&mut self, wanted: &[Service], error: &BalanceError) {
        let missing = vrrp_balance::requirements(wanted, self.balancer.nft()).await;
        let condition = if missing.is_empty() {
            Condition::Degraded(format!("not balanced as it should be: {error}"))
        } else {
            condition::lacking(&missing)
        };
        for (balanced, _) in self.fit(wanted) {
            self.show(&balanced, &condition);
        }
    }

    fn show(&self, balanced: &Balanced, condition: &Condition) -> Condition {
        condition::show(&balanced.view, condition, &self.events)
    }

    /// Ends the connections to backends that went down, now that new ones go elsewhere. Where
    /// there is no elsewhere they go on: the check may be wrong.
    async fn reset_the_dead(&self, balanced: &Balanced, service: &Service) {
        let has_others = service.backends.iter().any(|it| it.takes == Takes::New);
        for view in &balanced.view.backends {
            if !has_others || !view.live().doomed {
                continue;
            }
            view.live().doomed = false;
            self.reset(service, view).await;
        }
    }

    async fn reset(&self, service: &Service, view: &BackendView) {
        let backend = view.address;
        match self.balancer.reset(service, backend).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(
                load_balancer = service.name,
                %backend,
                count,
                "connections to {backend} were reset, so that their clients connect elsewhere"
            ),
            Err(error) => tracing::warn!(
                load_balancer = service.name,
                %backend,
                "connections to {backend} are left to their clients' time-outs: {error}"
            ),
        }
    }

    async fn lost(&self, addresses: &[IpAddr]) {
        let there: Vec<_> = self
            .balanced
            .iter()
            .filter(|balanced| addresses.contains(&balanced.service.address))
            .cloned()
            .collect();
        self.release(&there).await;
    }

    /// Ends all connections of services whose clients another host serves now, or none.
    async fn release(&self, gone: &[Balanced]) {
        for balanced in gone {
            let name = &balanced.service.name;
            match self.balancer.release(&balanced.service).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(
                    load_balancer = name,
                    count,
                    "connections through this host have ended, and their clients are told"
                ),
                Err(error) => tracing::warn!(
                    load_balancer = name,
                    "clients of {} are left to their time-outs: {error}",
                    balanced.place()
                ),
            }
        }
    }

    async fn stop(&mut self) {
        match self.balancer.remove().await {
            Ok(()) => self.mark.clear(),
            // Where nothing was ever written there is nothing to remove.
            Err(_) if !self.mark.is_set() => {}
            Err(error) => tracing::warn!("{error}; `vrrpd cleanup` tries again"),
        }
        self.release(&self.balanced).await;
    }

    /// Subscribes to changes of the table. Without that it is looked at now and then.
    async fn keep_watch(&mut self) {
        if self.balanced.is_empty() {
            self.watch = None;
        } else if self.watch.is_none() {
            match Balancer::watch() {
                Ok(watch) => self.watch = Some(watch),
                Err(error) => tracing::debug!(%error, "looking at the table now and then instead"),
            }
            // What happened before it, nobody told.
            if let Err(error) = self.balancer.present().await {
                tracing::debug!(%error, "the table cannot be looked at");
            }
        }
    }

    async fn on_news(&mut self, news: Result<(), BalanceError>) {
        if let Err(error) = news {
            tracing::warn!("{error}");
            self.watch = None;
            return;
        }
        if self.wait_until.is_some() {
            return;
        }
        match self.balancer.present().await {
            Ok(true) => {}
            Ok(false) => {
                if let Some(repaired) = self.repaired {
                    sleep_until(repaired + BETWEEN_REPAIRS).await;
                }
                self.settle().await;
                self.repaired = Some(Instant::now());
                condition::repaired(&self.events);
            }
            Err(error) => tracing::warn!("{error}"),
        }
    }

    async fn read_usage(&mut self) {
        if self.read.is_some_and(|read| read.elapsed() < FRESH) {
            return;
        }
        match self.balancer.usage().await {
            Ok(all) => {
                for usage in &all {
                    let mut views = self.balanced.iter().map(|balanced| &balanced.view);
                    let Some(view) = views.find(|view| view.name == usage.service) else {
                        continue;
                    };
                    let mut backends = view.backends.iter();
                    if let Some(backend) = backends.find(|it| it.address == usage.backend) {
                        backend.live().count(usage);
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "what backends have to do is not known"),
        }
        self.read = Some(Instant::now());
    }
}

async fn news(watch: Option<&mut Watch>) -> Result<(), BalanceError> {
    match watch {
        Some(watch) => watch.changed().await,
        None => std::future::pending().await,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
