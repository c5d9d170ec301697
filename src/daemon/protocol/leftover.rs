//! Addresses and macvlans of an earlier run: adopted where this host may hold them, removed
//! where not, and addresses that are not as they should be although nothing told of it.

use std::sync::atomic::Ordering;

use vrrp_core::Input;
use vrrp_net::netlink::{AddressInfo, LinkInfo};
use vrrp_net::vmac;

use super::Protocol;
use super::instance::Instance;
use crate::daemon::kernel::{Holding, InstanceId, Job};

/// What is swept belongs to no instance.
const NO_INSTANCE: InstanceId = InstanceId(u64::MAX);

/// Which addresses a sweep is after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sweep {
    /// All with our tag.
    All,
    /// Those of our own instances. Others are not touched while we run.
    Own,
}

impl Protocol {
    /// Removes what an earlier run left behind and no instance of this one will hold there.
    pub(super) fn sweep(&mut self) {
        let stale = self.network.links().filter(|link| {
            let wanted = |instance: &Instance| instance.vmac.name() == Some(&link.name);
            vmac::is_ours(link) && !self.instances.iter().any(wanted)
        });
        for link in stale {
            tracing::warn!(
                interface = link.name,
                "removing {}, left by an earlier run",
                link.name
            );
            self.kernel.ask(Job::RemoveVmac {
                name: link.name.clone(),
            });
        }
        self.sweep_addresses(Sweep::All);
    }

    fn sweep_addresses(&self, sweep: Sweep) {
        for info in self.network.tagged() {
            let Some(link) = self.network.by_index(info.ifindex) else {
                continue;
            };
            if !self.is_stale(info, link, sweep) {
                continue;
            }
            tracing::warn!(
                interface = link.name,
                "removing {}/{} from {}: vrrpd added it, and does not hold it now",
                info.address,
                info.prefix_len,
                link.name
            );
            self.kernel.ask(Job::Release(Holding {
                id: NO_INSTANCE,
                interface: link.interface(),
                addresses: vec![(info.address, info.prefix_len)],
            }));
        }
    }

    fn is_stale(&self, info: &AddressInfo, link: &LinkInfo, sweep: Sweep) -> bool {
        let has = |instance: &Instance| {
            let address = (info.address, info.prefix_len);
            instance.plan.addresses.contains(&address)
        };
        let holds = |instance: &Instance| {
            let mut on = instance.held_on.iter();
            has(instance) && on.any(|on| on.index == info.ifindex)
        };
        if self.instances.iter().any(holds) {
            return false;
        }
        if sweep == Sweep::Own && !self.instances.iter().any(has) {
            return false;
        }
        if !vmac::is_ours(link) {
            return true;
        }
        let mut instances = self.instances.iter();
        match instances.find(|instance| instance.vmac.name() == Some(&link.name)) {
            // At the start its macvlan is about to be taken over, addresses and all.
            Some(instance) if has(instance) => sweep == Sweep::Own,
            Some(instance) => !vmac::is_auxiliary(info.address, instance.view.vrid),
            // It goes with the macvlan.
            None => false,
        }
    }

    /// Removes addresses of an earlier run that an instance may not hold after all: somebody
    /// else is master, or it cannot run or is leaving without having been master.
    pub(super) fn give_up_left_over(&mut self, index: usize) {
        let instance = &mut self.instances[index];
        if !std::mem::take(&mut instance.left_over) {
            return;
        }
        if let Some(interface) = instance.held_on.take() {
            self.kernel.ask(Job::Release(instance.holding(interface)));
        }
    }

    /// After everything was listed: the last resort for what no event told of. Addresses that
    /// are missing twice in a row are added again; the first time they may be on their way.
    pub(super) fn reconcile(&mut self) {
        for index in 0..self.instances.len() {
            let instance = &mut self.instances[index];
            let present = instance.view.addresses_present.load(Ordering::Relaxed);
            let short = instance.held_on.is_some()
                && !instance.left_over
                && present < instance.plan.addresses.len();
            let was_short = std::mem::replace(&mut instance.short, short);
            if short && was_short {
                self.give(index, Input::AddressesLost);
            }
        }
        self.sweep_addresses(Sweep::Own);
    }
}
