//! Whatever comes in, in whatever order, and however time jumps.

use core::net::IpAddr;
use core::time::Duration;

use proptest::prelude::*;
use vrrp_core::{
    ChecksumPolicy, FaultReason, GroupOrder, Input, Instant, LeasePolicy, Output, RouterConfig,
    State, VirtualRouter,
};
use vrrp_wire::{AddressList, Advert, Auth, Centiseconds, ChecksumForm, Version};

use crate::common::{LINGER, OWN, VIP, ip};

/// More outputs than any single input has reason to make, one of all timers at once included.
const MOST_OUTPUTS: usize = 16;

#[derive(Clone, Debug)]
enum Step {
    Pass(Duration),
    PassToDeadline,
    Up(u8),
    Down(bool),
    Hear {
        from: u8,
        priority: u8,
        interval: u16,
        pseudo: bool,
    },
    Timer,
    Priority(u8, bool),
    Resign,
    Drain,
    Undrain,
    Shutdown,
    AddressesLost,
    LinkRefreshed,
    Group(GroupOrder),
    Reconfigure {
        priority: u8,
        interval: u16,
        preempt: bool,
        addresses: u8,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0_u64..6_000_000_000).prop_map(|nanos| Step::Pass(Duration::from_nanos(nanos))),
        20 => Just(Step::PassToDeadline),
        1 => Just(Step::Pass(Duration::from_secs(100_000))),
        3 => (0_u8..3).prop_map(Step::Up),
        1 => any::<bool>().prop_map(Step::Down),
        20 => (0_u8..4, any::<u8>(), 0_u16..200, any::<bool>()).prop_map(
            |(from, priority, interval, pseudo)| Step::Hear { from, priority, interval, pseudo }
        ),
        5 => Just(Step::Timer),
        4 => (any::<u8>(), any::<bool>()).prop_map(|(to, why)| Step::Priority(to, why)),
        2 => Just(Step::Resign),
        2 => Just(Step::Drain),
        2 => Just(Step::Undrain),
        1 => Just(Step::Shutdown),
        1 => Just(Step::AddressesLost),
        1 => Just(Step::LinkRefreshed),
        2 => prop_oneof![
            Just(GroupOrder::Master),
            Just(GroupOrder::Backup),
            Just(GroupOrder::Hold),
            Just(GroupOrder::Free),
        ]
        .prop_map(Step::Group),
        2 => (1_u8..=255, 1_u16..300, any::<bool>(), 1_u8..4).prop_map(
            |(priority, interval, preempt, addresses)| Step::Reconfigure {
                priority, interval, preempt, addresses
            }
        ),
    ]
}

fn config() -> impl Strategy<Value = RouterConfig> {
    let (preempt, in_step) = (any::<bool>(), any::<bool>());
    (1_u8..=255, 1_u16..300, preempt, 0_u64..5, 0_u32..5, in_step).prop_map(
        |(priority, interval, preempt, delay, lease, in_step)| {
            let mut config = RouterConfig::new(51, vec![VIP]);
            config.priority = priority;
            config.advert_interval = Centiseconds(interval);
            config.preempt = preempt;
            config.preempt_delay = Duration::from_secs(delay);
            config.lease = match lease {
                0 => LeasePolicy::Off,
                1 => LeasePolicy::Auto,
                seconds => LeasePolicy::Seconds(seconds),
            };
            config.checksum = ChecksumPolicy::Auto;
            config.in_step = in_step;
            config
        },
    )
}

fn peer(number: u8) -> IpAddr {
    match number {
        0 => OWN,
        number => ip([10, 0, 50, number.wrapping_mul(80)]),
    }
}

/// The router with the picture of the host that its outputs make.
struct Checked {
    router: VirtualRouter,
    now: Instant,
    held: Vec<IpAddr>,
    state: State,
    left: bool,
}

impl Checked {
    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Pass(span) => self.now += span,
            Step::PassToDeadline => {
                if let Some(deadline) = self.router.deadline() {
                    self.now = self.now.max(deadline);
                }
                self.timer();
            }
            Step::Timer => self.timer(),
            Step::Up(number) => self.give(Input::Up {
                source: ip([10, 0, 50, 50 + number]),
            }),
            Step::Down(failed) => self.give(Input::Down {
                reason: if failed {
                    FaultReason::AddressFailed("no".into())
                } else {
                    FaultReason::NoCarrier
                },
            }),
            Step::Hear {
                from,
                priority,
                interval,
                pseudo,
            } => {
                let form = if pseudo {
                    ChecksumForm::Rfc5798
                } else {
                    ChecksumForm::Rfc9568
                };
                let advert = Advert {
                    version: Version::V3,
                    vrid: 51,
                    priority,
                    interval: Centiseconds(interval),
                    auth: Auth::None,
                    addresses: AddressList::Slice(&[VIP]),
                };
                let source = peer(from);
                self.give(Input::Advert {
                    source,
                    advert: &advert,
                    form: Some(form),
                });
            }
            Step::Priority(effective, why) => {
                self.give(Input::Priority {
                    effective,
                    degraded: why.then_some("why"),
                });
            }
            Step::Resign => self.give(Input::Resign),
            Step::Drain => self.give(Input::Drain),
            Step::Undrain => self.give(Input::Undrain),
            Step::Shutdown => self.give(Input::Shutdown),
            Step::AddressesLost => self.give(Input::AddressesLost),
            Step::LinkRefreshed => self.give(Input::LinkRefreshed),
            Step::Group(order) => self.give(Input::Group(order)),
            Step::Reconfigure {
                priority,
                interval,
                preempt,
                addresses,
            } => {
                let mut config = self.router.config().clone();
                config.priority = priority;
                config.advert_interval = Centiseconds(interval);
                config.preempt = preempt;
                config.addresses = (0..addresses).map(|n| ip([10, 0, 50, 20 + n])).collect();
                self.router
                    .reconfigure(self.now, config)
                    .expect("it can become that");
                self.check();
            }
        }
    }

    fn timer(&mut self) {
        self.give(Input::Timer);
        if let Some(deadline) = self.router.deadline() {
            assert!(
                deadline > self.now,
                "{deadline:?} is not after {:?}",
                self.now
            );
        }
    }

    fn give(&mut self, input: Input<'_>) {
        self.router.handle(self.now, input);
        self.check();
    }

    fn check(&mut self) {
        let mut count = 0;
        while let Some(output) = self.router.poll_output() {
            count += 1;
            assert!(count <= MOST_OUTPUTS, "outputs without end");
            assert!(!self.left, "{output:?} after it left");
            self.carry_out(&output);
        }
        assert_eq!(
            self.router.state(),
            self.state,
            "a state without a transition"
        );
        let holds = self.router.holds_addresses();
        assert_eq!(!self.held.is_empty(), holds);
        assert!(holds || self.state != State::Master);
        if holds {
            assert_eq!(self.held, self.router.config().addresses);
        }
        let lingers = holds && self.state != State::Master;
        if lingers {
            let end = self.router.since() + LINGER;
            assert!(
                self.router.deadline().is_some_and(|at| at <= end),
                "addresses held as {}",
                self.state
            );
        }
        if self.state != State::Backup && self.state != State::Master && !lingers {
            assert_eq!(self.router.deadline(), None, "a timer in {}", self.state);
        }
    }

    fn carry_out(&mut self, output: &Output) {
        match *output {
            Output::AcquireAddresses { .. } => {
                self.held.clone_from(&self.router.config().addresses);
            }
            Output::ReleaseAddresses => self.held.clear(),
            Output::AddAddress { address, .. } => {
                self.held.push(address);
                self.held.sort();
            }
            Output::RemoveAddress { address } => self.held.retain(|held| *held != address),
            Output::RenewLease { .. } | Output::Announce { .. } => {
                assert!(!self.held.is_empty(), "{output:?} for addresses not held");
            }
            Output::Transition { from, to, .. } => {
                assert_eq!(from, self.state);
                assert_ne!(from, to, "a transition to where it was");
                self.state = to;
            }
            Output::SendAdvert(ref advert) => {
                assert_ne!(
                    advert.interval,
                    Centiseconds(0),
                    "an interval of 0 was sent"
                );
            }
            Output::Event(_) => {}
            Output::Left => self.left = true,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_inputs_keeps_the_invariants(
        config in config(),
        start in prop_oneof![4 => 0_u64..2_000_000_000, 1 => Just(u64::MAX / 2)],
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut checked = Checked {
            router: VirtualRouter::new(config).expect("a valid configuration"),
            now: Instant::from_nanos(start),
            held: Vec::new(),
            state: State::Init,
            left: false,
        };
        for step in &steps {
            checked.apply(step);
        }
    }

    #[test]
    fn a_clock_at_its_end_makes_nothing_hang_or_panic(
        config in config(),
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let mut router = VirtualRouter::new(config).expect("a valid configuration");
        let end = Instant::from_nanos(u64::MAX);
        router.handle(end, Input::Up { source: OWN });
        for _ in &steps {
            router.handle(end, Input::Timer);
            while router.poll_output().is_some() {}
        }
    }
}
