//! Established connections, as the kernel tracks them: found by service, and ended.

mod connection;
mod nudge;
mod query;
mod socket;

use std::io;
use std::net::SocketAddr;

use netlink_packet_core::{NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST};
use netlink_packet_netfilter::NetfilterProtoFamily;
use netlink_packet_netfilter::conntrack::{ConntrackAttribute, ConntrackMessage};

pub(crate) use self::connection::Connection;
use self::connection::connection;
use self::nudge::Nudger;
use self::query::query;
use self::socket::Socket;
use crate::error::BalanceError;

/// Requests in one call to the kernel, so that their answers fit its buffer.
const BATCH: usize = 64;

/// The kernel's connection tracking.
pub(crate) struct Conntrack {
    socket: Socket,
}

fn failed(attempt: &'static str) -> impl Fn(io::Error) -> BalanceError {
    move |source| BalanceError::Netlink {
        attempt,
        feature: "CONFIG_NF_CT_NETLINK",
        source,
    }
}

const LIST: &str = "listing tracked connections";
const DELETE: &str = "deleting tracked connections";

impl Conntrack {
    pub(crate) fn open() -> Result<Self, BalanceError> {
        let socket = Socket::open().map_err(failed(LIST))?;
        Ok(Self { socket })
    }

    /// The connections that clients have to `service`.
    pub(crate) async fn connections(
        &mut self,
        service: SocketAddr,
    ) -> Result<Vec<Connection>, BalanceError> {
        let flags = NLM_F_REQUEST | NLM_F_DUMP;
        let bytes = self.socket.message(family(service), query(service), flags);
        self.socket.send(&bytes).await.map_err(failed(LIST))?;
        let mut found = Vec::new();
        let take = |message: &ConntrackMessage| {
            if let ConntrackMessage::New(attributes) = message {
                found.extend(connection(attributes).filter(|found| found.service == service));
            }
        };
        self.socket.answers(1, take).await.map_err(failed(LIST))?;
        Ok(found)
    }

    /// Deletes connections, and makes their clients notice. Those that have ended meanwhile do
    /// not count.
    pub(crate) async fn reset(&mut self, doomed: &[Connection]) -> Result<u64, BalanceError> {
        let deleted = self.delete(doomed).await?;
        // Where a client cannot be told, it notices with the next thing it sends.
        if let Some(first) = doomed.first() {
            match Nudger::open(first.service.ip()) {
                Ok(nudger) => {
                    for waiting in doomed.iter().filter(|connection| connection.awaited) {
                        if let Err(error) = nudger.nudge(waiting.service, waiting.client) {
                            tracing::debug!(%error, client = %waiting.client, "not told of its reset");
                        }
                    }
                }
                Err(error) => tracing::debug!(%error, "clients not told of their reset"),
            }
        }
        Ok(deleted)
    }

    async fn delete(&mut self, doomed: &[Connection]) -> Result<u64, BalanceError> {
        let mut deleted = 0;
        for batch in doomed.chunks(BATCH) {
            let mut bytes = Vec::new();
            for connection in batch {
                let tuple = ConntrackAttribute::CtaTupleOrig(connection.original.clone());
                let request = ConntrackMessage::Delete(vec![tuple]);
                let flags = NLM_F_REQUEST | NLM_F_ACK;
                bytes.extend(
                    self.socket
                        .message(family(connection.service), request, flags),
                );
            }
            self.socket.send(&bytes).await.map_err(failed(DELETE))?;
            deleted += self
                .socket
                .answers(batch.len(), |_| {})
                .await
                .map_err(failed(DELETE))?;
        }
        Ok(deleted)
    }
}

fn family(service: SocketAddr) -> NetfilterProtoFamily {
    if service.is_ipv4() {
        NetfilterProtoFamily::IPv4
    } else {
        NetfilterProtoFamily::IPv6
    }
}
