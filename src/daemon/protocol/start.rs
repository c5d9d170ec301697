//! Starting the protocol thread: everything that can fail for good fails here, before an
//! address is touched.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{LocalSet, spawn_local};
use vrrp_core::ConfigError;
use vrrp_net::Interface;
use vrrp_net::netlink::{LinkInfo, Monitor, NetlinkError};
use vrrp_net::socket::{SocketError, VrrpSocket};
use vrrp_net::timer::{Timer, TimerError};

use super::network::Network;
use super::schedule::Schedule;
use super::send::Gathering;
use super::{Protocol, SharedBatch, tasks};
use crate::daemon::command::Command;
use crate::daemon::kernel::{self, Job, Report};
use crate::daemon::ledger::Ledger;
use crate::daemon::plan::{InterfaceChoice, Plan};
use crate::daemon::realtime;
use crate::events::EventLog;
use crate::log::limit::Limiter;
use crate::view::DaemonView;

/// Messages about one kind of dropped packet or failed send: this many per period.
const MESSAGES: u32 = 1;
const PERIOD: Duration = Duration::from_secs(60);
const KEYS: usize = 256;

/// How long the end waits for the kernel to confirm that addresses are gone.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// Why the protocol thread could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No thread or runtime.
    #[error("starting the protocol thread: {0}")]
    Thread(io::Error),
    /// The thread ended before it had started.
    #[error("the protocol thread ended while it was starting; the log may tell why")]
    Ended,
    /// The kernel thread could not be started.
    #[error(transparent)]
    Kernel(#[from] kernel::StartError),
    /// No timer.
    #[error(transparent)]
    Timer(#[from] TimerError),
    /// Interfaces cannot be watched or listed.
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
    /// Interfaces cannot be listed.
    #[error("{0}")]
    Listing(String),
    /// A configured interface is not there.
    #[error(
        "instance {instance}: there is no interface {name} on this host; there are: {}. Correct \
         `interface:`, or leave it out to use the interface of the route to the first address",
        .there.join(", ")
    )]
    NoInterface {
        /// The instance.
        instance: String,
        /// The interface it names.
        name: String,
        /// The interfaces there are.
        there: Vec<String>,
    },
    /// VRRP sockets cannot be opened at all.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The state machine refuses the configuration.
    #[error("instance {instance}: {cause}")]
    Config {
        /// The instance.
        instance: String,
        /// Why.
        cause: ConfigError,
    },
}

/// What the thread is given.
pub(in crate::daemon) struct Given {
    /// What to run.
    pub(in crate::daemon) plan: Plan,
    /// Whether this host was drained before.
    pub(in crate::daemon) drained: bool,
    /// Where it shows what it does.
    pub(in crate::daemon) view: Arc<DaemonView>,
    /// Where it tells what happens.
    pub(in crate::daemon) events: Arc<EventLog>,
    /// Which addresses are ours, where the kernel does not tell.
    pub(in crate::daemon) ledger: Ledger,
    /// Whether to ask for real-time scheduling and locked memory.
    pub(in crate::daemon) realtime: bool,
    /// What it is told.
    pub(in crate::daemon) commands: mpsc::UnboundedReceiver<Command>,
}

/// A running protocol thread.
#[derive(Debug)]
pub(in crate::daemon) struct Running {
    /// Becomes true when it has left in good order; closes when the thread ends.
    pub(in crate::daemon) finished: oneshot::Receiver<()>,
}

/// Starts the thread in the network namespace of the caller and waits until it runs.
///
/// # Errors
/// What cannot work on this host; nothing was touched then.
pub(in crate::daemon) async fn start(given: Given) -> Result<Running, StartError> {
    let (started, has_started) = oneshot::channel();
    let (done, finished) = oneshot::channel();
    thread::Builder::new()
        .name("vrrpd-protocol".into())
        .spawn(move || main(given, started, done))
        .map_err(StartError::Thread)?;
    has_started.await.map_err(|_| StartError::Ended)??;
    Ok(Running { finished })
}

fn main(given: Given, started: oneshot::Sender<Result<(), StartError>>, done: oneshot::Sender<()>) {
    if given.realtime {
        realtime::for_protocol_thread();
    }
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            // Who waits for the start may have given up.
            let _ = started.send(Err(StartError::Thread(error)));
            return;
        }
    };
    LocalSet::new().block_on(&runtime, run(given, started));
    let _ = done.send(());
}

async fn run(given: Given, started: oneshot::Sender<Result<(), StartError>>) {
    let (report, reports) = mpsc::unbounded_channel();
    let commands;
    let (mut ending, protocol, thread) = match prepare(given, report, reports).await {
        Ok(ready) => {
            commands = ready.commands;
            spawn_local(tasks::reports(Rc::clone(&ready.protocol), ready.reports));
            spawn_local(tasks::news(Rc::clone(&ready.protocol), ready.monitor));
            spawn_local(tasks::ticks(Rc::clone(&ready.protocol)));
            (ready.finished, ready.protocol, ready.kernel)
        }
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let _ = started.send(Ok(()));
    spawn_local(tasks::commands(Rc::clone(&protocol), commands));
    spawn_local(timer(Rc::clone(&protocol)));
    // Fails only if the state is gone, and then there is nothing to wait for.
    let _ = ending.wait_for(|finished| *finished).await;
    let (done, all_done) = oneshot::channel();
    protocol.borrow().kernel.ask(Job::Sync(done));
    if tokio::time::timeout(LAST_WAIT, all_done).await.is_err() {
        tracing::error!("the kernel did not confirm within {LAST_WAIT:?} that addresses are gone");
    }
    drop(thread);
}

struct Ready {
    protocol: Rc<RefCell<Protocol>>,
    reports: mpsc::UnboundedReceiver<Report>,
    commands: mpsc::UnboundedReceiver<Command>,
    monitor: Monitor,
    finished: watch::Receiver<bool>,
    kernel: thread::JoinHandle<()>,
}

async fn prepare(
    given: Given,
    report: mpsc::UnboundedSender<Report>,
    mut reports: mpsc::UnboundedReceiver<Report>,
) -> Result<Ready, StartError> {
    // Watching begins before listing: what changes in between is seen twice, not never.
    let monitor = Monitor::new()?;
    let ledger = Arc::new(given.ledger);
    let (kernel, thread) = kernel::start(report, Arc::clone(&ledger), given.realtime)?;
    kernel.ask(Job::List);
    let mut network = Network::new(ledger);
    match reports.recv().await {
        Some(Report::Listing { links, addresses }) => {
            refuse_missing(&given.plan, &links)?;
            try_sockets(&given.plan, &links)?;
            network.replace(links, addresses);
        }
        Some(Report::ListingFailed(error)) => return Err(StartError::Listing(error)),
        _ => return Err(StartError::Ended),
    }
    let (finished_sender, finished) = watch::channel(false);
    let mut protocol = Protocol {
        this: Weak::new(),
        instances: Vec::with_capacity(given.plan.instances.len()),
        order: given
            .plan
            .instances
            .iter()
            .map(|instance| instance.name.clone())
            .collect(),
        grouping: given.plan.groups,
        groups: Vec::new(),
        orders: VecDeque::new(),
        gone: Vec::new(),
        next_id: 0,
        ports: HashMap::new(),
        schedule: Schedule::default(),
        timer: Rc::new(Timer::new()?),
        armed: None,
        gathering: Gathering::default(),
        network,
        overran: false,
        kernel,
        down: HashMap::new(),
        drained: given.drained,
        ending: false,
        finished: finished_sender,
        view: given.view,
        events: given.events,
        drop_log: Limiter::new(MESSAGES, PERIOD, KEYS),
        send_log: Limiter::new(MESSAGES, PERIOD, KEYS),
        batch: SharedBatch::default(),
    };
    for plan in given.plan.instances {
        let name = plan.name.clone();
        let instance = protocol.make(plan).map_err(|cause| StartError::Config {
            instance: name,
            cause,
        })?;
        protocol.instances.push(instance);
    }
    find_routes(&mut protocol, &mut reports).await;
    protocol.regroup();
    let protocol = Rc::new(RefCell::new(protocol));
    {
        let mut inside = protocol.borrow_mut();
        inside.this = Rc::downgrade(&protocol);
        inside.show_instances();
        inside.network_changed();
        inside.sweep();
        inside.on_tick();
    }
    Ok(Ready {
        protocol,
        reports,
        commands: given.commands,
        monitor,
        finished,
        kernel: thread,
    })
}

/// A named interface that is not there is most likely a mistake in the file. One that goes away
/// later is not: then the instance waits for it.
fn refuse_missing(plan: &Plan, links: &[LinkInfo]) -> Result<(), StartError> {
    for instance in &plan.instances {
        if let InterfaceChoice::Named(name) = &instance.interface
            && !links.iter().any(|link| link.name == *name)
        {
            return Err(StartError::NoInterface {
                instance: instance.name.clone(),
                name: name.clone(),
                there: links.iter().map(|link| link.name.clone()).collect(),
            });
        }
    }
    Ok(())
}

/// A host that permits no VRRP socket at all is told at once, not as a fault to wait out.
fn try_sockets(plan: &Plan, links: &[LinkInfo]) -> Result<(), StartError> {
    let Some(link) = links.iter().find(|link| link.loopback).or(links.first()) else {
        return Ok(());
    };
    let interface = Interface::new(link.index, link.name.as_str());
    for instance in &plan.instances {
        // Any other refusal concerns one interface and shows as that instance's fault.
        if let Err(error @ SocketError::NotPermitted { .. }) =
            VrrpSocket::open(&interface, instance.router.family())
        {
            return Err(error.into());
        }
    }
    Ok(())
}

/// Looks up routes before the first evaluation, so that a start tells no passing fault.
async fn find_routes(protocol: &mut Protocol, reports: &mut mpsc::UnboundedReceiver<Report>) {
    for index in 0..protocol.instances.len() {
        if let InterfaceChoice::RouteTo(address) = protocol.instances[index].plan.interface {
            protocol.kernel.ask(Job::Route(address));
            if let Some(Report::Route { route, .. }) = reports.recv().await {
                protocol.instances[index].route = route;
            }
        }
    }
}

async fn timer(protocol: Rc<RefCell<Protocol>>) {
    loop {
        let waited = {
            let timer = Rc::clone(&protocol.borrow().timer);
            timer.wait().await
        };
        match waited {
            Ok(()) => protocol.borrow_mut().on_timer(),
            Err(error) => {
                tracing::error!(%error, "the timer failed; the protocol thread ends");
                protocol.borrow().finished.send_replace(true);
                return;
            }
        }
    }
}
