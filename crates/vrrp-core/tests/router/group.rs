//! Sync groups: the orders a router obeys, and who gets which order.

use vrrp_core::{Cause, GroupOrder, Input, State, SyncGroup};

use crate::common::{Bench, LOWER, MASTER_DOWN, SECOND, config, ms};

fn order(bench: &mut Bench, order: GroupOrder) {
    bench.input(Input::Group(order));
}

#[test]
fn a_backup_ordered_to_be_master_is_one_at_once() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 200);
    order(&mut bench, GroupOrder::Master);
    assert_eq!(bench.state(), State::Master);
    assert_eq!(bench.router.cause(), &Cause::GroupMaster);
}

#[test]
fn a_drained_backup_does_not_obey() {
    let mut bench = Bench::backup(config());
    bench.input(Input::Drain);
    order(&mut bench, GroupOrder::Master);
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn a_master_ordered_to_be_backup_hands_over() {
    let mut bench = Bench::master(config());
    order(&mut bench, GroupOrder::Backup);
    assert!(bench.router.leaving());
    bench.hear(LOWER, 50);
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(
        bench.router.cause(),
        &Cause::GroupBackup { to: Some(LOWER) }
    );
    bench.wait_hearing(LOWER, 50, 30);
    assert_eq!(bench.state(), State::Backup, "it does not come back alone");
}

#[test]
fn a_held_router_waits_until_it_is_free() {
    let mut bench = Bench::backup(config());
    order(&mut bench, GroupOrder::Hold);
    bench.wait(SECOND * 600);
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(bench.router.cause(), &Cause::GroupHeld);
    order(&mut bench, GroupOrder::Free);
    assert_eq!(
        bench.router.cause(),
        &Cause::GroupFree { wait: MASTER_DOWN }
    );
    bench.wait(MASTER_DOWN);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn held_and_drained_are_two_things() {
    let mut bench = Bench::backup(config());
    order(&mut bench, GroupOrder::Hold);
    bench.input(Input::Drain);
    order(&mut bench, GroupOrder::Free);
    bench.wait(SECOND * 60);
    assert_eq!(bench.state(), State::Backup);
    bench.input(Input::Undrain);
    bench.wait(MASTER_DOWN);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn orders_to_be_what_it_is_change_nothing() {
    let mut bench = Bench::master(config());
    order(&mut bench, GroupOrder::Master);
    order(&mut bench, GroupOrder::Free);
    assert_eq!(bench.take(), []);
    let mut bench = Bench::backup(config());
    order(&mut bench, GroupOrder::Backup);
    assert_eq!(bench.take(), []);
}

fn on_state(group: &mut SyncGroup, member: usize, state: State) -> Vec<(usize, GroupOrder)> {
    let mut orders = Vec::new();
    group.on_state(member, state, |to, order| orders.push((to, order)));
    orders
}

#[test]
fn nobody_stands_for_election_before_every_member_can_serve() {
    let mut group = SyncGroup::new(2);
    assert_eq!(
        on_state(&mut group, 0, State::Backup),
        [(0, GroupOrder::Hold), (1, GroupOrder::Hold)]
    );
    assert_eq!(
        on_state(&mut group, 1, State::Backup),
        [(0, GroupOrder::Free), (1, GroupOrder::Free)]
    );
}

fn pair() -> SyncGroup {
    let mut group = SyncGroup::new(2);
    for member in 0..2 {
        let _ = on_state(&mut group, member, State::Backup);
    }
    group
}

#[test]
fn one_master_makes_the_others_masters_and_their_news_make_no_more_orders() {
    let mut group = pair();
    assert_eq!(
        on_state(&mut group, 0, State::Master),
        [(1, GroupOrder::Master)]
    );
    assert_eq!(on_state(&mut group, 1, State::Master), []);
    assert_eq!(
        on_state(&mut group, 1, State::Backup),
        [(0, GroupOrder::Backup)]
    );
    assert_eq!(on_state(&mut group, 0, State::Backup), []);
}

#[test]
fn a_member_that_begins_to_leave_takes_the_others_along() {
    let mut group = pair();
    let _ = on_state(&mut group, 0, State::Master);
    let _ = on_state(&mut group, 1, State::Master);
    let mut orders = Vec::new();
    group.on_leaving(1, |to, order| orders.push((to, order)));
    assert_eq!(orders, [(0, GroupOrder::Backup)]);
}

#[test]
fn a_fault_holds_every_member_until_the_last_fault_is_over() {
    let mut group = trio();
    let hold: Vec<_> = (0..3).map(|member| (member, GroupOrder::Hold)).collect();
    let free: Vec<_> = (0..3).map(|member| (member, GroupOrder::Free)).collect();
    assert_eq!(on_state(&mut group, 0, State::Fault), hold);
    assert_eq!(on_state(&mut group, 1, State::Fault), []);
    assert_eq!(
        on_state(&mut group, 1, State::Backup),
        hold,
        "the returned one is held too"
    );
    assert_eq!(on_state(&mut group, 0, State::Backup), free);
}

fn trio() -> SyncGroup {
    let mut group = SyncGroup::new(3);
    for member in 0..3 {
        let _ = on_state(&mut group, member, State::Backup);
    }
    group
}

#[test]
fn a_member_that_still_cannot_serve_makes_no_further_orders() {
    let mut group = trio();
    let _ = on_state(&mut group, 0, State::Fault);
    assert_eq!(on_state(&mut group, 0, State::Fault), []);
    assert_eq!(on_state(&mut group, 0, State::Init), []);
}

#[test]
fn a_takeover_that_crosses_a_fault_makes_nobody_else_master() {
    let mut group = trio();
    let _ = on_state(&mut group, 0, State::Fault);
    assert_eq!(on_state(&mut group, 1, State::Master), []);
    assert_eq!(on_state(&mut group, 1, State::Backup), []);
}

#[test]
fn a_backup_that_stays_one_unseats_nobody() {
    let mut group = pair();
    let _ = on_state(&mut group, 0, State::Master);
    assert_eq!(on_state(&mut group, 1, State::Backup), []);
}

#[test]
fn a_member_number_that_does_not_exist_is_ignored() {
    let mut group = pair();
    assert_eq!(on_state(&mut group, 7, State::Master), []);
}

#[test]
fn two_routers_in_a_group_leave_together_when_one_faults() {
    let mut group = SyncGroup::new(2);
    let mut routers = [Bench::backup(config()), Bench::backup(config())];
    let share = |group: &mut SyncGroup, routers: &mut [Bench; 2]| {
        for _ in 0..4 {
            for member in 0..2 {
                for (to, wanted) in on_state(group, member, routers[member].state()) {
                    order(&mut routers[to], wanted);
                }
            }
        }
    };
    share(&mut group, &mut routers);
    routers[0].wait(MASTER_DOWN);
    routers[1].wait(MASTER_DOWN - ms(5));
    share(&mut group, &mut routers);
    assert_eq!(routers.each_ref().map(Bench::state), [State::Master; 2]);

    routers[0].input(Input::Down {
        reason: vrrp_core::FaultReason::NoCarrier,
    });
    share(&mut group, &mut routers);
    assert!(routers[1].router.leaving());
    for router in &mut routers {
        router.wait(SECOND * 10);
    }
    share(&mut group, &mut routers);
    assert_eq!(
        routers.each_ref().map(Bench::state),
        [State::Fault, State::Backup]
    );

    routers[0].up();
    share(&mut group, &mut routers);
    for router in &mut routers {
        router.wait(MASTER_DOWN);
    }
    assert_eq!(routers.each_ref().map(Bench::state), [State::Master; 2]);
}

#[test]
fn a_group_of_running_members_holds_them_back_only_for_one_in_fault() {
    let orders = |states: &[State]| {
        let mut orders = Vec::new();
        let _ = SyncGroup::running(states.to_vec(), |_, order| orders.push(order));
        orders
    };
    let (fault, init) = (State::Fault, State::Init);
    assert_eq!(orders(&[State::Master, init]), [GroupOrder::Free; 2]);
    assert_eq!(orders(&[State::Master, fault]), [GroupOrder::Hold; 2]);
    assert_eq!(orders(&[]), []);
}

#[test]
fn a_group_that_was_made_of_a_fault_frees_its_members_when_that_is_over() {
    let mut group = SyncGroup::running(vec![State::Backup, State::Fault], |_, _| {});
    let mut orders = Vec::new();
    group.on_state(1, State::Backup, |member, order| {
        orders.push((member, order));
    });
    assert_eq!(orders, [(0, GroupOrder::Free), (1, GroupOrder::Free)]);
    orders.clear();
    group.on_state(0, State::Fault, |member, order| {
        orders.push((member, order));
    });
    assert_eq!(orders, [(0, GroupOrder::Hold), (1, GroupOrder::Hold)]);
}
