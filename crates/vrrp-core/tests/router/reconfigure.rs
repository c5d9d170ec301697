//! A new configuration for a running router.

use vrrp_core::{ConfigError, Input, LeasePolicy, Output, RouterConfig, State};
use vrrp_wire::{Auth, Centiseconds, Family, Version};

use crate::common::{Bench, GREATER, LOWER, MASTER_DOWN, SECOND, VIP, config, ip, ms, sent, with};

fn change(bench: &mut Bench, change: impl FnOnce(&mut RouterConfig)) {
    let mut config = bench.router.config().clone();
    change(&mut config);
    let now = bench.now();
    bench
        .router
        .reconfigure(now, config)
        .expect("it can become that");
    // Outputs are collected with the next input; this one is harmless.
    bench.input(Input::Undrain);
}

#[test]
fn an_unchanged_configuration_sends_nothing_and_moves_no_timer() {
    for mut bench in [Bench::master(config()), Bench::backup(config())] {
        bench.wait(ms(300));
        bench.take();
        let deadline = bench.router.deadline();
        change(&mut bench, |_| {});
        assert_eq!(bench.take(), []);
        assert_eq!(bench.router.deadline(), deadline);
    }
}

#[test]
fn addresses_are_added_and_removed_while_the_others_stay() {
    let (second, third) = (ip([10, 0, 50, 21]), ip([10, 0, 50, 22]));
    let mut bench = Bench::master(with(|config| config.addresses = vec![VIP, second]));
    let deadline = bench.router.deadline();
    change(&mut bench, |config| config.addresses = vec![VIP, third]);
    assert_eq!(
        bench.take(),
        [
            Output::RemoveAddress { address: second },
            Output::AddAddress {
                address: third,
                lifetime: Some(SECOND * 4)
            },
            Output::Announce { count: 5 },
        ]
    );
    assert_eq!(bench.state(), State::Master);
    assert_eq!(
        bench.router.deadline(),
        deadline,
        "no advert is missed and none is added"
    );
    change(&mut bench, |config| config.addresses = vec![VIP]);
    assert_eq!(bench.take(), [Output::RemoveAddress { address: third }]);
}

#[test]
fn a_backup_changes_its_list_silently() {
    let mut bench = Bench::backup(config());
    change(&mut bench, |config| {
        config.addresses.push(ip([10, 0, 50, 21]));
    });
    assert_eq!(bench.take(), []);
    assert_eq!(bench.router.config().addresses.len(), 2);
}

#[test]
fn a_master_that_is_demoted_offers_to_hand_over() {
    let mut bench = Bench::master(config());
    change(&mut bench, |config| config.priority = 50);
    assert_eq!(bench.take_sent(), [0]);
    bench.hear(LOWER, 60);
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(
        bench.router.reason(),
        "handed over to 10.0.50.11: the priority was lowered to 50"
    );
}

#[test]
fn a_promoted_backup_preempts() {
    let mut bench = Bench::backup(config());
    bench.wait_hearing(LOWER, 150, 5);
    change(&mut bench, |config| config.priority = 200);
    bench.wait_hearing(LOWER, 150, 4);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn penalties_outlive_a_reload_until_they_are_given_anew() {
    let mut bench = Bench::backup(config());
    bench.input(Input::Priority {
        effective: 50,
        degraded: Some("bond1"),
    });
    change(&mut bench, |config| config.priority = 200);
    assert_eq!(bench.router.effective_priority(), 50);
    change(&mut bench, |config| config.priority = 20);
    assert_eq!(bench.router.effective_priority(), 20);
}

#[test]
fn a_master_tells_its_new_interval_at_once() {
    let mut bench = Bench::master(config());
    bench.wait(ms(500));
    bench.take();
    change(&mut bench, |config| {
        config.advert_interval = Centiseconds(10);
    });
    let outputs = bench.take();
    assert_eq!(sent(&outputs), [100]);
    assert!(matches!(&outputs[0], Output::SendAdvert(advert) if advert.interval.0 == 10));
    assert!(outputs.contains(&Output::RenewLease {
        lifetime: Some(SECOND)
    }));
    bench.wait(SECOND);
    assert_eq!(bench.take_sent().len(), 10);
}

/// A backup that missed the first advert with the longer interval waits in the shorter one.
#[test]
fn a_longer_interval_is_told_at_the_pace_of_the_shorter_one_four_times() {
    let mut bench = Bench::master(config());
    bench.take();
    change(&mut bench, |config| {
        config.advert_interval = Centiseconds(500);
    });
    assert_eq!(bench.take_sent(), [100]);
    bench.wait(SECOND * 3);
    assert_eq!(bench.take_sent(), [100; 3]);
    bench.wait(ms(4_999));
    assert_eq!(bench.take_sent(), []);
    bench.wait(ms(1));
    assert_eq!(bench.take_sent(), [100]);
}

#[test]
fn an_interval_that_grows_twice_is_told_at_the_first_pace() {
    let mut bench = Bench::master(config());
    bench.take();
    for interval in [500, 1_000] {
        change(&mut bench, |config| {
            config.advert_interval = Centiseconds(interval);
        });
        assert_eq!(bench.take_sent(), [100]);
    }
    bench.wait(SECOND * 3);
    assert_eq!(bench.take_sent(), [100; 3]);
}

#[test]
fn a_listening_backup_waits_by_its_new_interval() {
    let mut bench = Bench::backup(config());
    bench.wait(ms(100));
    change(&mut bench, |config| {
        config.advert_interval = Centiseconds(10);
    });
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN / 10 - ms(100)));
}

#[test]
fn a_backup_keeps_the_interval_it_learned() {
    let mut bench = Bench::backup(config());
    bench.hear(LOWER, 200);
    change(&mut bench, |config| {
        config.advert_interval = Centiseconds(10);
    });
    assert_eq!(bench.until_deadline(), Some(MASTER_DOWN));
}

#[test]
fn preempt_peers_and_refresh_take_effect_in_place() {
    let mut bench = Bench::backup(with(|config| config.preempt = false));
    bench.wait_hearing(LOWER, 50, 5);
    change(&mut bench, |config| config.preempt = true);
    bench.wait_hearing(LOWER, 50, 4);
    assert_eq!(bench.state(), State::Master);

    change(&mut bench, |config| config.peers = Some(vec![LOWER]));
    let stranger = crate::common::Heard::priority(200);
    bench.assert_dropped(GREATER, &stranger, vrrp_wire::DropReason::NotAPeer);

    bench.wait(SECOND * 10);
    bench.take();
    change(&mut bench, |config| {
        config.announce.refresh = Some(SECOND * 2);
    });
    bench.wait(SECOND * 6);
    let announced = |output: &&Output| matches!(output, Output::Announce { count: 1 });
    assert_eq!(bench.take().iter().filter(announced).count(), 3);
}

#[test]
fn preempt_switched_off_lets_a_degraded_master_offer_again() {
    let mut bench = Bench::master(config());
    bench.input(Input::Priority {
        effective: 1,
        degraded: Some("sick"),
    });
    bench.wait(SECOND * 20);
    bench.take();
    change(&mut bench, |config| config.preempt = false);
    bench.wait(SECOND * 5);
    assert!(bench.take_sent().contains(&0));
}

#[test]
fn a_new_lease_is_given_at_once() {
    let mut bench = Bench::master(config());
    change(&mut bench, |config| config.lease = LeasePolicy::Off);
    assert_eq!(bench.take(), [Output::RenewLease { lifetime: None }]);
    bench.wait(SECOND * 60);
    let renewed = |output: &Output| matches!(output, Output::RenewLease { .. });
    assert!(!bench.take().iter().any(renewed));
    change(&mut bench, |config| config.lease = LeasePolicy::Seconds(8));
    assert_eq!(
        bench.take(),
        [Output::RenewLease {
            lifetime: Some(SECOND * 8)
        }]
    );
    bench.wait(SECOND * 2);
    assert!(bench.take().iter().any(renewed));
}

#[test]
fn what_makes_another_router_is_refused_and_changes_nothing() {
    let mut bench = Bench::master(config());
    let now = bench.now();
    let mut refuse = |changed: RouterConfig| {
        let error = bench
            .router
            .reconfigure(now, changed)
            .expect_err("another router");
        assert_eq!(bench.router.config(), &config());
        error
    };
    assert_eq!(
        refuse(with(|config| config.vrid = 52)),
        ConfigError::VridChanged { from: 51, to: 52 }
    );
    assert_eq!(
        refuse(with(|config| config.version = Version::V2)),
        ConfigError::VersionChanged {
            from: Version::V3,
            to: Version::V2
        }
    );
    let vip = "2001:db8::20".parse().expect("an address");
    assert_eq!(
        refuse(with(|config| config.addresses = vec![vip])),
        ConfigError::FamilyChanged {
            from: Family::V4,
            to: Family::V6
        }
    );
    assert_eq!(
        refuse(with(|config| config.priority = 0)),
        ConfigError::PriorityZero
    );
}

#[test]
fn configurations_that_cannot_be_true_are_refused_with_a_sentence() {
    let v6 = "2001:db8::20".parse().expect("an address");
    let cases = [
        (with(|config| config.vrid = 0), ConfigError::VridZero),
        (
            with(|config| config.priority = 0),
            ConfigError::PriorityZero,
        ),
        (
            with(|config| config.addresses.clear()),
            ConfigError::NoAddresses,
        ),
        (
            with(|config| config.addresses = vec![VIP; 256]),
            ConfigError::TooManyAddresses { count: 256 },
        ),
        (
            with(|config| config.addresses.push(v6)),
            ConfigError::MixedFamilies {
                address: v6,
                family: Family::V4,
            },
        ),
        (
            with(|config| config.peers = Some(vec![v6])),
            ConfigError::MixedFamilies {
                address: v6,
                family: Family::V4,
            },
        ),
        (
            with(|config| {
                config.version = Version::V2;
                config.addresses = vec![v6];
            }),
            ConfigError::Version2OverIpv6,
        ),
        (
            with(|config| config.advert_interval = Centiseconds(0)),
            ConfigError::Interval {
                interval: 0,
                maximum: 4095,
                version: Version::V3,
            },
        ),
        (
            with(|config| config.advert_interval = Centiseconds(4096)),
            ConfigError::Interval {
                interval: 4096,
                maximum: 4095,
                version: Version::V3,
            },
        ),
        (
            with(|config| config.auth = Auth::Simple([0; 8])),
            ConfigError::AuthInVersion3,
        ),
        (
            with(|config| {
                config.version = Version::V2;
                config.auth = Auth::Other(2);
            }),
            ConfigError::AuthType { seen: 2 },
        ),
    ];
    for (config, error) in cases {
        assert_eq!(config.validate(), Err(error));
        assert_eq!(vrrp_core::VirtualRouter::new(config).err(), Some(error));
        assert!(error.to_string().len() > 20, "{error}");
    }
    assert_eq!(
        with(|config| config.advert_interval = Centiseconds(4095)).validate(),
        Ok(())
    );
    assert_eq!(
        with(|config| config.addresses = vec![VIP; 255]).validate(),
        Ok(())
    );
}

#[test]
fn an_interval_that_cannot_be_sent_is_refused_with_those_that_can() {
    let refusal = |version, interval| {
        with(|config| {
            config.version = version;
            config.advert_interval = Centiseconds(interval);
        })
        .validate()
        .expect_err("no such interval")
        .to_string()
    };
    assert_eq!(
        refusal(Version::V3, 5000),
        "advertisement interval of 5000 cs, version 3 carries 1 to 4095 cs in steps of 1"
    );
    for interval in [50, 150, 25_600] {
        assert_eq!(
            refusal(Version::V2, interval),
            format!(
                "advertisement interval of {interval} cs, version 2 carries 100 to 25500 cs in \
                 steps of 100"
            )
        );
    }
}

/// A backup that has passed over two adverts of a lower master, and would preempt it soon.
fn about_to_preempt() -> Bench {
    let mut bench = Bench::new(config());
    bench.up();
    bench.wait_hearing(LOWER, 50, 2);
    bench.take();
    bench
}

#[test]
fn a_backup_about_to_preempt_does_not_when_it_may_not_any_more() {
    let changes: [fn(&mut RouterConfig); 3] = [
        |config| config.preempt = false,
        |config| config.priority = 40,
        |config| config.preempt_delay = SECOND * 60,
    ];
    for forbid in changes {
        let mut bench = about_to_preempt();
        change(&mut bench, forbid);
        bench.wait_hearing(LOWER, 50, 5);
        assert_eq!(bench.state(), State::Backup);
        // Heard last a second ago, by then: it is missed as any other master is.
        bench.wait(MASTER_DOWN + SECOND);
        assert_eq!(bench.state(), State::Master);
    }
}

#[test]
fn a_backup_that_may_not_preempt_any_more_waits_from_the_last_advert_it_passed_over() {
    let mut bench = about_to_preempt();
    let heard = bench
        .router
        .master()
        .expect("a master was heard")
        .last_heard;
    change(&mut bench, |config| config.preempt = false);
    let due = heard + bench.router.master_down_interval();
    assert_eq!(bench.router.deadline(), Some(due));
}

#[test]
fn a_backup_that_still_may_preempt_does_so_in_its_time() {
    let mut bench = about_to_preempt();
    let deadline = bench.router.deadline();
    change(&mut bench, |config| {
        config.addresses.push(ip([10, 0, 50, 21]));
    });
    assert_eq!(bench.router.deadline(), deadline);
    bench.wait(SECOND * 3);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn a_goodbye_still_counts_for_one_that_may_not_preempt_any_more() {
    let mut bench = about_to_preempt();
    bench.hear(LOWER, 0);
    let deadline = bench.router.deadline();
    change(&mut bench, |config| config.preempt = false);
    assert_eq!(bench.router.deadline(), deadline);
}
