//! Values of an instance.

use super::says;

/// An instance with one more line.
macro_rules! with {
    ($line:literal) => {
        concat!(
            "instances:\n  - name: a\n    addresses: [10.0.50.20]\n    ",
            $line,
            "\n"
        )
    };
}

/// An instance with these addresses and one more line.
macro_rules! addresses {
    ($addresses:literal, $line:literal) => {
        concat!(
            "instances:\n  - name: a\n    addresses: ",
            $addresses,
            "\n    ",
            $line,
            "\n"
        )
    };
}

says! {
    a_command_of_notify_is_an_absolute_path: with!("notify: {exec: [moved, \"{state}\"]}");
    a_key_of_keepalived_for_scripts_suggests_notify: with!("notify_master: /usr/local/bin/moved");
    notify_needs_a_command: with!("notify: {timeout: 5s}");
    an_unknown_key_suggests_the_nearest: with!("vird: 51");
    a_key_of_keepalived_suggests_ours: with!("virtual_router_id: 51");
    a_key_that_resembles_nothing_lists_all: with!("colour: red");
    a_missing_name_and_missing_addresses_are_both_named: "instances:\n  - vrid: 51\n";
    no_instances_at_all_is_an_error: "instances: []\n";
    instances_that_are_no_list_are_an_error: "instances:\n  name: a\n";
    an_instance_that_is_no_mapping_is_an_error: "instances: [a]\n";
    a_name_with_a_blank_is_refused: "instances: [{name: control plane, addresses: [10.0.50.20]}]\n";
    a_name_that_is_a_number_needs_quotes: "instances: [{name: 51, addresses: [10.0.50.20]}]\n";
    a_vrid_of_zero_is_refused: with!("vrid: 0");
    a_vrid_of_256_is_refused: with!("vrid: 256");
    a_vrid_in_quotes_is_refused: with!("vrid: \"051\"");
    a_priority_of_256_is_refused: with!("priority: 256");
    an_owner_cannot_track: "instances:\n  - name: a\n    addresses: [10.0.50.20]\n    priority: 255\n    preempt: false\n    track: [{interface: bond1}]\n";
    a_duration_without_a_unit_asks_for_it: with!("advert_interval: 1");
    a_fraction_without_a_unit_asks_for_it: with!("advert_interval: 0.5");
    a_duration_with_an_unknown_unit_is_refused: with!("advert_interval: 5 parsecs");
    an_interval_below_10ms_is_refused: with!("advert_interval: 5ms");
    an_interval_between_the_steps_offers_its_neighbours: with!("advert_interval: 1.015s");
    an_interval_above_the_field_is_refused: with!("advert_interval: 41s");
    version_2_takes_whole_seconds: with!("version: 2\n    advert_interval: 1.5s");
    version_2_has_no_ipv6: addresses!("[\"fd00::20\"]", "version: 2");
    version_4_does_not_exist: with!("version: 4");
    a_switch_that_is_a_word_is_refused: with!("preempt: yes");
    a_preempt_delay_without_preempt_has_no_effect: with!("preempt: false\n    preempt_delay: 5s");
    an_unknown_checksum_suggests_the_nearest: with!("checksum: rfc5789");
    a_checksum_form_is_for_ipv4_only: addresses!("[\"fd00::20\"]", "checksum: rfc5798");
    a_password_is_for_version_2_only: with!("auth: {pass: s3cret}");
    a_password_of_nine_bytes_is_too_long: with!("version: 2\n    auth: {pass: 123456789a}");
    a_password_that_is_a_number_needs_quotes: with!("version: 2\n    auth: {pass: 12345678}");
    a_source_of_the_other_family_is_refused: with!("source: \"fe80::1\"");
    a_source_that_is_the_vip_is_refused: with!("source: 10.0.50.20");
    a_global_ipv6_source_is_doubtful: addresses!("[\"fd00::20\"]", "source: \"fd00::11\"");
    peers_must_not_be_empty: with!("peers: []");
    peers_are_others_and_differ: with!("source: 10.0.50.12\n    peers: [10.0.50.12, 10.0.50.13, 10.0.50.13, 10.0.50.20, \"fd00::1\", 224.0.0.18]");
    a_peer_that_is_this_host_is_left_out: with!("peers: [10.0.50.11, 10.0.50.12]");
    a_lone_peer_that_is_this_host_is_an_error: with!("peers: [10.0.50.11]");
    a_least_ttl_is_for_peers_only: with!("min_ttl: 254");
    a_least_ttl_of_zero_is_refused: with!("peers: [10.0.50.12]\n    min_ttl: 0");
    a_lease_of_half_seconds_is_refused: with!("lease: 1500ms");
    a_lease_of_zero_is_refused: with!("lease: 0");
    a_lease_word_that_is_unknown_is_refused: with!("lease: never");
    a_lease_longer_than_sense_is_doubtful: with!("lease: 120");
    a_burst_of_zero_is_refused: with!("announce: {burst: 0, refresh: 1ms}");
    empty_addresses_are_refused: addresses!("[]", "vrid: 1");
    addresses_that_are_no_list_are_refused: addresses!("10.0.50.20", "vrid: 1");
    addresses_of_two_families_name_both: addresses!("[10.0.50.20, \"fd00::20\"]", "vrid: 1");
    an_address_given_twice_names_both: addresses!("[10.0.50.20, 10.0.50.21, 10.0.50.20/24]", "vrid: 1");
    addresses_that_no_host_has_are_refused: addresses!("[224.0.0.18, 127.0.0.1, 0.0.0.0, 255.255.255.255, 240.0.0.1]", "vrid: 1");
    ipv6_addresses_that_no_host_has_are_refused: addresses!("[\"ff02::12\", \"::1\", \"::\", \"::ffff:10.0.50.20\"]", "vrid: 1");
    texts_that_are_no_address_say_why: addresses!("[10.0.50.20:6443, vip.example.com, 10.0.050.20, \"[fd00::20]\", \"fe80::20%eth0\", 10.0.50]", "vrid: 1");
    prefixes_are_checked: addresses!("[10.0.50.20/0, 10.0.50.20/33, 10.0.50.0/24, 10.0.50.255/24, 10.0.50.20/x]", "vrid: 1");
    an_interface_name_is_checked: "instances:\n  - {name: a, addresses: [10.0.50.20], interface: a-name-that-is-too-long}\n  - {name: b, addresses: [10.0.50.21], interface: lo}\n  - {name: c, addresses: [10.0.50.22], interface: \"eth0:1\"}\n  - {name: d, addresses: [10.0.50.23], interface: 0}\n";
    a_tracked_thing_is_one_thing: with!("track:\n      - {check: c, interface: bond1}\n      - {penalty: 5}\n      - {interface: bond1, penalty: 255}\n      - {interface: bond1}\n      - bond2");
}
