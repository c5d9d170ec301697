//! Instances and groups.

use std::time::Duration;

use vrrp_config::{Checksum, Lease, Notify};

use crate::common::{config, diagnostics, load};
use crate::{SECOND, assert_refused, instance, refused, with};

#[test]
fn a_group_of_two_is_one() {
    let text = "instances: [{name: a, addresses: [10.0.50.20]}, {name: b, addresses: [10.0.50.21]}]\n\
                groups: [{name: g, members: [a, b]}]\n";
    assert_eq!(config(text).groups[0].members, ["a", "b"]);
}

#[test]
fn names_are_as_long_as_they_may_be() {
    let named = |length: usize| {
        format!(
            "instances: [{{name: {}, addresses: [10.0.50.20]}}]\n",
            "n".repeat(length)
        )
    };
    assert_eq!(config(&named(63)).instances[0].name.len(), 63);
    assert_refused(&named(64), "is longer than 63 characters");
}

#[test]
fn an_interface_is_named_as_the_kernel_names_it() {
    assert_eq!(
        instance("interface: enp0s31f6.4094x").interface.as_deref(),
        Some("enp0s31f6.4094x")
    );
    assert_refused(&with("interface: enp0s31f6.4094xy"), "longer than 15 bytes");
    for name in ["eth 0", "eth/0", "eth:0", "eth\\u00010"] {
        assert_refused(
            &with(&format!("interface: \"{name}\"")),
            "has a blank, `/` or `:` in it",
        );
    }
    for name in [".", ".."] {
        assert_refused(&with(&format!("interface: \"{name}\"")), "is no name");
    }
    assert_refused(&with("interface: lo"), "is the loopback interface");
}

#[test]
fn a_preempt_delay_counts_where_preempt_does() {
    assert_eq!(instance("preempt_delay: 1h").preempt_delay, SECOND * 3600);
    assert_eq!(
        instance("preempt: false\n    preempt_delay: 0s").preempt_delay,
        Duration::ZERO
    );
    assert_refused(&with("preempt_delay: 2h"), "must be from 0s to 1h");
}

#[test]
fn a_form_of_checksum_can_be_chosen_for_version_3_over_ipv4() {
    assert_eq!(instance("checksum: rfc5798").checksum, Checksum::Rfc5798);
    let others = "instances:\n\
                  - {name: a, addresses: [\"fd00::20\"], checksum: auto}\n\
                  - {name: b, addresses: [10.0.50.20], version: 2, checksum: auto}\n";
    assert_eq!(config(others).instances[0].checksum, Checksum::Auto);
    assert_refused(
        &with("version: 2\n    checksum: rfc9568"),
        "only version 3 over IPv4",
    );
}

#[test]
fn a_lease_is_long_beyond_three_takeovers_or_ten_seconds() {
    let warnings = |lines: &str| diagnostics(load(&with(lines))).warnings();
    assert_eq!(instance("lease: 10").lease, Lease::Seconds(10));
    assert_eq!(warnings("lease: 11"), 1);
    // Others take over after 36.1 s.
    assert_eq!(warnings("advert_interval: 10s\n    lease: 108"), 0);
    assert_eq!(warnings("advert_interval: 10s\n    lease: 109"), 1);
}

#[test]
fn a_lease_is_a_word_a_count_of_seconds_or_a_duration() {
    for (given, lease) in [
        ("auto", Lease::Auto),
        ("off", Lease::Off),
        ("false", Lease::Off),
        ("5", Lease::Seconds(5)),
        ("5s", Lease::Seconds(5)),
    ] {
        assert_eq!(instance(&format!("lease: {given}")).lease, lease, "{given}");
    }
}

#[test]
fn announcements_are_refreshed_after_a_span_or_never() {
    for (given, refresh) in [
        ("30s", Some(SECOND * 30)),
        ("off", None),
        ("0s", None),
        ("false", None),
    ] {
        let announce = instance(&format!("announce: {{refresh: {given}}}")).announce;
        assert_eq!(announce.refresh, refresh, "{given}");
    }
}

#[test]
fn an_advert_carries_so_many_addresses_and_no_more() {
    let text = |family: &str, count: usize| {
        let addresses: Vec<String> = (1..=count)
            .map(|number| match family {
                "IPv4" => format!("10.1.{}.{}", number / 200, number % 200 + 1),
                _ => format!("\"fd00::{number:x}\""),
            })
            .collect();
        format!(
            "instances: [{{name: a, vrid: 1, addresses: [{}]}}]\n",
            addresses.join(", ")
        )
    };
    for (family, most) in [("IPv4", 255), ("IPv6", 90)] {
        let good = config(&text(family, most));
        assert_eq!(good.instances[0].addresses.len(), most);
        for count in [most + 1, most + 7] {
            assert_refused(
                &text(family, count),
                &format!("{count} addresses do not fit an advert, {most} do"),
            );
        }
    }
}

#[test]
fn a_unicast_source_over_ipv6_may_be_a_global_address() {
    let text = "instances:\n  - {name: a, addresses: [\"fd00::20\"], \
                source: \"fd00::11\", peers: [\"fd00::12\"]}\n";
    assert!(config(text).instances[0].source.is_some());
}

#[test]
fn instances_are_compared_by_what_could_be_read_of_them() {
    let pair = |one: &str, other: &str| {
        refused(&format!(
            "instances:\n  - {{name: a, interface: eth0, {one}}}\n  \
             - {{name: b, interface: eth0, {other}}}\n"
        ))
    };
    let both = "two IPv4 instances have VRID 20";
    assert!(pair("addresses: [10.0.50.20]", "addresses: [10.0.51.20]").contains(both));
    let unreadable = [
        (
            "addresses: [10.0.50.20], vrid: 300",
            "addresses: [10.0.51.20]",
        ),
        (
            "addresses: [10.0.50.20]",
            "addresses: [10.0.51.20], vrid: 0",
        ),
        ("addresses: [], vrid: 20", "addresses: [10.0.51.20]"),
        ("addresses: [10.0.50.20]", "addresses: [], vrid: 20"),
    ];
    for (one, other) in unreadable {
        let said = pair(one, other);
        assert!(!said.contains("instances have VRID"), "{said}");
    }
}

#[test]
fn a_check_concerns_only_the_instances_that_track_it() {
    // Up again within 100 ms: soon for the second instance, which does not care.
    let text = "instances:\n\
                - {name: a, addresses: [10.0.50.20], priority: 254, track: [{check: c}]}\n\
                - {name: b, addresses: [10.0.50.21], priority: 1}\n\
                checks:\n\
                - {name: c, tcp: {address: \"10.0.50.1:80\"}, interval: 50ms, timeout: 50ms}\n";
    assert_eq!(config(text).instances.len(), 2);
}

#[test]
fn a_command_of_notify_has_a_bound() {
    let notify = |line: &str| instance(line).notify;
    assert_eq!(notify("vrid: 1"), None);
    let command = vec!["/usr/bin/moved".to_owned(), "{state}".to_owned()];
    assert_eq!(
        notify("notify: {exec: [/usr/bin/moved, \"{state}\"]}"),
        Some(Notify {
            command: command.clone(),
            timeout: SECOND * 30,
        })
    );
    assert_eq!(
        notify("notify: {exec: [/usr/bin/moved, \"{state}\"], timeout: 100ms}"),
        Some(Notify {
            command,
            timeout: Duration::from_millis(100),
        })
    );
    assert_eq!(
        notify("notify: {exec: [/x], timeout: 1h}").map(|notify| notify.timeout),
        Some(SECOND * 3600)
    );
    for timeout in ["99ms", "3601s"] {
        let line = format!("notify: {{exec: [/x], timeout: {timeout}}}");
        assert_refused(&with(&line), "must be from 100ms to 1h");
    }
    assert_refused(&with("notify: {exec: []}"), "`exec` is empty");
}
