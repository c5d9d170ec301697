//! The certificates of a control-plane host: where the API server and its clients find them, and
//! what can be wrong with the server's.

use std::net::{IpAddr, Ipv6Addr};

use super::{CA_FILE, CERTIFICATE_FILE, KEY_FILE};
use crate::error::Result;
use crate::host::Host;
use crate::lab::{VIP, VIP_V6};
use crate::pki::Pki;

/// A certificate of an API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// A new one with nothing wrong.
    Good,
    /// It ended with the year 2020.
    Expired,
    /// It is for `elsewhere.example` only.
    OtherName,
    /// An authority that nobody knows issued it.
    OtherIssuer,
}

/// Puts authority and certificates where a control-plane host has them. The server certificate
/// is for the host's addresses and `virtual_addresses`.
pub(crate) fn install_certificates(host: &Host, virtual_addresses: &[IpAddr]) -> Result<()> {
    let mut addresses = own_addresses(host);
    addresses.extend(virtual_addresses);
    let server = host.pki().server(&addresses)?;
    let client = host.pki().client("kube-apiserver-healthcheck")?;
    for (path, contents) in [
        (CA_FILE, host.pki().ca()),
        (CERTIFICATE_FILE, &server.certificate),
        (KEY_FILE, &server.key),
        ("/etc/kubernetes/pki/healthcheck.crt", &client.certificate),
        ("/etc/kubernetes/pki/healthcheck.key", &client.key),
    ] {
        host.write_file(path, contents)?;
    }
    Ok(())
}

/// Replaces the server's certificate.
pub(super) fn write(host: &Host, certificate: Certificate) -> Result<()> {
    let mut addresses = own_addresses(host);
    addresses.extend([IpAddr::from(VIP), IpAddr::from(VIP_V6)]);
    let credentials = match certificate {
        Certificate::Good => host.pki().server(&addresses)?,
        Certificate::Expired => host.pki().expired_server(&addresses)?,
        Certificate::OtherName => host.pki().server_for("elsewhere.example")?,
        Certificate::OtherIssuer => Pki::new()?.server(&addresses)?,
    };
    host.write_file(CERTIFICATE_FILE, credentials.certificate)?;
    host.write_file(KEY_FILE, credentials.key)
}

fn own_addresses(host: &Host) -> Vec<IpAddr> {
    let mut addresses = vec![
        IpAddr::from([127, 0, 0, 1]),
        IpAddr::from(Ipv6Addr::LOCALHOST),
        host.address().into(),
    ];
    addresses.extend(host.address_v6().map(IpAddr::from));
    addresses
}
