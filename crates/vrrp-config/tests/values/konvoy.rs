//! Konvoy files, inventories and the host they are read on.

use vrrp_config::{HostFacts, Text, parse_str};

use crate::common::{diagnostics, first_host, load_konvoy, loaded};

/// Whether a text with this beginning is taken for one of Konvoy's.
fn konvoys(beginning: &str) -> String {
    let said = diagnostics(load_konvoy(&format!("{beginning}\nspec: {{}}\n"), None));
    said.lines()
}

#[test]
fn a_file_is_konvoys_by_its_kind_or_by_its_group() {
    assert!(konvoys("kind: ClusterConfiguration").contains("has no `apiVersion`"));
    assert!(
        konvoys("kind: Addon\napiVersion: konvoy.mesosphere.io/v1beta2")
            .contains("there is no document of kind ClusterConfiguration")
    );
    assert!(konvoys("kind: Addon\napiVersion: v1").contains("is not known"));
}

fn cluster(endpoint: &str) -> String {
    format!(
        "kind: ClusterConfiguration\napiVersion: konvoy.mesosphere.io/v1beta2\n\
         spec: {{kubernetes: {{controlPlane: {{controlPlaneEndpointOverride: {endpoint}, keepalived: {{}}}}}}}}\n"
    )
}

#[test]
fn an_endpoint_that_is_empty_is_none() {
    let inventory = |endpoint: &str| {
        format!(
            "control-plane: {{hosts: {{10.0.50.11: {{}}}}}}\n\
             all: {{vars: {{control_plane_endpoint: {endpoint}}}}}\n"
        )
    };
    for nothing in ["\"\"", "null"] {
        let text = cluster(nothing);
        let loaded = loaded(load_konvoy(&text, Some(&inventory("\"10.0.50.20:6443\""))));
        assert_eq!(
            loaded.config.instances[0].addresses[0].address.to_string(),
            "10.0.50.20"
        );
        let said = diagnostics(load_konvoy(&text, Some(&inventory(nothing))));
        assert!(
            said.lines().contains("the virtual IP is given nowhere"),
            "{}",
            said.lines()
        );
    }
}

#[test]
fn an_ipv6_endpoint_needs_neither_port_nor_brackets() {
    for endpoint in ["\"fd00::20\"", "\"[fd00::20]\"", "\"[fd00::20]:6443\""] {
        let loaded = loaded(load_konvoy(&cluster(endpoint), None));
        assert_eq!(
            loaded.config.instances[0].addresses[0].address.to_string(),
            "fd00::20"
        );
    }
}

#[test]
fn hosts_are_balanced_over_by_their_addresses_of_the_virtual_ips_family() {
    let inventory =
        "control-plane: {hosts: {10.0.50.11: {}, \"fd00::12\": {ansible_host: 10.0.50.12}}}\n";
    let said = |endpoint: &str| {
        let text = cluster(endpoint);
        let (config, inventory) = (
            Text {
                name: "cluster.yaml",
                text: &text,
            },
            Text {
                name: "inventory.yaml",
                text: inventory,
            },
        );
        diagnostics(parse_str(config, Some(inventory), true, &first_host())).lines()
    };
    let lacking = |said: &str| said.matches("address to balance over").count();
    assert_eq!(lacking(&said("\"10.0.50.20:6443\"")), 0);
    let over_ipv6 = said("\"[fd00::20]:6443\"");
    assert_eq!(lacking(&over_ipv6), 1, "{over_ipv6}");
}

#[test]
fn a_key_given_twice_below_a_foreign_tag_is_found_too() {
    let inventory = "control-plane: {hosts: {10.0.50.11: {}}}\nall: {vars: !vault {a: 1, a: 2}}\n";
    let said = diagnostics(load_konvoy(
        &cluster("\"10.0.50.20:6443\""),
        Some(inventory),
    ));
    assert!(
        said.lines().contains("\"a\" is given twice"),
        "{}",
        said.lines()
    );
}

#[test]
fn this_hosts_facts_are_the_addresses_given_and_what_is_there() {
    let address = "10.0.50.11".parse().expect("an address");
    let facts = HostFacts::of_this_host(vec![address]);
    assert_eq!(facts.local_addresses, [address]);
    let there = std::path::Path::new(vrrp_config::KUBERNETES_CA).is_file();
    assert_eq!(facts.kubernetes_ca.is_some(), there);
}
