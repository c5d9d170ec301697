//! Manifests as kube-vip's own `manifest` command makes them, and what comes of them.

use super::*;
use crate::{HostFacts, Loaded, parse_str};

const POD: &str = include_str!("fixtures/static-pod.yaml");
const DAEMON_SET: &str = include_str!("fixtures/daemonset-bgp.yaml");

fn import(text: &str) -> Imported {
    let name = "kube-vip.yaml";
    match import_kube_vip(Text { name, text }) {
        Ok(imported) => imported,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

/// The whole result, which `check` accepts.
fn good(text: &str) -> String {
    let yaml = import(text).yaml;
    let file = Text {
        name: "vrrpd.yaml",
        text: &yaml,
    };
    match parse_str(file, None, false, &HostFacts::default()) {
        Ok(Loaded::Config(_)) => yaml,
        Ok(Loaded::ExternalLoadBalancer(external)) => panic!("{external}"),
        Err(diagnostics) => panic!("{diagnostics}\n{yaml}"),
    }
}

#[test]
fn a_static_pod_becomes_an_instance_with_a_check() {
    insta::assert_snapshot!(good(POD));
}

#[test]
fn a_daemon_set_with_bgp_and_two_families_lists_what_is_lost() {
    insta::assert_snapshot!(good(DAEMON_SET));
}

#[test]
fn every_variable_is_in_the_result_or_in_the_list() {
    for text in [POD, DAEMON_SET] {
        let imported = import(text);
        let lines = text.lines().zip(1..);
        let variables: Vec<(&str, usize)> = lines
            .filter_map(|(line, number)| Some((line.trim().strip_prefix("- name: ")?, number)))
            .filter(|(name, _)| !["kube-vip", "kubeconfig"].contains(name))
            .collect();
        assert!(variables.len() > 8, "{variables:?}");
        let carried = ["address", "vip_interface", "vip_cidr", "port", "cp_enable"];
        for (name, line) in variables {
            let listed = imported
                .not_carried_over
                .iter()
                .any(|item| item.line == line && item.directive.split('=').next() == Some(name));
            assert_eq!(listed, !carried.contains(&name), "{name} on line {line}");
        }
    }
}

fn refused(text: &str) -> String {
    let name = "kube-vip.yaml";
    import_kube_vip(Text { name, text })
        .expect_err("refused")
        .lines()
}

#[test]
fn what_asks_for_no_address_of_a_control_plane_is_refused() {
    let name = POD.replace("value: 10.0.50.20", "value: api.example.com");
    assert!(refused(&name).contains("names are not looked up"));
    let services = POD.replace(
        "name: cp_enable\n      value: \"true\"",
        "name: cp_enable\n      value: \"false\"",
    );
    assert_ne!(services, POD);
    assert!(refused(&services).contains("serves Services"));
    let other = "kind: Pod\nspec: {containers: [{name: web, image: nginx}]}\n";
    assert!(refused(other).contains("no container of kube-vip"));
    assert!(!is_kube_vip(other) && is_kube_vip(POD) && is_kube_vip(DAEMON_SET));
}
