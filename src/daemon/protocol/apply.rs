//! Goes over from one plan to another: what is equal in both is left alone.

use std::net::IpAddr;
use std::sync::Arc;

use vrrp_core::{ConfigError, Input};

use super::Protocol;
use super::instance::Instance;
use super::succession::{self, Running};
use crate::daemon::command::Answer;
use crate::daemon::kernel::{InstanceId, Job};
use crate::daemon::plan::{InstancePlan, Plan};
use crate::events::What;

impl Protocol {
    /// Runs `plan` from now on. Nothing is changed if it cannot be run.
    pub(super) fn apply(&mut self, plan: &Plan) -> Answer {
        if self.ending {
            return Err("the daemon is shutting down".into());
        }
        // Everything that can fail is tried before anything is touched.
        let heirs = self.heirs(&plan.instances);
        let mut fresh = Vec::new();
        for (instance, continued) in plan.instances.iter().zip(&heirs) {
            if continued.is_none() {
                let made = self.make(instance.clone());
                fresh.push(made.map_err(|error| format!("instance {}: {error}", instance.name))?);
            }
        }
        // Who leaves its group does not take the others along.
        self.groups.clear();
        self.order = plan
            .instances
            .iter()
            .map(|instance| instance.name.clone())
            .collect();
        self.down
            .retain(|name, _| plan.checks.iter().any(|check| check.name == *name));
        for index in 0..self.instances.len() {
            let heir = heirs.iter().position(|continued| *continued == Some(index));
            let planned = heir.map(|heir| &plan.instances[heir]);
            let instance = &mut self.instances[index];
            if let Some(successor) = &mut instance.leaving {
                *successor = planned.cloned().map(Box::new);
                continue;
            }
            match planned {
                Some(planned) if *planned == instance.plan => {}
                Some(planned) => self.change(index, planned.clone()),
                None => self.retire(index, None),
            }
        }
        self.instances.append(&mut fresh);
        self.show_instances();
        self.remove_gone();
        self.network_changed();
        // Those that begin have done so, and do not hold back those that run.
        self.grouping.clone_from(&plan.groups);
        self.regroup();
        for index in 0..self.instances.len() {
            let instance = &self.instances[index];
            if instance.leaving.is_none() && instance.router.leaving() {
                self.group_leaving(index);
            }
        }
        Ok(())
    }

    /// A new instance of `plan`, not started.
    pub(super) fn make(&mut self, plan: InstancePlan) -> Result<Instance, ConfigError> {
        self.next_id += 1;
        Instance::new(InstanceId(self.next_id), plan)
    }

    /// Which running instance each planned one continues.
    fn heirs(&self, planned: &[InstancePlan]) -> Vec<Option<usize>> {
        let running = self.instances.iter().map(|instance| Running {
            plan: match &instance.leaving {
                Some(Some(successor)) => successor,
                _ => &instance.plan,
            },
            on: instance
                .place
                .as_ref()
                .map(|place| place.parent.name.as_ref()),
            leaving: instance.leaving.is_some(),
        });
        succession::heirs(&running.collect::<Vec<_>>(), planned)
    }

    fn running(&self, name: &str) -> Option<&Instance> {
        let mut running = self.instances.iter();
        running.find(|instance| instance.leaving.is_none() && instance.plan.name == name)
    }

    /// Changes an instance in place, or lets it leave and another take its stead where it
    /// becomes another virtual router.
    fn change(&mut self, index: usize, planned: InstancePlan) {
        let instance = &self.instances[index];
        let same_router = instance.router.config().can_become(&planned.router).is_ok();
        let parent = instance.place.as_ref().map(|place| &*place.parent.name);
        if !same_router
            || !succession::stays(&instance.plan.interface, parent, &planned.interface)
            || instance.plan.vmac != planned.vmac
        {
            self.retire(index, Some(Box::new(planned)));
            return;
        }
        let old = std::mem::replace(&mut self.instances[index].plan, planned);
        self.tell_rename(index, &old.name);
        if self.instances[index].plan.interface != old.interface {
            self.ask_route(index);
        }
        self.change_prefixes(index, &old.addresses);
        let instance = &mut self.instances[index];
        let config = Arc::clone(&instance.plan.router);
        for peer in config.peers.iter().flatten() {
            instance.view.peers().entry(*peer).or_default();
        }
        instance
            .view
            .peers()
            .retain(|peer, _| config.peers.iter().flatten().any(|known| known == peer));
        if let Err(error) = instance.router.reconfigure(super::now(), config) {
            // `can_become` has just said that it works.
            tracing::error!(instance = instance.plan.name, %error, "reconfiguration refused");
        }
        // An address that goes is no longer in the plan that `settle` looks into.
        self.release_dropped(index, &old.addresses);
        self.settle(index);
        self.instances[index].failing.clear();
        self.retrack();
        self.tell_priority(index);
        self.instances[index].show();
    }

    fn tell_rename(&self, index: usize, old: &str) {
        let name = &self.instances[index].plan.name;
        if name == old {
            return;
        }
        tracing::info!(instance = name, "{name}: it was called {old} before");
        self.events.publish(What::Notice {
            instance: name.clone(),
            message: format!("it was called {old} before"),
        });
    }

    /// An address that stays with another prefix length is another address to the kernel.
    fn change_prefixes(&mut self, index: usize, old: &[(IpAddr, u8)]) {
        let instance = &self.instances[index];
        let Some(interface) = instance.held_on.clone() else {
            return;
        };
        let stays = |address: &IpAddr| {
            instance
                .plan
                .addresses
                .iter()
                .any(|(known, _)| known == address)
        };
        let stale: Vec<_> = old
            .iter()
            .filter(|pair| !instance.plan.addresses.contains(pair) && stays(&pair.0))
            .copied()
            .collect();
        if stale.is_empty() {
            return;
        }
        let mut holding = instance.holding(interface);
        holding.addresses = stale;
        self.kernel.ask(Job::Release(holding));
        self.give(index, Input::AddressesLost);
    }

    fn release_dropped(&self, index: usize, old: &[(IpAddr, u8)]) {
        let instance = &self.instances[index];
        let Some(interface) = instance.held_on.clone() else {
            return;
        };
        let mut holding = instance.holding(interface);
        let new = std::mem::take(&mut holding.addresses);
        let dropped =
            |&&(address, _): &&(IpAddr, u8)| !new.iter().any(|(known, _)| *known == address);
        holding.addresses = old.iter().filter(dropped).copied().collect();
        if !holding.addresses.is_empty() {
            self.kernel.ask(Job::Release(holding));
        }
    }

    /// Lets an instance hand over and leave; `successor` is started when it is gone.
    fn retire(&mut self, index: usize, successor: Option<Box<InstancePlan>>) {
        self.instances[index].leaving = Some(successor);
        self.give(index, Input::Shutdown);
    }

    /// Removes the instances that have left and starts their successors.
    pub(super) fn remove_gone(&mut self) {
        if self.gone.is_empty() {
            return;
        }
        let gone = std::mem::take(&mut self.gone);
        for index in 0..self.instances.len() {
            if gone.contains(&self.instances[index].id) {
                self.give_up_left_over(index);
                self.drop_vmac(index);
            }
        }
        let mut successors = Vec::new();
        self.instances.retain_mut(|instance| {
            if !gone.contains(&instance.id) {
                return true;
            }
            successors.extend(instance.leaving.take().flatten());
            false
        });
        if self.ending {
            successors.clear();
        }
        let succeeded = !successors.is_empty();
        for plan in successors {
            match self.make(*plan) {
                Ok(instance) => self.instances.push(instance),
                Err(error) => tracing::error!(%error, "an instance cannot be started"),
            }
        }
        self.renumber();
        if self.ending {
            if self.instances.is_empty() {
                self.finished.send_replace(true);
            }
        } else {
            self.network_changed();
        }
        if succeeded {
            self.regroup();
        }
    }

    /// Positions changed: everything that goes by them is made anew.
    fn renumber(&mut self) {
        self.orders.clear();
        self.assign_ports();
        self.schedule.clear();
        for (index, instance) in self.instances.iter().enumerate() {
            self.schedule.at_latest(index, instance.router.deadline());
        }
        self.show_instances();
    }

    /// Shows the running instances in the order of the configuration.
    pub(super) fn show_instances(&self) {
        let mut views = Vec::with_capacity(self.order.len());
        for name in &self.order {
            views.extend(self.running(name).map(|instance| instance.view.clone()));
        }
        self.view.update(|running| running.instances = views);
    }
}
