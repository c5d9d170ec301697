//! Follows the host's network: gives each instance its interface, sockets and source address,
//! and takes them away.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use vrrp_core::{FaultReason, Input};
use vrrp_net::netlink::NetEvent;

use super::Protocol;
use super::instance::Instance;
use super::network::Place;
use super::port::Port;
use crate::daemon::kernel::{InstanceId, Job, Route};
use crate::daemon::plan::InterfaceChoice;

/// How long the kernel's refusal of an address keeps an instance in fault before another try.
pub(super) const RETRY: Duration = Duration::from_secs(5);

/// How long after addresses were asked for the news of their absence may be older than that.
const DOUBT: Duration = Duration::from_secs(1);

impl Protocol {
    /// Takes in changes of the host's network that came together.
    pub(super) fn on_net_events(&mut self, events: &[NetEvent]) {
        let (mut changed, mut moved) = (false, false);
        // Most news tells of leases that were renewed, and changes nothing.
        let mut own = None;
        for event in events {
            if *event == NetEvent::Overrun {
                tracing::warn!("the kernel's news of the network overran; listing everything anew");
                self.overran = true;
                self.kernel.ask(Job::List);
            }
            if self.network.apply(event) {
                changed = true;
                moved |= match event {
                    NetEvent::Address(info) | NetEvent::AddressRemoved(info) => {
                        let own = own.get_or_insert_with(|| self.own_addresses());
                        !own.contains(&info.address)
                    }
                    NetEvent::Link(_) | NetEvent::LinkRemoved { .. } | NetEvent::Overrun => true,
                };
            }
            if let NetEvent::LinkRemoved { index, .. } = event {
                self.ports.retain(|(ifindex, _), _| ifindex != index);
            }
        }
        if moved {
            self.network_changed();
        } else if changed {
            self.check_presence();
        }
        self.finish_event();
    }

    /// Virtual addresses whose coming and going moves no instance: those that are not the source
    /// of one.
    fn own_addresses(&self) -> HashSet<IpAddr> {
        let mut own: HashSet<IpAddr> = self.virtual_addresses().into_iter().collect();
        for instance in &self.instances {
            if let Some(source) = &instance.plan.source {
                own.remove(source);
            }
        }
        own
    }

    /// Brings every instance in line with the network as it is known now.
    pub(super) fn network_changed(&mut self) {
        let virtual_addresses = self.virtual_addresses();
        for index in 0..self.instances.len() {
            self.evaluate(index, &virtual_addresses);
        }
        self.check_presence();
        self.retrack();
    }

    /// Once a second: tries again what failed, and shows that the thread lives.
    pub(super) fn on_tick(&mut self) {
        self.view.protocol_heartbeat.touch();
        self.tell_left_out();
        for port in self.ports.values_mut() {
            port.tick();
        }
        let now = super::now();
        let mut virtual_addresses = None;
        for index in 0..self.instances.len() {
            let instance = &mut self.instances[index];
            if instance.retry_at.is_some_and(|at| at <= now) {
                instance.retry_at = None;
            }
            if instance.place.is_none() {
                let virtual_addresses =
                    virtual_addresses.get_or_insert_with(|| self.virtual_addresses());
                self.evaluate(index, virtual_addresses);
            } else if !instance.failing.is_empty() {
                // The sentence tells how long it has been failing.
                instance.show();
            }
        }
        self.finish_event();
    }

    /// Finds out where an instance can run, and tells it if that changed.
    pub(super) fn evaluate(&mut self, index: usize, virtual_addresses: &[IpAddr]) {
        let instance = &self.instances[index];
        if instance.leaving.is_some() || instance.retry_at.is_some() {
            return;
        }
        let instance = &self.instances[index];
        let route = instance.route.map(|route| route.ifindex);
        let place = self.network.place(&instance.plan, route, virtual_addresses);
        if place.is_err() || !instance.route.is_some_and(|route| route.direct) {
            self.ask_route(index);
        }
        let place = place
            .and_then(|place| self.refuse_twin(index, place))
            .and_then(|place| self.on_vmac(index, place, virtual_addresses));
        match place {
            Ok(Some(place)) => {
                // First: with the place, ports that nobody uses go, and the new one is not used yet.
                self.leave_former_place(index, &place);
                match self.open_port(index, place) {
                    Ok(place) => self.go_up(index, place),
                    Err(reason) => self.go_down(index, reason),
                }
            }
            // It starts, or is in fault for another reason, unless it had one.
            Ok(None) if self.instances[index].place.is_none() => {}
            Ok(None) => self.go_down(index, FaultReason::Other("its macvlan is gone".into())),
            Err(reason) => {
                self.go_down(index, reason);
                self.drop_vmac(index);
            }
        }
    }

    /// Two instances of one VRID on one interface would hear each other's adverts. The file's
    /// validation cannot see it where an interface is found by route.
    fn refuse_twin(&self, index: usize, place: Place) -> Result<Place, FaultReason> {
        let instance = &self.instances[index];
        if let Some(taken) = &instance.place
            && taken.parent == place.parent
        {
            // Where it is already, any other was refused.
            return Ok(place);
        }
        let is_twin = |other: &&Instance| {
            other.id != instance.id
                && (other.view.vrid, other.view.family)
                    == (instance.view.vrid, instance.view.family)
                && other
                    .place
                    .as_ref()
                    .is_some_and(|taken| taken.parent == place.parent)
        };
        match self.instances.iter().find(is_twin) {
            Some(twin) => Err(FaultReason::Other(format!(
                "instance {} has virtual router identifier {} on {} already; give one of them \
                 another `vrid:`",
                twin.plan.name, twin.view.vrid, place.parent
            ))),
            None => Ok(place),
        }
    }

    /// Asks for the route of an instance that is to run where it leads.
    pub(super) fn ask_route(&self, index: usize) {
        if let InterfaceChoice::RouteTo(address) = self.instances[index].plan.interface {
            self.kernel.ask(Job::Route(address));
        }
    }

    /// The kernel has told which interface leads to `address`. While the interface is there, only
    /// one that is on the segment of the address replaces it: where that fails, the default
    /// route leads elsewhere, and nobody looks for the address there.
    pub(super) fn route_found(&mut self, address: IpAddr, route: Option<Route>) {
        let virtual_addresses = self.virtual_addresses();
        for index in 0..self.instances.len() {
            let instance = &mut self.instances[index];
            if instance.plan.interface != InterfaceChoice::RouteTo(address)
                || instance.route == route
            {
                continue;
            }
            let is_there = instance
                .route
                .is_some_and(|old| self.network.by_index(old.ifindex).is_some());
            if !is_there || route.is_some_and(|new| new.direct) {
                instance.route = route;
                self.evaluate(index, &virtual_addresses);
            }
        }
    }

    /// An instance that moves to another interface is down in between.
    fn leave_former_place(&mut self, index: usize, place: &Place) {
        let moved = self.instances[index].place.as_ref().is_some_and(|old| {
            (old.interface.index, old.serving.index) != (place.interface.index, place.serving.index)
        });
        if moved {
            self.go_down(index, FaultReason::InterfaceMissing);
        }
    }

    fn open_port(&mut self, index: usize, place: Place) -> Result<Place, FaultReason> {
        let family = self.instances[index].view.family;
        let key = (place.interface.index, family);
        if !self.ports.contains_key(&key) {
            let port = Port::open(&self.this, &self.batch, &place.interface, family)
                .map_err(|error| FaultReason::Other(error.to_string()))?;
            self.ports.insert(key, port);
        }
        Ok(place)
    }

    fn go_up(&mut self, index: usize, place: Place) {
        let instance = &mut self.instances[index];
        // A port that is new although the place is not: the interface was away for a moment.
        let key = (place.interface.index, instance.view.family);
        let served = self
            .ports
            .get(&key)
            .and_then(|port| port.instance(instance.view.vrid));
        if instance.place.as_ref() == Some(&place) && served == Some(index) {
            return;
        }
        let instance = &mut self.instances[index];
        let source = place.source;
        let same_source = instance
            .place
            .as_ref()
            .is_some_and(|old| old.source == source);
        if instance.held_on.is_none()
            && self
                .network
                .count_present_ours(place.serving.index, &instance.plan.addresses)
                > 0
        {
            instance.left_over = true;
            instance.held_on = Some(place.serving.clone());
        }
        let announce_anew = same_source.then_some(Input::LinkRefreshed);
        let vrid = instance.view.vrid;
        instance.place = Some(place);
        instance.fault = None;
        if let Some(port) = self.ports.get_mut(&key) {
            port.assign(vrid, index);
        }
        self.give(index, announce_anew.unwrap_or(Input::Up { source }));
        if self.drained {
            self.give(index, Input::Drain);
            // It is not to serve, and nothing else may remove them.
            self.give_up_left_over(index);
        }
        self.instances[index].show();
    }

    pub(super) fn go_down(&mut self, index: usize, reason: FaultReason) {
        let instance = &mut self.instances[index];
        if instance.fault.as_ref() == Some(&reason) {
            return;
        }
        instance.fault = Some(reason.clone());
        self.give(index, Input::Down { reason });
        self.give_up_left_over(index);
        // Only now: what the router had to say before it fell silent needed the place.
        self.leave_port(index);
        self.instances[index].show();
    }

    /// Takes an instance's place away, and closes its port if nobody else is there.
    fn leave_port(&mut self, index: usize) {
        let instance = &mut self.instances[index];
        let Some(place) = instance.place.take() else {
            return;
        };
        let key = (place.interface.index, instance.view.family);
        if let Some(port) = self.ports.get_mut(&key) {
            port.withdraw(instance.view.vrid, index);
            if port.is_idle() {
                self.ports.remove(&key);
            }
        }
    }

    /// Opens all sockets anew: an interface may have been away and come back unseen, and with it
    /// went their memberships. What cannot be opened is left to the next evaluation.
    pub(super) fn reopen_ports(&mut self) {
        for (key, port) in std::mem::take(&mut self.ports) {
            let interface = port.socket.interface().clone();
            drop(port);
            if let Ok(port) = Port::open(&self.this, &self.batch, &interface, key.1) {
                self.ports.insert(key, port);
            }
        }
        self.assign_ports();
    }

    /// Rebuilds which instance serves which VRID on which port, and closes idle ports.
    pub(super) fn assign_ports(&mut self) {
        for port in self.ports.values_mut() {
            port.clear();
        }
        for (index, instance) in self.instances.iter().enumerate() {
            let Some(place) = &instance.place else {
                continue;
            };
            let key = (place.interface.index, instance.view.family);
            if let Some(port) = self.ports.get_mut(&key) {
                port.assign(instance.view.vrid, index);
            }
        }
        self.ports.retain(|_, port| !port.is_idle());
    }

    /// An address could not be added: this host cannot serve, somebody else may.
    pub(super) fn hold_failed(&mut self, id: InstanceId, error: String) {
        let Some(index) = self.instances.iter().position(|instance| instance.id == id) else {
            return;
        };
        let instance = &mut self.instances[index];
        // The interface may have gone in the meantime, and the router knows it already.
        if instance.held_on.is_none() || instance.leaving.is_some() {
            return;
        }
        tracing::error!(instance = instance.plan.name, "{error}");
        instance.retry_at = Some(super::now() + RETRY);
        self.go_down(index, FaultReason::AddressFailed(error));
    }

    /// Counts how many of an instance's addresses are on the interface where it holds them, or
    /// would; returns how many were there when last counted, and how many are now.
    pub(super) fn count_presence(&mut self, index: usize) -> (usize, usize) {
        let instance = &self.instances[index];
        let on = instance.held_on.as_ref().map(|interface| interface.index);
        let ifindex = on.or(instance.place.as_ref().map(|place| place.serving.index));
        let present = ifindex.map_or(0, |ifindex| {
            self.network
                .count_present(ifindex, &instance.plan.addresses)
        });
        let shown = &instance.view.addresses_present;
        let before = shown.swap(present, std::sync::atomic::Ordering::Relaxed);
        (before, present)
    }

    /// Compares what each instance holds with what is on the interface.
    fn check_presence(&mut self) {
        for index in 0..self.instances.len() {
            let (before, present) = self.count_presence(index);
            let instance = &self.instances[index];
            let lost = present < before && present < instance.plan.addresses.len();
            if !lost || instance.held_on.is_none() || instance.left_over {
                continue;
            }
            if instance
                .acquired
                .is_some_and(|at| super::now().since(at) < DOUBT)
            {
                // The news may be of our own release before: what is listed after all that was
                // asked for decides.
                self.instances[index].short = true;
                self.kernel.ask(Job::List);
            } else {
                self.give(index, Input::AddressesLost);
            }
        }
    }
}
