//! Every shipped example says what its comments promise.

mod common;

use std::fs;
use std::path::Path;
use std::time::Duration;

use common::{examples, first_host, host, loaded};
use vrrp_config::{Config, ExternalReason, Family, HostFacts, LoadOptions, Loaded, Probe, load};

fn load_example(name: &str, inventory: Option<&str>, host: &HostFacts) -> Loaded {
    let options = LoadOptions {
        inventory: inventory.map(|name| examples().join(name)),
        load_balance: false,
    };
    match load(&examples().join(name), &options, host) {
        Ok(loaded) => loaded,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

fn config(name: &str, inventory: Option<&str>, host: &HostFacts) -> Config {
    let loaded = loaded(Ok(load_example(name, inventory, host)));
    assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
    loaded.config
}

#[test]
fn every_vrrpd_yaml_loads_without_a_warning() {
    let mut seen = 0;
    for entry in fs::read_dir(examples()).expect("the examples are there") {
        let path = entry.expect("a directory entry").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            config(
                path.file_name()
                    .and_then(|name| name.to_str())
                    .expect("UTF-8"),
                None,
                &first_host(),
            );
            seen += 1;
        }
    }
    assert!(seen >= 4, "only {seen} examples");
}

#[test]
fn the_commented_defaults_of_the_full_example_are_valid_and_are_the_defaults() {
    let text = fs::read_to_string(examples().join("vrrpd.yaml")).expect("the example is there");
    let with_defaults: String = text
        .lines()
        .map(|line| {
            let shows_default = [
                "version:",
                "preempt",
                "checksum:",
                "lease:",
                "announce:",
                "control:",
                "metrics:",
                "log:",
                "realtime:",
                "verify:",
            ];
            match line.trim_start().strip_prefix("# ") {
                Some(key) if shows_default.iter().any(|default| key.starts_with(default)) => {
                    line.replacen("# ", "", 1) + "\n"
                }
                _ => line.to_owned() + "\n",
            }
        })
        .collect();
    assert_ne!(with_defaults, text);
    assert_eq!(common::config(&with_defaults), common::config(&text));
}

#[test]
fn the_konvoy_file_with_both_optional_keys_gives_this_hosts_priority_by_its_place() {
    for (address, priority) in [
        ("10.0.50.11", 254),
        ("10.0.50.12", 253),
        ("10.0.50.13", 252),
    ] {
        let inventory = Some("konvoy/inventory.yaml");
        let config = config("konvoy/cluster.yaml", inventory, &host(address));
        let instance = &config.instances[0];
        assert_eq!(instance.priority, priority);
        assert_eq!(instance.vrid, 51);
        assert_eq!(instance.interface.as_deref(), Some("ens20f0"));
        assert_eq!(instance.addresses[0].to_string(), "10.0.50.20/32");
        assert_eq!(instance.advert_interval, Duration::from_secs(1));
        let Probe::Http(http) = &config.checks[0].probe else {
            panic!("no HTTP check")
        };
        assert_eq!(http.url.to_string(), "https://127.0.0.1:6443/healthz");
        let tls = http.tls.as_ref().expect("https has TLS");
        assert_eq!(
            tls.ca.as_deref(),
            Some(Path::new("/etc/kubernetes/pki/ca.crt"))
        );
        assert_eq!(tls.server_name.as_deref(), Some("kubernetes"));
        assert!(tls.verify);
    }
}

#[test]
fn keepalived_with_no_keys_takes_the_vrid_from_the_address_and_no_interface() {
    let config = config("konvoy/keepalived-defaults.yaml", None, &first_host());
    assert_eq!(config.instances[0].vrid, 20);
    assert_eq!(config.instances[0].interface, None);
    assert_eq!(config.instances[0].priority, 100);
}

#[test]
fn the_endpoint_comes_from_the_inventory_where_the_cluster_has_none() {
    let inventory = Some("konvoy/inventory-with-endpoint.yaml");
    let config = config(
        "konvoy/endpoint-from-inventory.yaml",
        inventory,
        &host("10.0.50.12"),
    );
    assert_eq!(
        config.instances[0].addresses[0].to_string(),
        "10.0.50.20/32"
    );
    assert_eq!(config.instances[0].priority, 253);
}

#[test]
fn without_a_keepalived_key_an_external_load_balancer_is_in_charge() {
    let loaded = load_example("konvoy/external-load-balancer.yaml", None, &first_host());
    let Loaded::ExternalLoadBalancer(external) = loaded else {
        panic!("a configuration")
    };
    assert_eq!(external.reason, ExternalReason::NoKeepalived);
    assert_eq!(
        external.to_string(),
        "an external load balancer is in charge of the control plane at lb.example.com:6443: nothing to do here"
    );
}

#[test]
fn aws_elb_names_both_of_its_values() {
    let loaded = load_example("konvoy/aws-elb.yaml", None, &first_host());
    let Loaded::ExternalLoadBalancer(external) = loaded else {
        panic!("a configuration")
    };
    assert_eq!(
        external.to_string(),
        "the cloud's load balancer is in charge of the control plane (spec.aws.elb: apiServerPort 6443, internal false): nothing to do here"
    );
}

#[test]
fn the_dual_stack_example_has_one_instance_of_each_family() {
    let config = config("ipv6.yaml", None, &first_host());
    let families: Vec<Family> = config
        .instances
        .iter()
        .map(vrrp_config::Instance::family)
        .collect();
    assert_eq!(families, [Family::Ipv4, Family::Ipv6]);
    assert_eq!(config.instances[1].addresses[0].to_string(), "fe80::20/128");
}
