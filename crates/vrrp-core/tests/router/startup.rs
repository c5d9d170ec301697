//! Startup, fault, recovery and Shutdown (RFC 9568 §6.4.1).

use vrrp_core::{Cause, FaultReason, Input, Output, State, Verdict};
use vrrp_wire::DropReason;

use crate::common::{Bench, GREATER, Heard, LOWER, MASTER_DOWN, OWN, SECOND, config, ip, ms, with};

#[test]
fn a_new_router_waits_in_init_and_drops_adverts() {
    let mut bench = Bench::new(config());
    assert_eq!(bench.state(), State::Init);
    assert_eq!(bench.router.deadline(), None);
    bench.assert_dropped(LOWER, &Heard::priority(200), DropReason::Inactive);
    bench.wait(SECOND * 60);
    assert_eq!(bench.take(), []);
}

/// RFC 9568 §6.4.1: not the owner: Master_Down_Timer, Backup.
#[test]
fn startup_below_255_listens_for_master_down_interval() {
    let mut bench = Bench::new(config());
    bench.up();
    assert_eq!(
        bench.take(),
        [Output::Transition {
            from: State::Init,
            to: State::Backup,
            cause: Cause::Listening { wait: MASTER_DOWN },
        }]
    );
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN));
}

/// RFC 9568 §6.4.1: the owner advertises, announces and is master at once.
#[test]
fn startup_of_the_owner_makes_it_master_at_once() {
    let mut bench = Bench::new(with(|config| config.priority = 255));
    bench.up();
    let outputs = bench.take();
    assert!(matches!(&outputs[0], Output::SendAdvert(advert) if advert.priority == 255));
    assert!(matches!(outputs[1], Output::AcquireAddresses { .. }));
    assert_eq!(outputs[2], Output::Announce { count: 5 });
    assert_eq!(
        outputs[3],
        Output::Transition {
            from: State::Init,
            to: State::Master,
            cause: Cause::Owner
        }
    );
    assert_eq!(outputs.len(), 4);
}

/// RFC 9568 §6.4.1: Shutdown in Backup: timer cancelled, Initialize.
#[test]
fn shutdown_of_a_backup_ends_at_once_in_init_without_an_advert() {
    let mut bench = Bench::backup(config());
    bench.input(Input::Shutdown);
    let outputs = bench.take();
    assert!(matches!(
        outputs[0],
        Output::Transition {
            from: State::Backup,
            to: State::Init,
            cause: Cause::Shutdown { to: None }
        }
    ));
    assert_eq!(outputs[1..], [Output::Left]);
    assert_eq!(bench.router.deadline(), None);
}

#[test]
fn after_shutdown_nothing_has_any_effect() {
    let mut bench = Bench::backup(config());
    bench.input(Input::Shutdown);
    bench.take();
    bench.up();
    bench.input(Input::Shutdown);
    assert_eq!(
        bench.hear_advert(LOWER, &Heard::priority(1)),
        Verdict::Accepted
    );
    bench.wait(SECOND * 60);
    assert_eq!(bench.state(), State::Init);
    assert_eq!(bench.take(), []);
}

#[test]
fn shutdown_before_startup_and_in_fault_ends_at_once() {
    let mut bench = Bench::new(config());
    bench.input(Input::Shutdown);
    assert_eq!(bench.take().last(), Some(&Output::Left));

    let mut bench = Bench::backup(config());
    bench.input(Input::Down {
        reason: FaultReason::NoCarrier,
    });
    bench.take();
    bench.input(Input::Shutdown);
    assert_eq!(bench.take().last(), Some(&Output::Left));
    assert_eq!(bench.state(), State::Init);
}

#[test]
fn an_interface_that_fails_takes_a_backup_to_fault_and_stops_its_timer() {
    let mut bench = Bench::backup(config());
    bench.input(Input::Down {
        reason: FaultReason::NoCarrier,
    });
    assert_eq!(
        bench.take(),
        [Output::Transition {
            from: State::Backup,
            to: State::Fault,
            cause: Cause::Fault(FaultReason::NoCarrier),
        }]
    );
    assert_eq!(bench.router.deadline(), None);
    assert_eq!(bench.router.reason(), "the interface has no carrier");
    bench.assert_dropped(LOWER, &Heard::priority(200), DropReason::Inactive);
}

#[test]
fn an_interface_that_fails_takes_the_addresses_of_a_master_away() {
    let mut bench = Bench::master(config());
    bench.input(Input::Down {
        reason: FaultReason::InterfaceMissing,
    });
    let outputs = bench.take();
    assert_eq!(outputs[0], Output::ReleaseAddresses);
    assert!(matches!(
        outputs[1],
        Output::Transition {
            to: State::Fault,
            ..
        }
    ));
    assert_eq!(
        outputs.len(),
        2,
        "nothing can be sent on an interface that is gone"
    );
    assert!(!bench.router.holds_addresses());
    assert_eq!(bench.router.deadline(), None);
}

#[test]
fn a_master_that_cannot_add_its_address_tells_its_peers_before_fault() {
    let mut bench = Bench::master(config());
    let reason = FaultReason::AddressFailed("No buffer space available".into());
    bench.input(Input::Down { reason });
    let outputs = bench.take();
    assert!(matches!(&outputs[0], Output::SendAdvert(advert) if advert.priority == 0));
    assert_eq!(outputs[1], Output::ReleaseAddresses);
    assert_eq!(bench.state(), State::Fault);
}

#[test]
fn a_second_reason_for_fault_replaces_the_first_without_a_transition() {
    let mut bench = Bench::backup(config());
    bench.input(Input::Down {
        reason: FaultReason::NoCarrier,
    });
    bench.take();
    bench.input(Input::Down {
        reason: FaultReason::InterfaceMissing,
    });
    assert_eq!(bench.take(), []);
    assert_eq!(bench.router.reason(), "the interface does not exist");
}

#[test]
fn recovery_from_fault_is_a_startup() {
    let mut bench = Bench::master(config());
    bench.input(Input::Down {
        reason: FaultReason::NoCarrier,
    });
    bench.wait(SECOND * 20);
    bench.up();
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN));
    bench.wait(MASTER_DOWN);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn recovery_of_the_owner_makes_it_master_at_once() {
    let mut bench = Bench::master(with(|config| config.priority = 255));
    bench.input(Input::Down {
        reason: FaultReason::NoCarrier,
    });
    bench.up();
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn a_new_source_address_leaves_the_state_alone_and_counts_in_elections() {
    let mut bench = Bench::master(config());
    let deadline = bench.router.deadline();
    bench.input(Input::Up {
        source: ip([10, 0, 50, 250]),
    });
    assert_eq!(bench.take(), []);
    assert_eq!(bench.router.deadline(), deadline);
    assert_eq!(bench.router.source(), Some(ip([10, 0, 50, 250])));
    // Equal priority: GREATER is no longer greater than ours.
    bench.hear(GREATER, 100);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn a_source_of_the_wrong_family_is_no_source() {
    let mut bench = Bench::new(config());
    bench.input(Input::Up {
        source: "fe80::1".parse().expect("an address"),
    });
    assert_eq!(bench.state(), State::Fault);
    assert_eq!(
        bench.router.cause(),
        &Cause::Fault(FaultReason::NoSourceAddress)
    );
    bench.input(Input::Up { source: OWN });
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn time_that_runs_backwards_stands_still() {
    let mut bench = Bench::backup(config());
    let deadline = bench.router.deadline();
    let earlier = bench.now() - ms(500);
    bench.router.handle(earlier, Input::Timer);
    assert_eq!(bench.router.deadline(), deadline);
    assert_eq!(bench.router.poll_output(), None);
}
