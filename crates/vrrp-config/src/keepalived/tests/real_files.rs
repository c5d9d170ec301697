//! Whole files in the manner of those in use: what they become, word for word.

use super::*;

fn check(name: &str) {
    let path = fixture(name);
    let imported = import(
        &path,
        &ImportOptions {
            config_id: Some("node1"),
        },
    )
    .unwrap_or_else(|error| panic!("{error}"));
    assert_accepted(&imported.yaml);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new("fixtures").join(name));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("vrrpd.yaml", imported.yaml));
}

#[test]
fn a_control_plane_as_kubeadm_users_write_it() {
    check("kubeadm");
}

#[test]
fn a_load_balancer_pair_as_kubespray_users_write_it() {
    check("kubespray");
}

#[test]
fn unicast_instances_as_openshift_renders_them() {
    check("openshift");
}

#[test]
fn includes_groups_and_virtual_servers_as_a_role_writes_them() {
    check("ansible");
}

#[test]
fn definitions_conditions_and_sequences() {
    check("macros");
}

#[test]
fn a_dual_stack_group() {
    check("dual_stack");
}

#[test]
fn a_keepalived_conf_is_told_from_yaml() {
    for name in [
        "kubeadm",
        "kubespray",
        "openshift",
        "ansible",
        "macros",
        "dual_stack",
    ] {
        let text = std::fs::read_to_string(fixture(name)).expect("a fixture");
        assert!(crate::keepalived::is_keepalived_conf(&text), "{name}");
    }
    for text in [
        "",
        "instances:\n- name: vrrp_instance\n",
        "# vrrp_instance\nkind: ClusterConfiguration\n",
    ] {
        assert!(!crate::keepalived::is_keepalived_conf(text), "{text}");
    }
    assert!(crate::keepalived::is_keepalived_conf("vrrp_instance{"));
}
