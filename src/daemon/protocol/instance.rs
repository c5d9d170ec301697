//! One virtual router with all that the daemon keeps beside its state machine.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use vrrp_core::{ConfigError, FaultReason, Instant, State, VirtualRouter};
use vrrp_net::Interface;

use super::network::Place;
use super::vmac::Vmac;
use crate::daemon::kernel::{Holding, InstanceId, Route, Tenure};
use crate::daemon::plan::{InstancePlan, InterfaceChoice};
use crate::daemon::tracking::{self, Failing};
use crate::status::InstanceState;
use crate::view::{InstanceView, Live};

pub(super) struct Instance {
    pub(super) id: InstanceId,
    pub(super) plan: InstancePlan,
    pub(super) router: VirtualRouter,
    pub(super) view: Arc<InstanceView>,
    /// Where it runs; `None` while it cannot.
    pub(super) place: Option<Place>,
    /// Its macvlan, with `vmac: true`.
    pub(super) vmac: Vmac,
    /// Why it cannot run, as last told to the router.
    pub(super) fault: Option<FaultReason>,
    /// Not to be tried again before this, after the kernel refused an address.
    pub(super) retry_at: Option<Instant>,
    /// Where the route to the first address leads, or led while there was one.
    pub(super) route: Option<Route>,
    /// The interface on which the addresses are held, or left over from an earlier run.
    pub(super) held_on: Option<Interface>,
    /// Addresses of an earlier run are on the interface: adopted on becoming master, removed as
    /// soon as somebody else is.
    pub(super) left_over: bool,
    /// When the addresses were last asked for.
    pub(super) acquired: Option<Instant>,
    /// Fewer addresses than are held were there when last looked at.
    pub(super) short: bool,
    pub(super) tenure: Tenure,
    /// What is failing of what it tracks.
    pub(super) failing: Vec<Failing>,
    /// It is on its way out; what is to run in its stead when it is gone.
    pub(super) leaving: Option<Option<Box<InstancePlan>>>,
    /// Sentences about doubtful things, by kind.
    pub(super) warnings: Vec<(&'static str, String)>,
    /// Room for the message to send.
    pub(super) message: Vec<u8>,
    shown_master: Option<(IpAddr, u8)>,
    shown_conflicts: u64,
}

impl Instance {
    pub(super) fn new(id: InstanceId, plan: InstancePlan) -> Result<Self, ConfigError> {
        let router = VirtualRouter::new(Arc::clone(&plan.router))?;
        let live = Live {
            name: plan.name.clone(),
            state: InstanceState::Init,
            reason: router.reason(),
            since: SystemTime::now(),
            interface: String::new(),
            priority: plan.router.priority,
            effective_priority: plan.router.priority,
            effective_priority_reason: String::new(),
            advert_interval: plan.router.advert_interval.duration(),
            master: None,
            master_is_self: false,
            addresses: Vec::new(),
            warnings: Vec::new(),
        };
        let config = &plan.router;
        let view = InstanceView::new(config.vrid, config.version, config.family(), live);
        for peer in plan.router.peers.iter().flatten() {
            view.peers().insert(*peer, Arc::default());
        }
        Ok(Self {
            id,
            router,
            view: Arc::new(view),
            place: None,
            vmac: Vmac::None,
            fault: None,
            retry_at: None,
            route: None,
            held_on: None,
            left_over: false,
            acquired: None,
            short: false,
            tenure: Tenure::default(),
            failing: Vec::new(),
            leaving: None,
            warnings: Vec::new(),
            message: Vec::new(),
            shown_master: None,
            shown_conflicts: 0,
            plan,
        })
    }

    /// The addresses with their prefixes on `interface`.
    pub(super) fn holding(&self, interface: Interface) -> Holding {
        Holding {
            id: self.id,
            interface,
            addresses: self.plan.addresses.clone(),
        }
    }

    /// One address on `interface`, with the prefix the plan gives it.
    pub(super) fn holding_one(&self, interface: Interface, address: IpAddr) -> Holding {
        let known = self
            .plan
            .addresses
            .iter()
            .find(|(known, _)| *known == address);
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let prefix_len = known.map_or(whole, |(_, prefix_len)| *prefix_len);
        Holding {
            id: self.id,
            interface,
            addresses: vec![(address, prefix_len)],
        }
    }

    /// Brings what is shown outside up to date if something that rarely changes did.
    pub(super) fn show_changes(&mut self) {
        let conflicts = self.router.counters().master_conflicts;
        self.view
            .counters
            .master_conflicts
            .add(conflicts - self.shown_conflicts);
        self.shown_conflicts = conflicts;
        let master = self
            .router
            .master()
            .map(|master| (master.address, master.priority));
        if master != self.shown_master {
            self.show();
        }
    }

    /// Brings everything that is shown outside up to date.
    pub(super) fn show(&mut self) {
        let master = self
            .router
            .master()
            .map(|master| (master.address, master.priority));
        self.shown_master = master;
        let now = SystemTime::now();
        let mut live = self.view.live();
        let state = shown_state(self.router.state());
        if live.state != state {
            live.state = state;
            live.since = now;
        }
        live.name.clone_from(&self.plan.name);
        live.reason = self.router.reason();
        live.reason.shrink_to_fit();
        live.interface = match (&self.place, &self.plan.interface) {
            (Some(place), _) => place.parent.name.to_string(),
            (None, InterfaceChoice::Named(name)) => name.clone(),
            (None, InterfaceChoice::RouteTo(_)) => String::new(),
        };
        live.priority = self.plan.router.priority;
        live.effective_priority = self.router.effective_priority();
        live.effective_priority_reason =
            tracking::explain(self.plan.router.priority, &self.failing, now);
        let own = self.plan.router.advert_interval;
        live.advert_interval = match self.router.state() {
            State::Backup => self.router.learned_interval().unwrap_or(own),
            State::Init | State::Master | State::Fault => own,
        }
        .duration();
        live.master = master;
        live.master_is_self = self.router.state() == State::Master;
        let addresses = self.plan.addresses.iter();
        live.addresses = addresses
            .map(|(address, prefix_len)| format!("{address}/{prefix_len}"))
            .collect();
        live.warnings.clear();
        live.warnings
            .extend(self.warnings.iter().map(|(_, sentence)| sentence.clone()));
    }

    /// Remembers a sentence for the list of warnings, in place of an earlier one of its kind.
    pub(super) fn warn(&mut self, kind: &'static str, sentence: String) {
        match self.warnings.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, known)) => *known = sentence,
            None => self.warnings.push((kind, sentence)),
        }
    }
}

/// The state under its public name.
pub(super) const fn shown_state(state: State) -> InstanceState {
    match state {
        State::Init => InstanceState::Init,
        State::Backup => InstanceState::Backup,
        State::Master => InstanceState::Master,
        State::Fault => InstanceState::Fault,
    }
}
