//! The protocol thread: sockets, timers and virtual routers, on a runtime of its own. Nothing
//! here waits for anything but the next event.
//!
//! All state is in one [`Protocol`]. Each source of events is a small task that borrows it,
//! hands the event in, and gives it back before it waits again.

mod apply;
mod groups;
mod instance;
mod leftover;
mod network;
mod place;
mod port;
mod receive;
mod schedule;
mod send;
mod settle;
mod start;
mod succession;
mod tasks;
mod track;
mod vmac;

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::watch;
use vrrp_core::{GroupOrder, Input, Instant, State};
use vrrp_net::socket::RecvBatch;
use vrrp_net::timer::Timer;
use vrrp_wire::DropReason;

use self::groups::Group;
use self::instance::Instance;
use self::network::Network;
use self::port::{Port, PortKey};
use self::schedule::Schedule;
use self::send::Gathering;
use super::command::{Answer, Command};
use super::kernel::{InstanceId, Kernel, Report};
use crate::events::EventLog;
use crate::log::limit::Limiter;
use crate::view::DaemonView;

pub use self::start::StartError;
pub(super) use self::start::{Given, start};

/// Room for the packets of whichever socket is read.
type SharedBatch = Rc<RefCell<RecvBatch>>;

/// Everything the protocol thread knows.
struct Protocol {
    /// Itself, for the tasks it starts.
    this: Weak<RefCell<Protocol>>,
    instances: Vec<Instance>,
    /// Names in the order of the configuration, which a reload does not keep in `instances`.
    order: Vec<String>,
    /// The groups of the configuration: each the names of its members.
    grouping: Vec<Vec<String>>,
    groups: Vec<Group>,
    /// What groups ask of members, by position in `instances`.
    orders: VecDeque<(usize, GroupOrder)>,
    /// Instances that have left and are to be removed.
    gone: Vec<InstanceId>,
    next_id: u64,
    ports: HashMap<PortKey, Port>,
    schedule: Schedule,
    timer: Rc<Timer>,
    /// When the timer fires.
    armed: Option<Instant>,
    gathering: Gathering,
    network: Network,
    /// News of the network was lost, and the listing that makes up for it is on its way.
    overran: bool,
    kernel: Kernel,
    /// Checks that are down, and since when.
    down: HashMap<String, SystemTime>,
    drained: bool,
    ending: bool,
    /// Tells that everything was given up and the thread may end.
    finished: watch::Sender<bool>,
    view: Arc<DaemonView>,
    events: Arc<EventLog>,
    drop_log: Limiter<(Option<InstanceId>, DropReason)>,
    send_log: Limiter<InstanceId>,
    /// For what any of the sockets has.
    batch: SharedBatch,
}

/// The time as virtual routers know it.
fn now() -> Instant {
    Instant::from_nanos(vrrp_net::clock::now())
}

impl Protocol {
    /// Gives one input other than an advert to one instance and carries out what follows.
    fn give(&mut self, index: usize, input: Input<'_>) {
        let _ = self.instances[index].router.handle(now(), input);
        self.settle(index);
    }

    /// After every event: groups, instances that left, the timer.
    fn finish_event(&mut self) {
        self.settle_groups();
        if !self.gone.is_empty() {
            self.remove_gone();
            self.settle_groups();
        }
        self.rearm();
    }

    /// Serves all deadlines that have come up.
    fn on_timer(&mut self) {
        self.armed = None;
        self.gather_adverts();
        while let Some(index) = self.schedule.pop_due(now()) {
            let Some(instance) = self.instances.get(index) else {
                continue;
            };
            let due = instance.router.deadline();
            if due.is_some_and(|due| due <= now()) {
                // Adverts that wait in the socket come first: one of them may be what this
                // timer waits for.
                if instance.router.state() == State::Backup {
                    self.read_waiting(index);
                }
                self.give(index, Input::Timer);
            } else {
                self.schedule.at_latest(index, due);
            }
        }
        self.send_gathered();
        self.finish_event();
    }

    fn read_waiting(&mut self, index: usize) {
        let instance = &self.instances[index];
        let Some(place) = &instance.place else { return };
        let key = (place.interface.index, instance.view.family);
        let Some(port) = self.ports.get(&key) else {
            return;
        };
        let socket = Rc::clone(&port.socket);
        let batch = Rc::clone(&self.batch);
        // What cannot be read now is told by the socket's own task.
        if socket
            .try_recv_batch(&mut batch.borrow_mut())
            .is_ok_and(|count| count > 0)
        {
            self.on_packets(key, &batch.borrow());
        }
    }

    /// Sets the timer to the earliest deadline, unless it fires soon enough as it is.
    fn rearm(&mut self) {
        let instances = &self.instances;
        let wake = self.schedule.next_wake(self.armed, |owner| {
            let instance = instances.get(owner);
            instance.and_then(|instance| instance.router.deadline())
        });
        if let Some(wake) = wake.filter(|_| wake != self.armed) {
            match self.timer.arm_at(wake.as_nanos()) {
                Ok(()) => self.armed = Some(wake),
                Err(error) => tracing::error!(%error, "the timer cannot be set"),
            }
        }
    }

    fn on_report(&mut self, report: Report) {
        match report {
            Report::HoldFailed { id, error } => self.hold_failed(id, error),
            Report::Warning { id, message } => {
                if let Some(instance) = self.instances.iter_mut().find(|known| known.id == id) {
                    let name = &instance.plan.name;
                    tracing::warn!(instance = name, "{name}: {message}");
                    instance.warn("kernel", message);
                    instance.show();
                }
            }
            Report::Listing { links, addresses } => {
                self.network.replace(links, addresses);
                if std::mem::take(&mut self.overran) {
                    self.reopen_ports();
                }
                self.network_changed();
                self.reconcile();
            }
            Report::ListingFailed(error) => {
                tracing::warn!(%error, "interfaces could not be listed; trying again");
            }
            Report::VmacMade {
                number,
                interface,
                parent_changed,
            } => self.vmac_made(number, interface, &parent_changed),
            Report::VmacFailed {
                number,
                error,
                parent_missing,
            } => self.vmac_failed(number, error, parent_missing),
            Report::Route { address, route } => self.route_found(address, route),
        }
        self.finish_event();
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Resign { instance, reply } => {
                // Who asked may have stopped waiting.
                let _ = reply.send(self.resign(instance.as_deref()));
            }
            Command::Drain(drained) => {
                self.drained = drained;
                for index in 0..self.instances.len() {
                    self.give(
                        index,
                        if drained {
                            Input::Drain
                        } else {
                            Input::Undrain
                        },
                    );
                    if drained {
                        self.give_up_left_over(index);
                    }
                    self.instances[index].show();
                }
            }
            Command::Apply { plan, reply } => {
                let _ = reply.send(self.apply(&plan));
            }
            Command::Check { name, down_since } => self.check_changed(name, down_since),
            Command::Shutdown => self.shut_down(),
        }
        self.finish_event();
    }

    fn resign(&mut self, name: Option<&str>) -> Answer {
        let mut found = false;
        let mut masters = 0;
        for index in 0..self.instances.len() {
            let instance = &self.instances[index];
            if name.is_some_and(|name| instance.plan.name != name) {
                continue;
            }
            found = true;
            if instance.router.state() == State::Master {
                masters += 1;
                self.give(index, Input::Resign);
            }
        }
        match name {
            Some(name) if !found => Err(format!(
                "there is no instance {name:?}; there are: {}",
                self.order.join(", ")
            )),
            Some(name) if masters == 0 => Err(format!(
                "{name} is not master on this host, there is nothing to hand over"
            )),
            _ => Ok(()),
        }
    }

    fn shut_down(&mut self) {
        self.ending = true;
        for index in 0..self.instances.len() {
            self.give(index, Input::Shutdown);
        }
        self.settle_groups();
        self.remove_gone();
    }

    /// Addresses of all instances, which never are a source.
    fn virtual_addresses(&self) -> Vec<IpAddr> {
        let plans = self.instances.iter().map(|instance| &instance.plan);
        plans
            .flat_map(|plan| plan.addresses.iter().map(|(address, _)| *address))
            .collect()
    }
}
