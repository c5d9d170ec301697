//! Konvoy's `cluster.yaml` and its Ansible `inventory.yaml`, taken as they are.
//!
//! Only the keys that concern the control-plane endpoint are read; all others belong to Konvoy
//! and may be anything.

mod balancer;
mod cluster;
mod config;
mod endpoint;
mod external;
mod import;
mod inventory;

pub use external::{ExternalLoadBalancer, ExternalReason};
pub use import::{import_konvoy, is_konvoy_file};

pub(crate) use cluster::is_konvoy;
pub(crate) use config::{Konvoy, Wish, read};

/// Where kubeadm keeps the certificate authority that signs the API server's certificate.
pub const KUBERNETES_CA: &str = "/etc/kubernetes/pki/ca.crt";
