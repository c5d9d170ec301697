//! The control-plane endpoint: `address:port`.

use std::net::IpAddr;

use super::cluster::DEFAULT_API_SERVER_PORT;
use crate::read::{Field, not_unicast, split_host_port, text};
use crate::report::Report;
use crate::words::quoted;
use crate::yaml::Node;

/// An endpoint that can be a VIP.
#[derive(Debug, Clone, Copy)]
pub(super) struct Endpoint<'a> {
    pub(super) address: IpAddr,
    pub(super) port: u16,
    /// Where it was read.
    pub(super) node: &'a Node,
}

impl<'a> Endpoint<'a> {
    /// Reads the value of `name`; the port is the API server's usual one where it is missing.
    pub(super) fn read(name: &'static str, node: &'a Node, report: &mut Report) -> Option<Self> {
        let given = text(
            Field {
                name,
                key: node,
                value: node,
            },
            report,
        )?;
        let (host, port) = match split_host_port(given) {
            Ok(parts) => parts,
            Err(problem) => {
                report
                    .error(node, format!("`{name}` is {}: {problem}", quoted(given)))
                    .hint("write address:port, such as \"10.0.50.20:6443\"");
                return None;
            }
        };
        let Ok(address) = host.parse::<IpAddr>() else {
            report
                .error(
                    node,
                    format!(
                        "`{name}` is {}: a virtual IP must be an address, not a name",
                        quoted(given)
                    ),
                )
                .hint("write the IP address that the name stands for, such as \"10.0.50.20:6443\"");
            return None;
        };
        if let Some(kind) = not_unicast(address) {
            report.error(
                node,
                format!(
                    "`{name}` is {}: {address} is {kind}, not a virtual IP",
                    quoted(given)
                ),
            );
            return None;
        }
        Some(Endpoint {
            address,
            port: port.unwrap_or(DEFAULT_API_SERVER_PORT),
            node,
        })
    }
}
