//! From `host:port` to a TCP connection within a deadline.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::error::ProbeError;

/// Host and port as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Endpoint {
    /// Reads `host:port` or `[v6]:port`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let port: u16 = port.parse().ok().filter(|port| *port != 0)?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']')?,
            None if host.contains(':') => return None,
            None => host,
        };
        let blank = host.is_empty() || host.chars().any(|c| c.is_whitespace() || c.is_control());
        (!blank).then(|| Self {
            host: host.to_owned(),
            port,
        })
    }
}

/// Makes connections to one endpoint.
#[derive(Debug)]
pub(crate) struct Dialer {
    endpoint: Endpoint,
    literal: Option<IpAddr>,
    /// A look-up that outlasted its probe; resolvers cannot be interrupted, so it is awaited, not repeated.
    lookup: Option<JoinHandle<io::Result<Vec<SocketAddr>>>>,
}

impl Dialer {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self {
            literal: endpoint.host.parse().ok(),
            endpoint,
            lookup: None,
        }
    }

    /// Connects to the first address that accepts. `timeout` is only for the error's text.
    pub(crate) async fn dial(
        &mut self,
        deadline: Instant,
        timeout: Duration,
    ) -> Result<(TcpStream, SocketAddr), ProbeError> {
        let addresses = self.addresses(deadline, timeout).await?;
        let mut failure = self.unresolved("it has no address".into());
        for (done, address) in addresses.iter().enumerate() {
            let now = Instant::now();
            let left = u32::try_from(addresses.len() - done).unwrap_or(u32::MAX);
            let share = now + deadline.saturating_duration_since(now) / left;
            failure = match timeout_at(share, connect(*address)).await {
                Ok(Ok(stream)) => return Ok((stream, *address)),
                Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => {
                    ProbeError::ConnectTimeout {
                        address: *address,
                        after: timeout,
                    }
                }
                Ok(Err(error)) => broken(*address, "connecting", &error),
                Err(_) => ProbeError::ConnectTimeout {
                    address: *address,
                    after: timeout,
                },
            };
        }
        Err(failure)
    }

    async fn addresses(
        &mut self,
        deadline: Instant,
        timeout: Duration,
    ) -> Result<Vec<SocketAddr>, ProbeError> {
        if let Some(literal) = self.literal {
            return Ok(vec![SocketAddr::new(literal, self.endpoint.port)]);
        }
        let Endpoint { host, port } = self.endpoint.clone();
        let lookup = self.lookup.get_or_insert_with(|| {
            tokio::spawn(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
        });
        let Ok(answer) = timeout_at(deadline, &mut *lookup).await else {
            return Err(self.unresolved(format!("no answer within {timeout:?}")));
        };
        self.lookup = None;
        match answer {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) => Err(self.unresolved(error.to_string())),
            Err(error) => Err(self.unresolved(error.to_string())),
        }
    }

    fn unresolved(&self, reason: String) -> ProbeError {
        ProbeError::Dns {
            host: self.endpoint.host.clone(),
            reason,
        }
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // A local port that nobody listens on may be picked as our own source port: TCP then connects to itself.
    if stream.local_addr()? == stream.peer_addr()? {
        stream.set_zero_linger()?;
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// What an error of a socket means.
pub(crate) fn broken(address: SocketAddr, doing: &'static str, error: &io::Error) -> ProbeError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ProbeError::Refused { address },
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => ProbeError::Reset { address, doing },
        io::ErrorKind::UnexpectedEof => ProbeError::Closed { address, doing },
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::TimedOut => ProbeError::Unreachable {
            address,
            reason: error.to_string(),
        },
        _ => ProbeError::Io {
            doing: format!("{doing} ({address})"),
            reason: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_read_with_and_without_brackets() {
        let read =
            |text: &str| Endpoint::parse(text).map(|endpoint| (endpoint.host, endpoint.port));
        assert_eq!(read("127.0.0.1:2379"), Some(("127.0.0.1".into(), 2379)));
        assert_eq!(read("[::1]:80"), Some(("::1".into(), 80)));
        assert_eq!(
            read("node-1.example:80"),
            Some(("node-1.example".into(), 80))
        );
        for bad in [
            "",
            ":80",
            "host",
            "host:",
            "host:0",
            "host:65536",
            "::1:80",
            "[::1:80",
            "a b:80",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
