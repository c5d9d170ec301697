//! Kubernetes on this host: who goes through the virtual address, and what the checks need.

use std::fs;
use std::path::Path;

use vrrp_config::Probe;

use super::Findings;
use super::scene::Scene;

/// What kubeadm makes for those that talk to the API server.
const CLIENTS: [&str; 2] = ["/etc/kubernetes/kubelet.conf", "/etc/kubernetes/admin.conf"];

pub(super) fn examine(scene: &Scene, findings: &mut Findings<'_>) {
    let Some(config) = &scene.config else {
        return;
    };
    let addresses: Vec<String> = config
        .instances
        .iter()
        .flat_map(|instance| &instance.addresses)
        .map(|found| found.address.to_string())
        .collect();
    for path in CLIENTS {
        let Some(server) = fs::read_to_string(path).ok().and_then(|text| server(&text)) else {
            continue;
        };
        if addresses.contains(&server) {
            findings.ok(format!("{path} goes through the virtual address {server}"));
        } else {
            findings.warning(
                format!("{path} goes to {server}, not to a virtual address"),
                "without the control-plane endpoint at the virtual address this host's Kubernetes \
                 gains nothing from it: see `kubeadm init --control-plane-endpoint`",
            );
        }
    }
    for check in &config.checks {
        let Probe::Http(http) = &check.probe else {
            continue;
        };
        let ca = http.tls.as_ref().and_then(|tls| tls.ca.as_deref());
        if let Some(ca) = ca.filter(|ca| !Path::exists(ca)) {
            findings.problem(
                format!(
                    "the check {} fails: {} does not exist",
                    check.name,
                    ca.display()
                ),
                "write the path of the authority that signed the server's certificate; kubeadm \
                 makes it at `kubeadm init`",
            );
        }
    }
}

/// The host of `server:` in a kubeconfig.
fn server(text: &str) -> Option<String> {
    let url = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("server:"))?;
    let url = url.trim().trim_matches(['"', '\'']);
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next()?,
        None => authority.split(':').next()?,
    };
    Some(host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_kubeconfig_is_found_in_each_form() {
        for (line, host) in [
            ("    server: https://10.0.50.20:6443", "10.0.50.20"),
            ("server: \"https://[fd00::20]:6443/\"", "fd00::20"),
            ("server: https://api.example.com", "api.example.com"),
        ] {
            assert_eq!(server(line).as_deref(), Some(host));
        }
        assert_eq!(server("kind: Config"), None);
    }
}
