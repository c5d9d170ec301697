//! Targets of `vrrp-config`: any text is a configuration, or diagnostics that can be shown and
//! point into it.

mod judge;
pub mod keepalived_conf;
pub mod konvoy;
pub mod vrrpd_yaml;

use std::net::IpAddr;
use std::path::PathBuf;

use vrrp_config::HostFacts;

/// The first control-plane host of the examples.
fn first_host() -> HostFacts {
    let address = |text: &str| -> IpAddr { text.parse().expect("an address") };
    HostFacts {
        local_addresses: ["127.0.0.1", "::1", "10.0.50.11", "fe80::11"]
            .map(address)
            .to_vec(),
        own_addresses: ["10.0.50.11", "fe80::11"].map(address).to_vec(),
        kubernetes_ca: Some(PathBuf::from("/etc/kubernetes/pki/ca.crt")),
    }
}
