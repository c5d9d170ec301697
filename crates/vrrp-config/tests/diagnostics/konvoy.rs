//! Konvoy files and inventories.

use crate::common;
use vrrp_config::{HostFacts, Text, import_konvoy, parse_str};

const HOSTS: &str =
    "control-plane:\n  hosts:\n    10.0.50.11: {}\n    10.0.50.12: {}\n    10.0.50.13: {}\n";

/// A cluster with these lines below `controlPlane`.
fn cluster(control_plane: &str) -> String {
    let mut text = String::from(
        "kind: ClusterConfiguration\napiVersion: konvoy.mesosphere.io/v1beta2\nspec:\n  kubernetes:\n    controlPlane:\n",
    );
    for line in control_plane.lines() {
        text.push_str(&format!("      {line}\n"));
    }
    text
}

/// An inventory with one host more than there are priorities.
fn many_hosts() -> String {
    let hosts = (1..=255_u8).map(|last| format!("    10.0.50.{last}: {{}}\n"));
    format!("control-plane:\n  hosts:\n{}", hosts.collect::<String>())
}

/// Snapshots what is said about a Konvoy file and, where given, its inventory.
macro_rules! says {
    ($($name:ident: $text:expr, $inventory:expr;)+) => {
        $(
            #[test]
            fn $name() {
                let said = common::diagnostics(common::load_konvoy(&$text, $inventory));
                crate::snapshot(stringify!($name), &said.to_string());
            }
        )+
    };
}

says! {
    a_dns_name_is_no_vip: cluster("controlPlaneEndpointOverride: \"lb.example.com:6443\"\nkeepalived: {}"), None;
    a_port_out_of_range_is_refused: cluster("controlPlaneEndpointOverride: \"10.0.50.20:66443\"\nkeepalived: {}"), None;
    a_loopback_vip_is_refused: cluster("controlPlaneEndpointOverride: \"127.0.0.1:6443\"\nkeepalived: {}"), None;
    konvoys_vrid_of_zero_is_refused: cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived:\n  vrid: 0"), None;
    konvoys_vrid_of_256_is_refused: cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived:\n  vrid: 256"), None;
    a_typo_in_keepalived_is_refused: cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived:\n  iterface: ens20f0"), None;
    a_typo_of_keepalived_is_refused: cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalive: {}"), None;
    no_endpoint_asks_for_the_inventory: cluster("keepalived: {}"), None;
    no_endpoint_in_either_file_says_where_to_put_it: cluster("keepalived: {}"), Some(HOSTS);
    an_endpoint_of_the_inventory_points_there: cluster("keepalived: {}"), Some("control-plane: {hosts: {10.0.50.11: null}}\nall:\n  vars:\n    control_plane_endpoint: \"vip.example.com:6443\"\n");
    an_unknown_api_version_is_refused: cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}").replace("v1beta2", "v1"), None;
    a_key_given_twice_in_a_foreign_part_is_refused: cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}\ncertificate: {}\ncertificate: {}"), None;
    a_second_document_of_a_kind_is_refused: format!("{0}---\n{0}", cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}")), None;
    keepalived_beside_the_clouds_is_refused: format!("{}---\nkind: ClusterProvisioner\napiVersion: konvoy.mesosphere.io/v1beta2\nspec: {{aws: {{elb: {{apiServerPort: 6443}}}}}}\n", cluster("keepalived: {}")), None;
    values_of_elb_are_checked: "kind: ClusterProvisioner\napiVersion: konvoy.mesosphere.io/v1beta2\nspec: {aws: {elb: {apiServerPort: 70000, internal: maybe}}}\n", None;
    a_provisioner_alone_is_not_enough: "kind: ClusterProvisioner\napiVersion: konvoy.mesosphere.io/v1beta2\nspec: {provider: none}\n", None;
    a_host_that_is_not_in_the_inventory_says_both_sides: cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}"), Some("control-plane:\n  hosts:\n    cp-1: {ansible_host: 10.0.50.12}\n    10.0.50.13: {}\n");
    a_vip_that_is_a_hosts_address_is_refused: cluster("controlPlaneEndpointOverride: \"10.0.50.12:6443\"\nkeepalived: {}"), Some(HOSTS);
    an_inventory_needs_the_group: cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}"), Some("node: {hosts: {10.0.50.11: {}}}\n");
    an_inventory_needs_hosts: cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}"), Some("control-plane:\n  hosts: {}\n");
    hosts_need_addresses_of_their_own: cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}"), Some("control-plane:\n  hosts:\n    10.0.50.11: {}\n    cp-2: {ansible_host: 10.0.50.11}\n    cp-3: {ansible_host: cp-3.example.com}\n    cp-4:\n    \"cp[5:9]\": {}\n");
    an_inventory_with_a_syntax_error_points_there: cluster("keepalived: {}"), Some("control-plane:\n  hosts: [\n");
    an_ini_inventory_is_named: cluster("keepalived: {}"), Some("[control-plane]\n10.0.50.11\n");
    an_inventory_that_is_a_list_is_refused: cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}"), Some("- control-plane\n");
    a_host_that_is_a_number_needs_quotes: cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}"), Some("control-plane:\n  hosts:\n    10.0.50.11: {}\n    12: {}\n");
    more_hosts_than_priorities_are_refused: cluster("controlPlaneEndpointOverride: \"10.0.60.20:6443\"\nkeepalived: {}"), Some(&many_hosts());
    a_cluster_needs_its_api_version: cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}").replace("apiVersion: konvoy.mesosphere.io/v1beta2\n", ""), None;
    a_load_balancer_of_the_cloud_is_a_mapping: "kind: ClusterProvisioner\napiVersion: konvoy.mesosphere.io/v1beta2\nspec: {aws: {elb: true}}\n", None;
    an_empty_inventory_is_named: cluster("keepalived: {}"), Some("");
}

#[test]
fn keepalived_without_a_value_means_all_defaults() {
    let text = cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived:");
    let loaded = common::loaded(common::load_konvoy(&text, None));
    assert_eq!(loaded.config.instances[0].vrid, 20);
}

#[test]
fn hosts_are_sorted_by_number_not_by_text() {
    let inventory =
        "control-plane:\n  hosts:\n    10.0.50.100: {}\n    10.0.50.9: {}\n    10.0.50.11:\n";
    let text = cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}");
    let loaded = common::loaded(common::load_konvoy(&text, Some(inventory)));
    assert_eq!(loaded.config.instances[0].priority, 253);
}

#[test]
fn the_group_may_stand_below_all_children_and_foreign_tags_are_left_alone() {
    let inventory = "all:\n  children:\n    control-plane:\n      hosts:\n        10.0.50.10: {become_pass: !vault x}\n        10.0.50.11: {}\n";
    let text = cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}");
    let loaded = common::loaded(common::load_konvoy(&text, Some(inventory)));
    assert_eq!(loaded.config.instances[0].priority, 253);
}

#[test]
fn the_vip_on_this_host_does_not_make_it_another_host() {
    let mut host = common::host("10.0.50.13");
    host.local_addresses
        .push("10.0.50.20".parse().expect("an address"));
    let text = cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}");
    let config = Text {
        name: "cluster.yaml",
        text: &text,
    };
    let inventory = Text {
        name: "inventory.yaml",
        text: HOSTS,
    };
    let loaded = common::loaded(parse_str(config, Some(inventory), false, &host));
    assert_eq!(loaded.config.instances[0].priority, 252);
}

#[test]
fn an_ipv6_endpoint_is_checked_over_ipv6() {
    let text = cluster("controlPlaneEndpointOverride: \"[fd00::20]:6443\"\nkeepalived: {}");
    let loaded = common::loaded(common::load_konvoy(&text, None));
    assert_eq!(loaded.config.instances[0].vrid, 0x20);
    let vrrp_config::Probe::Http(http) = &loaded.config.checks[0].probe else {
        panic!("no HTTP check")
    };
    assert_eq!(http.url.to_string(), "https://[::1]:6443/healthz");
}

#[test]
fn without_kubeadms_authority_the_certificate_is_not_verified_and_that_is_said() {
    let text = cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}");
    let config = Text {
        name: "cluster.yaml",
        text: &text,
    };
    let loaded = common::loaded(parse_str(config, None, false, &HostFacts::default()));
    crate::snapshot(
        "the_missing_authority_is_a_warning",
        &loaded.warnings.to_string(),
    );
    let vrrp_config::Probe::Http(http) = &loaded.config.checks[0].probe else {
        panic!("no HTTP check")
    };
    assert!(!http.tls.as_ref().expect("https has TLS").verify);
}

#[test]
fn options_that_do_not_fit_are_named_without_a_place() {
    let text = cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}");
    let config = Text {
        name: "cluster.yaml",
        text: &text,
    };
    let said = common::diagnostics(parse_str(config, None, true, &common::first_host()));
    let inventory = Text {
        name: "inventory.yaml",
        text: HOSTS,
    };
    let own = Text {
        name: "vrrpd.yaml",
        text: "instances: [{name: a, addresses: [10.0.50.20]}]",
    };
    let also = common::diagnostics(parse_str(own, Some(inventory), true, &common::first_host()));
    crate::snapshot("options_that_do_not_fit", &format!("{said}\n\n{also}"));
}

/// What is said about a Konvoy file whose hosts are to be balanced over.
fn said_of_balancing(text: &str, inventory: Option<&str>, host: &HostFacts) -> String {
    let cluster = Text {
        name: "cluster.yaml",
        text,
    };
    let inventory = inventory.map(|text| Text {
        name: "inventory.yaml",
        text,
    });
    common::diagnostics(parse_str(cluster, inventory, true, host)).to_string()
}

#[test]
fn hosts_without_an_address_of_the_endpoints_family_cannot_be_balanced_over() {
    let text = cluster("controlPlaneEndpointOverride: \"[fd00::20]:6443\"\nkeepalived: {}");
    let inventory = "control-plane:\n  hosts:\n    10.0.50.11: {}\n    10.0.50.12: {}\n";
    crate::snapshot(
        "backends_are_of_the_endpoints_family",
        &said_of_balancing(&text, Some(inventory), &common::first_host()),
    );
}

#[test]
fn two_hosts_of_the_inventory_on_one_machine_are_refused() {
    let mut host = common::first_host();
    let other = "10.0.50.12".parse().expect("an address");
    host.local_addresses.push(other);
    host.own_addresses.push(other);
    let text = cluster("controlPlaneEndpointOverride: \"10.0.50.20:6443\"\nkeepalived: {}");
    let cluster = Text {
        name: "cluster.yaml",
        text: &text,
    };
    let inventory = Text {
        name: "inventory.yaml",
        text: HOSTS,
    };
    let said = common::diagnostics(parse_str(cluster, Some(inventory), false, &host));
    crate::snapshot("two_hosts_of_the_inventory_are_here", &said.to_string());
}

#[test]
fn a_load_balancer_instead_of_the_clouds_asks_for_the_inventory() {
    let text = "kind: ClusterProvisioner\napiVersion: konvoy.mesosphere.io/v1beta2\nspec: {aws: {elb: {apiServerPort: 6443}}}\n---\nkind: ClusterConfiguration\napiVersion: konvoy.mesosphere.io/v1beta2\nspec: {kubernetes: {controlPlane: {controlPlaneEndpointOverride: \"10.0.50.20:6443\"}}}\n";
    let cluster = Text {
        name: "cluster.yaml",
        text,
    };
    let said = import_konvoy(cluster, None, true, &common::first_host());
    let said = said.expect_err("there are no hosts");
    crate::snapshot(
        "a_load_balancer_instead_of_the_clouds_needs_hosts",
        &said.to_string(),
    );
}
