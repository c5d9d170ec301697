//! What balancing needs from the host, and what is missing.

use std::fs;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::Path;

use crate::error::BalanceError;
use crate::nft::Nft;
use crate::ruleset::{Ruleset, create};
use crate::service::Service;

/// Something that this host lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What is missing, in a sentence.
    pub what: String,
    /// What to do about it, in a sentence.
    pub remedy: String,
}

/// Looks for what `services` need and this host lacks. Changes nothing. Needs CAP_NET_ADMIN for
/// the whole truth.
pub async fn requirements(services: &[Service], nft: &Path) -> Vec<Missing> {
    let mut missing = Vec::new();
    for (is_v4, setting) in [
        (true, "net.ipv4.ip_forward"),
        (false, "net.ipv6.conf.all.forwarding"),
    ] {
        let needed = services
            .iter()
            .filter(|service| service.address.is_ipv4() == is_v4)
            .flat_map(|service| &service.backends)
            .any(|backend| !is_local(backend.address.ip()));
        if needed && !is_on(setting) {
            missing.push(Missing {
                what: format!("{setting} is off: connections to backends on other hosts are not forwarded"),
                remedy: format!(
                    "write `{setting} = 1` to /etc/sysctl.d/90-vrrpd.conf, then run `sysctl --system`"
                ),
            });
        }
    }
    let nft = Nft::new(nft.to_owned());
    if let Err(error) = nft
        .run("asking nft for its version", &["--version"], "")
        .await
    {
        missing.push(Missing {
            what: error.to_string(),
            remedy: "install the package nftables".to_owned(),
        });
        return missing;
    }
    if let Err(error) = nft
        .check(&create("vrrpd_probe", &Ruleset::new(services)))
        .await
    {
        missing.push(refusal(&error));
    }
    missing
}

fn refusal(error: &BalanceError) -> Missing {
    Missing {
        what: error.to_string(),
        remedy: match error {
            BalanceError::NotPermitted { .. } => {
                "give the service AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW".to_owned()
            }
            _ => "use a kernel with nf_tables NAT, and nftables 1.0 or later".to_owned(),
        },
    }
}

fn is_on(setting: &str) -> bool {
    fs::read_to_string(format!("/proc/sys/{}", setting.replace('.', "/")))
        .is_ok_and(|value| value.trim() != "0")
}

/// Whether this host has the address.
fn is_local(address: IpAddr) -> bool {
    UdpSocket::bind(SocketAddr::new(address, 0)).is_ok()
}
