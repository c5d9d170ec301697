//! What balancing needs from the host and what is missing, and what may stand in its way.

mod concerns;
mod features;

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use nix::ifaddrs::getifaddrs;

pub use self::concerns::{Concern, concerns};
use crate::error::BalanceError;
use crate::nft::Nft;
use crate::ruleset::{Ruleset, create};
use crate::service::Service;

/// Something without which there is no balancing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What kind of thing it is.
    pub kind: MissingKind,
    /// What is missing and why that matters, without a full stop.
    pub what: String,
    /// What to do about it, without a full stop.
    pub remedy: String,
}

/// Kinds of things that can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingKind {
    /// The kernel does not forward.
    Forwarding,
    /// `nft` is absent or too old.
    Nft,
    /// The asking process may not do what has to be done; says nothing about the host.
    Rights,
    /// The kernel lacks a part.
    Kernel,
}

/// A table that never comes to be: rules are only tried.
const PROBE: &str = "vrrpd_probe";

/// Looks for what `services` need and this host lacks. Changes nothing. Without CAP_NET_ADMIN it
/// can say no more than that it lacks this right.
pub async fn requirements(services: &[Service], nft: &Path) -> Vec<Missing> {
    let mut missing = forwarding(services);
    let nft = Nft::new(nft.to_owned());
    if let Err(error) = nft
        .run("asking nft for its version", &["--version"], "")
        .await
    {
        missing.push(Missing {
            kind: MissingKind::Nft,
            what: error.to_string(),
            remedy: "install the package nftables".to_owned(),
        });
        return missing;
    }
    match nft.check(&create(PROBE, &Ruleset::new(services))).await {
        Ok(()) => {}
        Err(error @ BalanceError::NotPermitted { .. }) => missing.push(Missing {
            kind: MissingKind::Rights,
            what: error.to_string(),
            remedy:
                "run as root, or give the service AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW"
                    .to_owned(),
        }),
        Err(error) => missing.extend(features::missing(&nft, &error).await),
    }
    missing
}

/// Whether the kernel forwards in the families in which a backend is on another host. A part of
/// [`requirements`] that costs next to nothing.
#[must_use]
pub fn forwarding(services: &[Service]) -> Vec<Missing> {
    let own = own_addresses();
    [
        (true, "net.ipv4.ip_forward"),
        (false, "net.ipv6.conf.all.forwarding"),
    ]
    .into_iter()
    .filter(|(is_v4, setting)| {
        let elsewhere = services
            .iter()
            .filter(|service| service.address.is_ipv4() == *is_v4)
            .flat_map(|service| &service.backends)
            .any(|backend| !own.contains(&backend.address.ip()));
        elsewhere && read(setting).is_none_or(|value| value == 0)
    })
    .map(|(_, setting)| Missing {
        kind: MissingKind::Forwarding,
        what: format!("{setting} is off: connections to backends on other hosts are not forwarded"),
        remedy: format!(
            "write `{setting} = 1` to /etc/sysctl.d/90-vrrpd.conf and run `sysctl --system`"
        ),
    })
    .collect()
}

/// A number among the kernel's settings.
fn read(setting: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/sys/{}", setting.replace('.', "/"))).ok()?;
    text.trim().parse().ok()
}

/// The addresses of this host. Binding to one proves nothing: `ip_nonlocal_bind` may be on.
fn own_addresses() -> Vec<IpAddr> {
    let Ok(interfaces) = getifaddrs() else {
        return Vec::new();
    };
    interfaces
        .filter_map(|interface| {
            let address = interface.address?;
            let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
            v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
        })
        .collect()
}
