//! Sync groups: members that are master together or not at all.

use crate::State;

/// What a sync group asks of one of its members, by [`crate::Input::Group`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupOrder {
    /// Become master now, as if the Master_Down_Timer had fired.
    Master,
    /// Hand over, as by [`crate::Input::Resign`].
    Backup,
    /// Hand over, and stay backup: another member cannot serve.
    Hold,
    /// Every member can serve: listen, and stand for election again.
    Free,
}

/// Decides, from what the members do, what the others have to do. Pure: the caller gives each
/// member's news to [`SyncGroup::on_state`] or [`SyncGroup::on_leaving`] and passes the orders on.
#[derive(Clone, Debug)]
pub struct SyncGroup {
    members: Vec<State>,
    held: bool,
}

impl SyncGroup {
    /// A group of `members` routers that are all in [`State::Init`].
    #[must_use]
    pub fn new(members: usize) -> Self {
        Self {
            members: vec![State::Init; members],
            held: false,
        }
    }

    /// A group of routers that run already, as after a change of the configuration. Only one in
    /// fault holds the others back: one that has not started yet is not waited for. Calls
    /// `order` as [`on_state`](Self::on_state) does.
    #[must_use]
    pub fn running(members: Vec<State>, mut order: impl FnMut(usize, GroupOrder)) -> Self {
        let held = members.contains(&State::Fault);
        let wanted = if held {
            GroupOrder::Hold
        } else {
            GroupOrder::Free
        };
        for index in 0..members.len() {
            order(index, wanted);
        }
        Self { members, held }
    }

    /// Member number `member` is now in `state`. Calls `order` with the number of each other
    /// member and what it has to do.
    pub fn on_state(
        &mut self,
        member: usize,
        state: State,
        mut order: impl FnMut(usize, GroupOrder),
    ) {
        let Some(known) = self.members.get_mut(member) else {
            return;
        };
        let before = core::mem::replace(known, state);
        let hold = self.members.iter().any(|state| !can_serve(*state));
        if hold != self.held || (hold && can_serve(state) && !can_serve(before)) {
            self.held = hold;
            let wanted = if hold {
                GroupOrder::Hold
            } else {
                GroupOrder::Free
            };
            for index in 0..self.members.len() {
                order(index, wanted);
            }
            return;
        }
        match state {
            State::Master if !hold => self.others(member, State::Backup, GroupOrder::Master, order),
            State::Backup if before == State::Master => {
                self.others(member, State::Master, GroupOrder::Backup, order);
            }
            _ => {}
        }
    }

    /// Member number `member` began to hand over ([`crate::Event::Leaving`]): the others do so
    /// at the same time, not only when it is done.
    pub fn on_leaving(&self, member: usize, order: impl FnMut(usize, GroupOrder)) {
        self.others(member, State::Master, GroupOrder::Backup, order);
    }

    fn others(
        &self,
        member: usize,
        state: State,
        wanted: GroupOrder,
        mut order: impl FnMut(usize, GroupOrder),
    ) {
        for (index, other) in self.members.iter().enumerate() {
            if index != member && *other == state {
                order(index, wanted);
            }
        }
    }
}

const fn can_serve(state: State) -> bool {
    matches!(state, State::Backup | State::Master)
}
