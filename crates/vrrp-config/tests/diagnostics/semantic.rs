//! Parts that do not fit each other.

use super::says;

says! {
    the_same_vrid_on_one_interface_names_both: "instances:\n  - {name: a, addresses: [10.0.50.20], interface: eth0, vrid: 51}\n  - {name: b, addresses: [10.0.50.21], interface: eth0, vrid: 51}\n";
    the_same_derived_vrid_says_where_it_comes_from: "instances:\n  - {name: a, addresses: [10.0.50.20], interface: eth0}\n  - {name: b, addresses: [10.0.51.20], interface: eth0}\n";
    the_same_vrid_on_interfaces_yet_unknown_is_doubtful: "instances:\n  - {name: a, addresses: [10.0.50.20], vrid: 51}\n  - {name: b, addresses: [10.0.50.21], vrid: 51}\n";
    one_address_in_two_instances_names_both: "instances:\n  - {name: a, addresses: [10.0.50.20], interface: eth0, vrid: 1}\n  - {name: b, addresses: [10.0.50.21, 10.0.50.20/24], interface: eth1, vrid: 1}\n";
    two_parts_of_one_name_name_both: "instances:\n  - {name: a, addresses: [10.0.50.20], track: [{check: c}]}\n  - {name: a, addresses: [10.0.50.21]}\nchecks:\n  - {name: c, tcp: {address: \"127.0.0.1:1\"}}\n  - {name: c, tcp: {address: \"127.0.0.1:2\"}}\n";
    an_unknown_check_suggests_the_nearest: "instances: [{name: a, addresses: [10.0.50.20], track: [{check: api-server}]}]\nchecks: [{name: apiserver, tcp: {address: \"127.0.0.1:6443\"}}]\n";
    a_check_without_any_defined_says_so: "instances: [{name: a, addresses: [10.0.50.20], track: [{check: apiserver}]}]\n";
    a_check_that_nobody_tracks_is_doubtful: "instances: [{name: a, addresses: [10.0.50.20]}]\nchecks: [{name: apiserver, tcp: {address: \"127.0.0.1:6443\"}}]\n";
    a_check_of_the_vip_itself_is_doubtful: "instances: [{name: a, addresses: [10.0.50.20], track: [{check: api}]}]\nchecks: [{name: api, http: {url: \"https://10.0.50.20:6443/healthz\"}}]\n";
    a_track_at_the_lowest_priority_has_no_effect: "instances: [{name: a, addresses: [10.0.50.20], priority: 1, track: [{interface: bond1, penalty: 5}]}]\n";
    tracking_the_own_interface_has_no_effect: "instances: [{name: a, addresses: [10.0.50.20], interface: eth0, track: [{interface: eth0}]}]\n";
    a_load_balancer_stands_on_an_address_of_an_instance: "instances: [{name: a, addresses: [10.0.50.20, 10.0.50.21]}]\nload_balancers: [{name: lb, address: 10.0.50.22, port: 6443, backends: [\"10.0.50.11:6443\"]}]\n";
    two_load_balancers_do_not_share_a_port: "instances: [{name: a, addresses: [10.0.50.20]}]\nload_balancers:\n  - {name: one, address: 10.0.50.20, port: 6443, backends: [\"10.0.50.11:6443\"]}\n  - {name: one, address: 10.0.50.20, port: 6443, backends: [\"10.0.50.12:6443\"]}\n";
    load_balancers_do_not_stand_behind_each_other: "instances: [{name: a, addresses: [10.0.50.20, 10.0.50.21]}]\nload_balancers:\n  - {name: one, address: 10.0.50.20, port: 6443, backends: [{address: \"10.0.50.21:443\", weight: 2}, \"10.0.50.21:6443\"]}\n  - {name: two, address: 10.0.50.21, port: 443, backends: [\"10.0.50.12:6443\"]}\n";
    a_link_local_address_cannot_be_balanced: "instances: [{name: a, addresses: [\"fe80::20\"]}]\nload_balancers: [{name: lb, address: \"fe80::20\", port: 6443, backends: [\"[fd00::11]:6443\"]}]\n";
    a_penalty_that_leaves_nothing_is_doubtful: "instances:\n  - name: a\n    addresses: [10.0.50.20]\n    priority: 100\n    track: [{check: c, penalty: 100}, {interface: bond1, penalty: 99}]\nchecks: [{name: c, tcp: {address: \"127.0.0.1:1\"}}]\n";
    a_check_that_recovers_before_a_backup_takes_over_is_doubtful: "instances:\n  - name: a\n    addresses: [10.0.50.20]\n    priority: 100\n    track: [{check: c}]\nchecks:\n  - name: c\n    tcp: {address: \"127.0.0.1:1\"}\n    interval: 50ms\n    timeout: 50ms\n";
    a_hold_down_shorter_than_a_takeover_is_doubtful: "instances: [{name: a, addresses: [10.0.50.20], advert_interval: 10s, track: [{check: c}]}]\nchecks:\n  - name: c\n    tcp: {address: \"127.0.0.1:1\"}\n    hold_down: {initial: 1s}\n";
    a_virtual_address_that_this_host_has_for_itself_is_doubtful: "instances: [{name: a, addresses: [10.0.50.20, 10.0.50.11]}]\n";
    a_preempt_delay_of_the_owner_has_no_effect: "instances: [{name: a, addresses: [10.0.50.11], priority: 255, preempt_delay: 5s}]\n";
    metrics_at_the_virtual_address_are_doubtful: "instances: [{name: a, addresses: [10.0.50.20]}]\nmetrics: {listen: \"10.0.50.20:9650\"}\n";
    a_file_of_another_kind_is_named: "apiVersion: v1\nkind: Pod\nspec: {}\n";
    all_errors_come_at_once: "instances:\n  - name: control-plane\n    addresses: [10.0.50.20, 10.0.50.20]\n    vrid: 256\n    priorty: 100\n    advert_interval: 1\n    track: [{check: apiserver}]\nchecks:\n  - name: api-server\n    http: {url: \"http://127.0.0.1:6443/healthz\", tls: {ca: ca.crt}}\n    timeout: 0\nmetric: {listen: 9650}\n";
}
