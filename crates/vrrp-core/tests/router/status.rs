//! What a router says of itself.

use vrrp_core::{Cause, Event, FaultReason, Input, MasterInfo, PeerInfo, State};
use vrrp_wire::Centiseconds;

use crate::common::{Bench, Heard, LOWER, MASTER_DOWN, OWN, SECOND, config};

#[test]
fn a_master_names_itself_and_a_backup_its_master() {
    let mut bench = Bench::master(config());
    let itself = bench.router.master().expect("a master knows itself");
    assert_eq!((itself.address, itself.priority), (OWN, 100));
    bench.hear(LOWER, 200);
    assert_eq!(
        bench.router.master(),
        Some(MasterInfo {
            address: LOWER,
            priority: 200,
            last_heard: bench.now()
        })
    );
}

#[test]
fn no_master_is_named_before_one_is_heard_or_in_fault() {
    let mut bench = Bench::backup(config());
    assert_eq!(bench.router.master(), None);
    bench.hear(LOWER, 200);
    bench.input(Input::Down {
        reason: FaultReason::NoCarrier,
    });
    assert_eq!(bench.router.master(), None);
}

#[test]
fn a_lower_master_about_to_be_preempted_is_named_too() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 50);
    assert_eq!(
        bench.router.master().map(|master| master.priority),
        Some(50)
    );
}

#[test]
fn peers_are_listed_with_what_they_last_said() {
    let mut bench = Bench::backup(config());
    bench.hear_advert(
        LOWER,
        &Heard {
            interval: 50,
            ..Heard::priority(200)
        },
    );
    bench.wait(SECOND);
    bench.hear(LOWER, 150);
    let peers: Vec<PeerInfo> = bench.router.peers().collect();
    assert_eq!(
        peers,
        [PeerInfo {
            address: LOWER,
            priority: 150,
            interval: Centiseconds(100),
            last_heard: bench.now(),
        }]
    );
}

#[test]
fn a_backup_says_whom_it_follows() {
    let mut bench = Bench::backup(config());
    assert_eq!(
        bench.router.reason(),
        "the interface is usable; listening for a master for 3.609s"
    );
    bench.hear(LOWER, 200);
    assert_eq!(
        bench.router.reason(),
        "master 10.0.50.11 advertises with priority 200"
    );
}

#[test]
fn counters_count() {
    let mut bench = Bench::new(config());
    bench.up();
    bench.wait(MASTER_DOWN + SECOND * 2);
    bench.hear(LOWER, 200);
    bench.hear(LOWER, 200);
    bench.hear(LOWER, 0);
    bench.wait(SECOND);
    bench.input(Input::Shutdown);
    let counters = *bench.router.counters();
    assert_eq!(counters.transitions_to(State::Backup), 2);
    assert_eq!(counters.transitions_to(State::Master), 2);
    assert_eq!(
        counters.transitions_to(State::Init),
        0,
        "it is still leaving"
    );
    assert_eq!(counters.adverts_received, 3);
    assert_eq!(counters.leaves_received, 1);
    assert_eq!(counters.leaves_sent, 1);
    // At once, two by the timer, the goodbye, at once again, priority 0.
    assert_eq!(counters.adverts_sent, 6);
    assert_eq!(counters.master_conflicts, 0);
}

#[test]
fn every_cause_is_a_sentence() {
    let to = Some(LOWER);
    let why = || "check apiserver fails".to_owned();
    let wait = SECOND * 3;
    let causes = [
        Cause::NotStarted,
        Cause::Listening { wait },
        Cause::Owner,
        Cause::MasterDown {
            master: to,
            silence: wait,
        },
        Cause::MasterDown {
            master: None,
            silence: wait,
        },
        Cause::MasterLeft { master: LOWER },
        Cause::Preempted {
            master: LOWER,
            priority: 1,
            own: 2,
        },
        Cause::HigherPriority {
            master: LOWER,
            priority: 2,
            own: 1,
        },
        Cause::GreaterAddress {
            master: LOWER,
            priority: 2,
        },
        Cause::Following {
            master: LOWER,
            priority: 2,
        },
        Cause::Resigned { to },
        Cause::Resigned { to: None },
        Cause::Drained { to },
        Cause::Drained { to: None },
        Cause::Degraded {
            to: LOWER,
            why: why(),
        },
        Cause::NobodyBetter { why: why() },
        Cause::Recovered,
        Cause::Undrained { wait },
        Cause::GroupMaster,
        Cause::GroupBackup { to },
        Cause::GroupHeld,
        Cause::GroupFree { wait },
        Cause::Stalled { silence: wait },
        Cause::Fault(FaultReason::InterfaceMissing),
        Cause::Fault(FaultReason::InterfaceDown),
        Cause::Fault(FaultReason::NoCarrier),
        Cause::Fault(FaultReason::NoSourceAddress),
        Cause::Fault(FaultReason::AddressFailed("File exists".into())),
        Cause::Fault(FaultReason::Other("its socket is closed".into())),
        Cause::Shutdown { to },
        Cause::Shutdown { to: None },
    ];
    let mut sentences: Vec<String> = causes.iter().map(Cause::to_string).collect();
    for (sentence, cause) in sentences.iter().zip(&causes) {
        assert!(sentence.len() > 8 && !sentence.ends_with('.'), "{sentence}");
        let names_it = sentence.contains(&LOWER.to_string());
        assert_eq!(cause.master(), names_it.then_some(LOWER), "{sentence}");
    }
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), causes.len(), "no two read the same");
}

#[test]
fn every_event_is_a_sentence() {
    let (source, priority, own) = (LOWER, 100, 90);
    let wait = SECOND * 3;
    let events = [
        Event::MasterHeard {
            master: LOWER,
            priority,
        },
        Event::Conflict {
            source,
            priority,
            own,
        },
        Event::DuplicateOwner { source },
        Event::EqualPriority { source, priority },
        Event::AddressListDiffers {
            source,
            foreign: false,
        },
        Event::AddressListDiffers {
            source,
            foreign: true,
        },
        Event::IntervalDiffers {
            source,
            heard: Centiseconds(10),
            own: Centiseconds(100),
        },
        Event::Leaving { wait },
        Event::Offered { priority, wait },
        Event::OfferDeclined { priority },
        Event::AddressesRestored,
        Event::Late {
            lateness: wait,
            interval: SECOND,
        },
        Event::Stalled { silence: wait },
        Event::LateTakeover {
            lateness: wait,
            wait,
        },
    ];
    let mut sentences: Vec<String> = events.iter().map(Event::to_string).collect();
    for sentence in &sentences {
        assert!(
            sentence.len() > 20 && !sentence.ends_with('.'),
            "{sentence}"
        );
    }
    assert_eq!(
        sentences[6],
        "10.0.50.11 advertises every 100ms, we every 1s"
    );
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), events.len(), "no two read the same");
}

/// Dashboards and alerts depend on both.
#[test]
fn names_and_numbers_of_states_never_change() {
    let told = State::ALL.map(|state| (state.number(), state.as_str()));
    assert_eq!(
        told,
        [(0, "init"), (1, "backup"), (2, "master"), (3, "fault")]
    );
    assert_eq!(State::Master.to_string(), "master");
}
