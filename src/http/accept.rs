//! Listeners the server can take connections from, and what is known of who connects.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A process on this host; the ids are the kernel's word for it where it gave any.
    Local {
        /// User id.
        uid: u32,
        /// Process id.
        pid: Option<i32>,
    },
    /// A process of which the kernel told nothing.
    Unknown,
    /// A TCP client.
    Tcp(SocketAddr),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local {
                uid,
                pid: Some(pid),
            } => write!(f, "uid {uid}, pid {pid}"),
            Self::Local { uid, pid: None } => write!(f, "uid {uid}"),
            Self::Unknown => f.write_str("an unknown process"),
            Self::Tcp(address) => write!(f, "{address}"),
        }
    }
}

/// A listener.
pub trait Accept: Send + Sync + 'static {
    /// Its connections.
    type Stream: AsyncRead + AsyncWrite + Send + 'static;

    /// Waits for the next connection.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Peer)>> + Send;
}

impl Accept for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, Peer)> {
        let (stream, _) = Self::accept(self).await?;
        let peer = stream
            .peer_cred()
            .map_or(Peer::Unknown, |cred| Peer::Local {
                uid: cred.uid(),
                pid: cred.pid(),
            });
        Ok((stream, peer))
    }
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        let (stream, address) = Self::accept(self).await?;
        Ok((stream, Peer::Tcp(address)))
    }
}
