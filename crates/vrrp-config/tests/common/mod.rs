//! What the tests share: loading a text as this host or another would.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};

use vrrp_config::{Config, Diagnostics, HostFacts, Loaded, LoadedConfig, Text};

/// The facts of the first host of the examples.
pub(crate) fn first_host() -> HostFacts {
    host("10.0.50.11")
}

/// The facts of a host of the examples with kubeadm's authority in place.
pub(crate) fn host(address: &str) -> HostFacts {
    HostFacts {
        local_addresses: ["127.0.0.1", "::1", address]
            .iter()
            .map(|address| address.parse().expect("an address"))
            .collect(),
        own_addresses: vec![address.parse().expect("an address")],
        kubernetes_ca: Some(PathBuf::from("/etc/kubernetes/pki/ca.crt")),
    }
}

/// Loads a `vrrpd.yaml`.
pub(crate) fn load(text: &str) -> Result<Loaded, Diagnostics> {
    vrrp_config::parse_str(
        Text {
            name: "vrrpd.yaml",
            text,
        },
        None,
        false,
        &first_host(),
    )
}

/// Loads a Konvoy file with or without an inventory.
pub(crate) fn load_konvoy(text: &str, inventory: Option<&str>) -> Result<Loaded, Diagnostics> {
    vrrp_config::parse_str(
        Text {
            name: "cluster.yaml",
            text,
        },
        inventory.map(|text| Text {
            name: "inventory.yaml",
            text,
        }),
        false,
        &first_host(),
    )
}

/// The configuration of a file that has no errors.
pub(crate) fn loaded(result: Result<Loaded, Diagnostics>) -> LoadedConfig {
    match result {
        Ok(Loaded::Config(loaded)) => loaded,
        Ok(Loaded::ExternalLoadBalancer(external)) => panic!("{external}"),
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

/// The configuration of a text that has neither errors nor warnings.
pub(crate) fn config(text: &str) -> Config {
    let loaded = loaded(load(text));
    assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
    loaded.config
}

/// Everything noticed about a file. One with errors is refused, one with warnings is not.
pub(crate) fn diagnostics(result: Result<Loaded, Diagnostics>) -> Diagnostics {
    let said = match result {
        Ok(Loaded::Config(loaded)) => loaded.warnings,
        Ok(Loaded::ExternalLoadBalancer(external)) => external.warnings,
        Err(diagnostics) => {
            assert!(diagnostics.errors() > 0, "{diagnostics}");
            return diagnostics;
        }
    };
    assert_eq!(said.errors(), 0, "{said}");
    said
}

/// The directory of the shipped examples.
pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}
