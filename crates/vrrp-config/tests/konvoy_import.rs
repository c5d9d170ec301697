//! A Konvoy file imported is the configuration that the file itself is when it is run.

mod common;

use std::fs;

use common::{config, examples, host, load_konvoy, loaded};
use vrrp_config::{Effect, HostFacts, Imported, Text, import_konvoy, is_konvoy_file};

fn example(name: &str) -> String {
    fs::read_to_string(examples().join("konvoy").join(name)).expect("an example")
}

fn import(cluster: &str, inventory: Option<&str>, host: &HostFacts) -> Imported {
    let text = |name, text| Text { name, text };
    let inventory = inventory.map(|inventory| text("inventory.yaml", inventory));
    match import_konvoy(text("cluster.yaml", cluster), inventory, false, host) {
        Ok(imported) => imported,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

#[test]
fn the_result_is_what_the_file_itself_means_on_this_host() {
    let inventory = example("inventory.yaml");
    for (cluster, inventory) in [
        (example("cluster.yaml"), Some(inventory.as_str())),
        (example("cluster.yaml"), None),
        (example("keepalived-defaults.yaml"), None),
    ] {
        assert!(is_konvoy_file(&cluster));
        let wanted = loaded(load_konvoy(&cluster, inventory)).config;
        let imported = import(&cluster, inventory, &host("10.0.50.11"));
        assert_eq!(config(&imported.yaml), wanted, "{}", imported.yaml);
    }
}

#[test]
fn each_key_that_is_konvoys_own_is_listed_with_its_line() {
    let cluster = "kind: ClusterConfiguration\napiVersion: konvoy.mesosphere.io/v1beta2\nspec:\n  \
                   kubernetes:\n    version: 1.19.9\n    controlPlane:\n      \
                   controlPlaneEndpointOverride: \"10.0.50.20:6443\"\n      keepalived: {}\n      \
                   certificate: {}\n  addons:\n    - configVersion: stable\n";
    let imported = import(cluster, None, &host("10.0.50.11"));
    let listed: Vec<(usize, &str, Effect)> = imported
        .not_carried_over
        .iter()
        .map(|item| (item.line, item.directive.as_str(), item.effect))
        .collect();
    assert_eq!(
        listed,
        [
            (5, "spec.kubernetes.version", Effect::None),
            (9, "spec.kubernetes.controlPlane.certificate", Effect::None),
            (10, "spec.addons", Effect::None),
        ]
    );
}

#[test]
fn a_file_that_leaves_the_address_to_others_is_refused_with_who_has_it() {
    let cluster = example("external-load-balancer.yaml");
    let name = "cluster.yaml";
    let refused = import_konvoy(
        Text {
            name,
            text: &cluster,
        },
        None,
        false,
        &host("10.0.50.11"),
    )
    .expect_err("refused")
    .lines();
    assert!(refused.contains("lb.example.com:6443"), "{refused}");
}

const CLOUD: &str = "kind: ClusterProvisioner\napiVersion: konvoy.mesosphere.io/v1beta2\nspec:\n  \
                     aws:\n    region: us-west-2\n    elb:\n      apiServerPort: 8443\n      \
                     internal: true\n---\nkind: ClusterConfiguration\napiVersion: \
                     konvoy.mesosphere.io/v1beta2\nspec:\n  kubernetes:\n    controlPlane:\n      \
                     controlPlaneEndpointOverride: \"10.0.50.20:6443\"\n";

#[test]
fn a_load_balancer_takes_the_place_of_the_clouds() {
    let inventory = example("inventory.yaml");
    let imported = import(CLOUD, Some(&inventory), &host("10.0.50.11"));
    let config = config(&imported.yaml);
    let balancer = &config.load_balancers[0];
    assert_eq!((balancer.port, balancer.backends.len()), (8443, 3));
    assert_eq!(balancer.backends[1].address.to_string(), "10.0.50.12:6443");
    let allow: Vec<String> = balancer.allow.iter().map(ToString::to_string).collect();
    assert_eq!(allow, ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]);
    assert!(balancer.check.is_some());
    let listed: Vec<_> = imported
        .not_carried_over
        .iter()
        .map(|item| &*item.directive)
        .collect();
    assert_eq!(listed, ["spec.aws.region"]);
    let open = CLOUD.replace("internal: true", "internal: false");
    let imported = import(&open, Some(&inventory), &host("10.0.50.11"));
    assert!(
        common::config(&imported.yaml).load_balancers[0]
            .allow
            .is_empty()
    );
}

#[test]
fn without_the_hosts_a_load_balancer_of_the_cloud_cannot_be_replaced() {
    let name = "cluster.yaml";
    let refused = import_konvoy(Text { name, text: CLOUD }, None, false, &host("10.0.50.11"))
        .expect_err("refused");
    let refused = refused.lines();
    assert!(refused.contains("pass the inventory"), "{refused}");
}

#[test]
fn a_load_balancer_that_was_asked_for_is_what_the_file_means_with_it() {
    let (cluster, inventory) = (example("cluster.yaml"), example("inventory.yaml"));
    let text = |name, text| Text { name, text };
    let host = host("10.0.50.11");
    let imported = import_konvoy(
        text("cluster.yaml", &cluster),
        Some(text("inventory.yaml", &inventory)),
        true,
        &host,
    )
    .expect("imported");
    let meant = vrrp_config::parse_str(
        text("cluster.yaml", &cluster),
        Some(text("inventory.yaml", &inventory)),
        true,
        &host,
    );
    let wanted = match meant {
        Ok(vrrp_config::Loaded::Config(loaded)) => loaded.config,
        other => panic!("{other:?}"),
    };
    assert_eq!(config(&imported.yaml), wanted, "{}", imported.yaml);
}
