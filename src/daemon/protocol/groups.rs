//! Sync groups: which instances move together.

use vrrp_core::{GroupOrder, SyncGroup};

use super::Protocol;
use crate::daemon::kernel::InstanceId;

/// One sync group.
pub(super) struct Group {
    pub(super) members: Vec<InstanceId>,
    pub(super) sync: SyncGroup,
}

impl Protocol {
    /// The state of an instance changed: the other members of its group may have to follow.
    pub(super) fn group_moved(&mut self, index: usize) {
        let state = self.instances[index].router.state();
        self.with_group(index, |sync, member, orders| {
            sync.on_state(member, state, |other, order| orders.push((other, order)));
        });
    }

    /// An instance began to hand over: the other members do so at the same time.
    pub(super) fn group_leaving(&mut self, index: usize) {
        self.with_group(index, |sync, member, orders| {
            sync.on_leaving(member, |other, order| orders.push((other, order)));
        });
    }

    fn with_group(
        &mut self,
        index: usize,
        tell: impl FnOnce(&mut SyncGroup, usize, &mut Vec<(usize, GroupOrder)>),
    ) {
        let id = self.instances[index].id;
        let Some(group) = self
            .groups
            .iter_mut()
            .find(|group| group.members.contains(&id))
        else {
            return;
        };
        let Some(member) = group.members.iter().position(|known| *known == id) else {
            return;
        };
        let mut orders = Vec::new();
        tell(&mut group.sync, member, &mut orders);
        for (other, order) in orders {
            let position = group.members.get(other).and_then(|id| {
                self.instances
                    .iter()
                    .position(|instance| instance.id == *id)
            });
            if let Some(position) = position {
                self.orders.push_back((position, order));
            }
        }
    }

    /// Makes the groups anew of the instances that run now; members keep their states. Who is in
    /// no group any more is held back by none.
    pub(super) fn regroup(&mut self) {
        let position = |name: &String| {
            let mut running = self.instances.iter();
            running.position(|known| known.leaving.is_none() && known.plan.name == *name)
        };
        let mut free: Vec<usize> = (0..self.instances.len()).collect();
        let mut groups = Vec::new();
        for names in &self.grouping {
            let members: Vec<usize> = names.iter().filter_map(position).collect();
            free.retain(|index| !members.contains(index));
            let instances = || members.iter().map(|index| &self.instances[*index]);
            let states = instances()
                .map(|instance| instance.router.state())
                .collect();
            let sync = SyncGroup::running(states, |member, order| {
                self.orders.push_back((members[member], order));
            });
            let members = instances().map(|instance| instance.id).collect();
            groups.push(Group { members, sync });
        }
        self.groups = groups;
        let free = free.into_iter().map(|index| (index, GroupOrder::Free));
        self.orders.extend(free);
    }
}
