//! One HTTP request from inside a host: over TCP, TLS or a Unix socket.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime;
use tokio_rustls::TlsConnector;

use crate::error::{Context, LabError, Result};
use crate::host::Host;
use crate::tls;

/// The name API servers' certificates are checked for.
const SERVER_NAME: &str = "kubernetes";

/// An HTTP answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// The whole body.
    pub body: String,
    /// From the first packet to the end of the body.
    pub took: Duration,
}

/// Where a request goes.
#[derive(Clone, Debug)]
enum Target {
    Tcp(SocketAddr),
    Tls(SocketAddr, Arc<ClientConfig>),
    Unix(PathBuf),
}

impl Host {
    /// `GET path` over plain HTTP, sent by this host.
    ///
    /// # Errors
    /// No whole answer within `bound`.
    pub fn http_get(&self, address: SocketAddr, path: &str, bound: Duration) -> Result<Response> {
        self.request(Target::Tcp(address), "GET", path, bound)
    }

    /// `GET path` over HTTPS, sent by this host. The server has to show a certificate of the
    /// lab's authority for the name `kubernetes`.
    ///
    /// # Errors
    /// No whole answer within `bound`.
    pub fn https_get(&self, address: SocketAddr, path: &str, bound: Duration) -> Result<Response> {
        let config = tls::client(self.pki().ca())?;
        self.request(Target::Tls(address, config), "GET", path, bound)
    }

    /// A request to a Unix socket, as this host sees the file system.
    ///
    /// # Errors
    /// No whole answer within `bound`.
    pub fn unix_request(
        &self,
        socket: impl AsRef<Path>,
        method: &str,
        path: &str,
        bound: Duration,
    ) -> Result<Response> {
        self.request(
            Target::Unix(socket.as_ref().to_owned()),
            method,
            path,
            bound,
        )
    }

    fn request(
        &self,
        target: Target,
        method: &str,
        path: &str,
        bound: Duration,
    ) -> Result<Response> {
        let (method, path) = (method.to_owned(), path.to_owned());
        let url = format!("{method} {path} of {} from {}", target.name(), self.name());
        // A thread of its own, so that a server that never answers does not hold up the host.
        let answer = self
            .background("lab-http", move || {
                runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?
                    .block_on(async {
                        tokio::time::timeout(bound, perform(&target, &method, &path))
                            .await
                            .unwrap_or_else(|_| Err(format!("no answer within {bound:?}").into()))
                    })
            })?
            .join();
        match answer {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(LabError::Http {
                url,
                why: error.to_string(),
            }),
            Err(_) => Err(LabError::Http {
                url,
                why: "panicked".to_owned(),
            }),
        }
    }

    /// Starts a thread in this host's namespaces.
    pub(crate) fn background<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<thread::JoinHandle<T>> {
        let builder = thread::Builder::new().name(name.to_owned());
        self.enter(move || builder.spawn(work))?
            .context(|| format!("starting thread {name} in {}", self.name()))
    }
}

impl Target {
    fn name(&self) -> String {
        match self {
            Self::Tcp(address) => format!("http://{address}"),
            Self::Tls(address, _) => format!("https://{address}"),
            Self::Unix(path) => path.display().to_string(),
        }
    }
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

async fn perform(
    target: &Target,
    method: &str,
    path: &str,
) -> std::result::Result<Response, AnyError> {
    let started = Instant::now();
    let (status, body) = match target {
        Target::Tcp(address) => exchange(TcpStream::connect(address).await?, method, path).await?,
        Target::Tls(address, config) => {
            let stream = connect_tls(*address, config).await?;
            exchange(stream, method, path).await?
        }
        Target::Unix(socket) => exchange(UnixStream::connect(socket).await?, method, path).await?,
    };
    Ok(Response {
        status,
        body,
        took: started.elapsed(),
    })
}

/// Connects and shakes hands.
pub(crate) async fn connect_tls(
    address: SocketAddr,
    config: &Arc<ClientConfig>,
) -> std::result::Result<tokio_rustls::client::TlsStream<TcpStream>, AnyError> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from(SERVER_NAME)?;
    Ok(TlsConnector::from(Arc::clone(config))
        .connect(name, stream)
        .await?)
}

/// One request over `stream`, which is closed afterwards.
pub(crate) async fn exchange<S>(
    stream: S,
    method: &str,
    path: &str,
) -> std::result::Result<(u16, String), AnyError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let serving = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", SERVER_NAME)
        .header("connection", "close")
        .body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    serving.abort();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
