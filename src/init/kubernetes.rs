//! The API server of this host: its port, and the authority that signs its certificate.

use std::fs;
use std::path::{Path, PathBuf};

use vrrp_config::KUBERNETES_CA;

/// Where kubeadm describes the API server.
const MANIFEST: &str = "/etc/kubernetes/manifests/kube-apiserver.yaml";

/// The authorities of other distributions.
const OTHER_AUTHORITIES: [&str; 2] = [
    "/var/lib/rancher/rke2/server/tls/server-ca.crt",
    "/var/lib/rancher/k3s/server/tls/server-ca.crt",
];

/// What is there where Kubernetes is about to be set up.
const SIGNS: [&str; 4] = [
    "/etc/kubernetes",
    "/usr/bin/kubeadm",
    "/usr/bin/kubelet",
    "/usr/local/bin/kubeadm",
];

const DEFAULT_PORT: u16 = 6443;

/// The API server of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kubernetes {
    /// The authority of its certificate.
    pub ca: PathBuf,
    /// Whether that file is there.
    pub ca_exists: bool,
    /// Its port.
    pub port: u16,
}

impl Kubernetes {
    /// Looks for it in the files below `root`, which is `/`; `ca` is what the operator gave.
    #[must_use]
    pub fn find(root: &Path, ca: Option<&Path>) -> Option<Self> {
        let below = |path: &str| root.join(path.trim_start_matches('/'));
        let found = [KUBERNETES_CA]
            .into_iter()
            .chain(OTHER_AUTHORITIES)
            .find(|path| below(path).is_file());
        let (ca, ca_exists) = match (ca, found) {
            (Some(ca), _) => (ca.to_path_buf(), ca.is_file()),
            (None, Some(found)) => (PathBuf::from(found), true),
            (None, None) if SIGNS.iter().any(|sign| below(sign).exists()) => {
                (PathBuf::from(KUBERNETES_CA), false)
            }
            (None, None) => return None,
        };
        let manifest = fs::read_to_string(below(MANIFEST)).unwrap_or_default();
        Some(Self {
            ca,
            ca_exists,
            port: port(&manifest).unwrap_or(DEFAULT_PORT),
        })
    }
}

/// What `--secure-port` says in a manifest: an item of the command, on a line of its own.
fn port(manifest: &str) -> Option<u16> {
    manifest.lines().find_map(|line| {
        let argument = line
            .trim()
            .trim_start_matches("- ")
            .trim_matches(['"', '\'']);
        argument.strip_prefix("--secure-port=")?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a directory");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        }
        root
    }

    #[test]
    fn kubeadms_authority_and_port_are_found() {
        let manifest = "spec:\n  containers:\n  - command:\n    - kube-apiserver\n    \
                        - --advertise-address=10.0.50.11\n    - --secure-port=16443\n";
        let root = root(&[
            ("etc/kubernetes/pki/ca.crt", "PEM"),
            ("etc/kubernetes/manifests/kube-apiserver.yaml", manifest),
        ]);
        let found = Kubernetes::find(root.path(), None).expect("it is there");
        assert_eq!(found.ca, Path::new(KUBERNETES_CA));
        assert!(found.ca_exists);
        assert_eq!(found.port, 16443);
    }

    #[test]
    fn rke2s_authority_is_found() {
        let root = root(&[("var/lib/rancher/rke2/server/tls/server-ca.crt", "PEM")]);
        let found = Kubernetes::find(root.path(), None).expect("it is there");
        assert_eq!(found.ca, Path::new(OTHER_AUTHORITIES[0]));
        assert_eq!(found.port, 6443);
    }

    #[test]
    fn before_kubeadm_init_the_authority_is_expected_where_kubeadm_will_make_it() {
        let root = root(&[("usr/bin/kubeadm", "")]);
        let found = Kubernetes::find(root.path(), None).expect("it will be there");
        assert_eq!(found.ca, Path::new(KUBERNETES_CA));
        assert!(!found.ca_exists);
    }

    #[test]
    fn a_host_without_kubernetes_has_none_unless_an_authority_is_given() {
        let root = root(&[]);
        assert_eq!(Kubernetes::find(root.path(), None), None);
        let given = Path::new("/nonexistent/ca.crt");
        let found = Kubernetes::find(root.path(), Some(given)).expect("it was given");
        assert_eq!((found.ca.as_path(), found.ca_exists), (given, false));
    }
}
