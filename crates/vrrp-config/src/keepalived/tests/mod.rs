//! x
use super::*;
#[test]
fn show() {
    for name in ["kubeadm", "kubespray", "openshift", "ansible", "macros", "dual_stack"] {
        let path = format!("src/keepalived/tests/fixtures/{name}/keepalived.conf");
        match import(Path::new(&path), &ImportOptions { config_id: Some("node1") }) {
            Ok(imported) => println!("{}", imported.yaml),
            Err(error) => println!("{error}"),
        }
    }
}
