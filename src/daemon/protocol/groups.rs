//! Sync groups: which instances move together.

use vrrp_core::{GroupOrder, State, SyncGroup};

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

    /// Makes the groups of a plan anew; members keep their states.
    pub(super) fn regroup(&mut self, groups: &[Vec<String>]) {
        self.groups = groups
            .iter()
            .map(|names| {
                let members: Vec<&super::Instance> = names
                    .iter()
                    .filter_map(|name| {
                        self.instances.iter().find(|instance| {
                            instance.plan.name == *name && instance.leaving.is_none()
                        })
                    })
                    .collect();
                let mut sync = SyncGroup::new(members.len());
                for (member, instance) in members.iter().enumerate() {
                    let state = instance.router.state();
                    if state != State::Init {
                        sync.on_state(member, state, |_, _| {});
                    }
                }
                Group {
                    members: members.iter().map(|instance| instance.id).collect(),
                    sync,
                }
            })
            .collect();
    }
}
