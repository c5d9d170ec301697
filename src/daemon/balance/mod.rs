//! Load balancing: what the supervisor asks for, and the task that does it. Nothing of it runs
//! where the configuration has no load balancer.

mod condition;
mod health;
mod marks;
mod plan;
mod task;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};
use vrrp_check::SpecError;

use self::health::Runner;
use self::marks::DrainedBackends;
pub(crate) use self::marks::TableMark;
use self::plan::BalancerPlan;
pub(super) use self::plan::plans;
pub(crate) use self::plan::services;
use self::task::{Balanced, Order, Task};
use super::command::Answer;
use crate::balancers::{BackendView, BalancerView, Readings};
use crate::events::{EventLog, What};
use crate::view::{DaemonView, InstanceView};

/// The program, found in `PATH`.
pub(crate) const NFT: &str = "nft";

/// How long a daemon that ends waits for its table to go.
const LAST_WAIT: Duration = Duration::from_secs(5);
/// How long an address that was lost may stay until it is no longer waited for, and how often it
/// is looked at.
const LINGER: (Duration, Duration) = (Duration::from_secs(10), Duration::from_millis(5));

/// All load balancers, in the order of the configuration.
#[derive(Debug)]
pub(super) struct Balance {
    view: Arc<DaemonView>,
    events: Arc<EventLog>,
    drained: DrainedBackends,
    socket: std::path::PathBuf,
    orders: Option<mpsc::UnboundedSender<Order>>,
    runners: Vec<Runner>,
    shown: Vec<Arc<BalancerView>>,
}

impl Balance {
    /// Nothing to balance yet; its files are beside the control socket at `socket`.
    pub(super) fn new(view: Arc<DaemonView>, events: Arc<EventLog>, socket: &Path) -> Self {
        Self {
            view,
            events,
            drained: DrainedBackends::beside(socket),
            socket: socket.to_owned(),
            orders: None,
            runners: Vec::new(),
            shown: Vec::new(),
        }
    }

    /// Balances what `plans` say from now on. Backends in both go on with their state.
    ///
    /// # Errors
    /// A check of a backend that cannot be started. Nothing has changed then but the checks of
    /// the backends before it.
    pub(super) fn apply(&mut self, plans: &[BalancerPlan]) -> Result<(), SpecError> {
        for spec in plans.iter().flat_map(|plan| plan.checks.iter().flatten()) {
            vrrp_check::validate(spec)?;
        }
        let is_left_over = || TableMark::beside(&self.socket).is_set();
        if plans.is_empty() && self.orders.is_none() && !is_left_over() {
            return Ok(());
        }
        let orders = self.orders.clone().unwrap_or_else(|| self.start());
        let mut balanced = Vec::new();
        for plan in plans {
            balanced.push(self.take_on(plan, &orders)?);
        }
        let is_there = |balancer: &str, backend: SocketAddr| {
            balanced.iter().any(|one: &Balanced| {
                let mut backends = one.service.backends.iter();
                one.service.name == balancer && backends.any(|it| it.address == backend)
            })
        };
        self.runners
            .retain(|runner| is_there(&runner.balancer, runner.view.address));
        if let Err(error) = self.drained.keep(is_there) {
            tracing::warn!("{error}");
        }
        self.shown = balanced.iter().map(|one| Arc::clone(&one.view)).collect();
        self.view
            .update(|running| running.load_balancers.clone_from(&self.shown));
        // Its receiver ends with the daemon.
        let _ = orders.send(Order::Apply(balanced));
        Ok(())
    }

    fn start(&mut self) -> mpsc::UnboundedSender<Order> {
        let (orders, to_obey) = mpsc::unbounded_channel();
        let (readings, to_read) = mpsc::unbounded_channel();
        let task = Task::new(
            NFT.into(),
            to_obey,
            to_read,
            Arc::clone(&self.events),
            TableMark::beside(&self.socket),
        );
        tokio::spawn(task.run());
        self.view
            .update(|running| running.readings = Some(Readings(readings)));
        self.orders = Some(orders.clone());
        orders
    }

    fn take_on(
        &mut self,
        plan: &BalancerPlan,
        orders: &mpsc::UnboundedSender<Order>,
    ) -> Result<Balanced, SpecError> {
        let service = &plan.service;
        let mut backends = Vec::new();
        for (backend, spec) in service.backends.iter().zip(&plan.checks) {
            let weight = u8::try_from(backend.weight).unwrap_or(u8::MAX);
            let mut runners = self.runners.iter();
            let known = runners.position(|runner| {
                runner.balancer == service.name && runner.view.address == backend.address
            });
            let at = known.unwrap_or_else(|| {
                let view = BackendView::new(backend.address, weight);
                view.live().drained = self.drained.has(&service.name, backend.address);
                self.runners
                    .push(Runner::new(&service.name, Arc::new(view)));
                self.runners.len() - 1
            });
            let runner = &mut self.runners[at];
            runner.check(spec.as_ref(), orders, &self.events)?;
            runner.view.live().weight = weight;
            backends.push(Arc::clone(&runner.view));
        }
        let view = BalancerView::new(
            service.name.clone(),
            service.address,
            service.port,
            backends,
        );
        // Until the task knows better it is in the condition of before.
        if let Some(before) = self.shown.iter().find(|shown| shown.name == view.name) {
            view.become_(before.condition());
        }
        Ok(Balanced {
            service: service.clone(),
            view: Arc::new(view),
        })
    }

    /// Drains or undrains a backend, and answers once new connections go where they should.
    /// `backend` may leave its port out where that is clear. It is refused where there is no such
    /// backend, or where it could not be written down.
    pub(super) fn drain(
        &mut self,
        balancer: &str,
        backend: &str,
        drained: bool,
        reply: oneshot::Sender<Answer>,
    ) {
        let done = self.mark_drained(balancer, backend, drained);
        match (&self.orders, done) {
            // Its receiver ends with the daemon.
            (Some(orders), Ok(())) => drop(orders.send(Order::Answer(reply))),
            // Who asked may have stopped waiting.
            (_, done) => drop(reply.send(done)),
        }
    }

    fn mark_drained(&mut self, balancer: &str, backend: &str, drained: bool) -> Answer {
        let view = self.find(balancer, backend)?;
        self.drained.set(balancer, view.address, drained)?;
        if std::mem::replace(&mut view.live().drained, drained) == drained {
            return Ok(());
        }
        let backend = view.address;
        tracing::info!(
            load_balancer = balancer,
            %backend,
            drained,
            "backend {backend} of {balancer} is {} now",
            if drained { "drained" } else { "undrained" }
        );
        self.events.publish(What::BackendDrain {
            load_balancer: balancer.to_owned(),
            backend: backend.to_string(),
            drained,
        });
        Ok(())
    }

    fn find(&self, balancer: &str, backend: &str) -> Result<Arc<BackendView>, String> {
        let names = || self.shown.iter().map(|shown| shown.name.clone());
        let Some(shown) = self.shown.iter().find(|shown| shown.name == balancer) else {
            return Err(match listed(names()) {
                Some(names) => {
                    format!("there is no load balancer \"{balancer}\"; there are: {names}")
                }
                None => "there is no load balancer in the configuration".to_owned(),
            });
        };
        let is_it = |view: &&Arc<BackendView>| {
            backend.parse() == Ok(view.address)
                || backend.parse::<IpAddr>() == Ok(view.address.ip())
        };
        let mut found = shown.backends.iter().filter(is_it);
        match (found.next(), found.next()) {
            (Some(view), None) => Ok(Arc::clone(view)),
            (Some(_), Some(_)) => Err(format!(
                "{balancer} has several backends at {backend}: give the port too"
            )),
            (None, _) => {
                let all = shown.backends.iter().map(|view| view.address.to_string());
                Err(format!(
                    "{balancer} has no backend {backend}; there are: {}",
                    listed(all).unwrap_or_default()
                ))
            }
        }
    }

    /// This host is no longer master of an instance with `addresses`: once they are gone, the
    /// clients that it balanced are told.
    pub(super) fn lost(&self, instance: &Arc<InstanceView>, addresses: Vec<IpAddr>) {
        let Some(orders) = &self.orders else { return };
        if !self
            .shown
            .iter()
            .any(|shown| addresses.contains(&shown.address))
        {
            return;
        }
        let (orders, instance) = (orders.clone(), Arc::clone(instance));
        tokio::spawn(async move {
            let until = Instant::now() + LINGER.0;
            while instance.addresses_present.load(Ordering::Relaxed) > 0 {
                if Instant::now() > until {
                    return;
                }
                sleep(LINGER.1).await;
            }
            // Its receiver ends with the daemon.
            let _ = orders.send(Order::Lost(addresses));
        });
    }

    /// Takes the table away. Call it when the addresses are gone.
    pub(super) async fn stop(&mut self) {
        self.runners.clear();
        let Some(orders) = self.orders.take() else {
            return;
        };
        let (done, is_done) = oneshot::channel();
        if orders.send(Order::Stop(done)).is_ok() && timeout(LAST_WAIT, is_done).await.is_err() {
            tracing::warn!("the nftables table is left to `vrrpd cleanup`: removing it takes long");
        }
    }
}

fn listed(names: impl Iterator<Item = String>) -> Option<String> {
    let names: Vec<String> = names.collect();
    (!names.is_empty()).then(|| names.join(", "))
}
