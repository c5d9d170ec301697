//! What backends have to do: connections and bytes.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::conntrack::Conntrack;
use crate::error::BalanceError;
use crate::inventory;
use crate::nft::Nft;
use crate::ruleset::{connections_counter, data_counter};
use crate::service::Service;

/// What a backend of a service has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendUsage {
    /// The service's name.
    pub service: String,
    /// The backend.
    pub backend: SocketAddr,
    /// Connections open now through this host.
    pub active: u64,
    /// Connections begun since the table was made.
    pub connections_total: u64,
    /// Bytes of IP packets in both directions, those that begin connections not counted.
    pub bytes_total: u64,
}

pub(crate) async fn read(
    nft: &Nft,
    services: &[Service],
) -> Result<Vec<BackendUsage>, BalanceError> {
    let counters: HashMap<_, _> = inventory::counters(nft)
        .await?
        .into_iter()
        .map(|counter| (counter.name.clone(), counter))
        .collect();
    let mut conntrack = Conntrack::open()?;
    let mut usage = Vec::new();
    for service in services {
        let mut active: HashMap<SocketAddr, u64> = HashMap::new();
        let place = SocketAddr::new(service.address, service.port);
        for connection in conntrack.connections(place).await? {
            if connection.open {
                *active.entry(connection.backend).or_default() += 1;
            }
        }
        for backend in &service.backends {
            let address = backend.address;
            let connections = counters.get(&connections_counter(service, address));
            let data = counters.get(&data_counter(service, address));
            usage.push(BackendUsage {
                service: service.name.clone(),
                backend: address,
                active: active.get(&address).copied().unwrap_or(0),
                connections_total: connections.map_or(0, |counter| counter.packets),
                bytes_total: data.map_or(0, |counter| counter.bytes),
            });
        }
    }
    Ok(usage)
}
