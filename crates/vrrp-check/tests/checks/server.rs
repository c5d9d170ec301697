//! Servers that can be healthy, sick, mute or dead: HTTP/1.1 and HTTP/2 with or without TLS, and raw TCP.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::server::WebPkiClientVerifier;
use rustls::{HandshakeKind, RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::pki::{Authority, Identity};

type Answer = Response<Full<Bytes>>;

/// An HTTP server. Dropping it closes the listener and every connection, as a killed process does.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    listening: Option<JoinHandle<()>>,
}

pub(crate) struct State {
    answer: Mutex<Arc<dyn Fn() -> Option<Answer> + Send + Sync>>,
    tls: Mutex<Option<Arc<ServerConfig>>>,
    pub(crate) connections: AtomicUsize,
    pub(crate) requests: Mutex<Vec<Seen>>,
    pub(crate) resumed: AtomicUsize,
    farewell: watch::Sender<u32>,
    open: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) version: Version,
    pub(crate) uri: String,
    pub(crate) headers: hyper::HeaderMap,
}

pub(crate) fn answer(status: u16, body: &str) -> Answer {
    Response::builder()
        .status(status)
        .body(Full::from(body.to_owned()))
        .expect("an answer")
}

impl Server {
    pub(crate) fn plain() -> Self {
        Self::new(None)
    }

    pub(crate) fn tls(identity: &Identity) -> Self {
        Self::new(Some(tls_config(identity, None, &[b"h2", b"http/1.1"])))
    }

    pub(crate) fn new(tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let state = Arc::new(State {
            answer: Mutex::new(Arc::new(|| Some(answer(200, "ok")))),
            tls: Mutex::new(tls),
            connections: AtomicUsize::new(0),
            requests: Mutex::new(Vec::new()),
            resumed: AtomicUsize::new(0),
            farewell: watch::Sender::new(0),
            open: Mutex::new(Vec::new()),
        });
        let address = listener.local_addr().expect("an address");
        let mut server = Self {
            address,
            state,
            listening: None,
        };
        server.listen(listener);
        server
    }

    fn listen(&mut self, listener: std::net::TcpListener) {
        listener.set_nonblocking(true).expect("non-blocking");
        let listener = TcpListener::from_std(listener).expect("a listener");
        let state = Arc::clone(&self.state);
        self.listening = Some(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let task = tokio::spawn(serve(stream, Arc::clone(&state)));
                state.open.lock().expect("lock").push(task);
            }
        }));
    }

    /// Closes the listener and every connection.
    pub(crate) async fn kill(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
            let _ = listening.await;
        }
        self.hang_up().await;
    }

    /// Closes every connection; the listener stays.
    pub(crate) async fn hang_up(&self) {
        let open = std::mem::take(&mut *self.state.open.lock().expect("lock"));
        for connection in open {
            connection.abort();
            let _ = connection.await;
        }
    }

    /// Says goodbye on every connection as the protocol has it: GOAWAY, or the end of keep-alive.
    pub(crate) fn say_goodbye(&self) {
        self.state.farewell.send_modify(|count| *count += 1);
    }

    /// What is answered from now on; `None` never answers.
    pub(crate) fn answers(&self, with: impl Fn() -> Option<Answer> + Send + Sync + 'static) {
        *self.state.answer.lock().expect("lock") = Arc::new(with);
    }

    pub(crate) fn shows(&self, identity: &Identity) {
        *self.state.tls.lock().expect("lock") = Some(tls_config(identity, None, &[b"http/1.1"]));
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn resumed(&self) -> usize {
        self.state.resumed.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.state.requests.lock().expect("lock").clone()
    }

    pub(crate) fn url(&self) -> String {
        let scheme = if self.state.tls.lock().expect("lock").is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}/healthz", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
        for connection in self.state.open.lock().expect("lock").iter() {
            connection.abort();
        }
    }
}

/// `clients`: whose certificates are demanded.
pub(crate) fn tls_config(
    identity: &Identity,
    clients: Option<&Authority>,
    alpn: &[&[u8]],
) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions");
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            let ca = Identity {
                cert: authority.ca(),
                key: authority.ca(),
            };
            use rustls_pki_types::pem::PemObject;
            let der =
                rustls_pki_types::CertificateDer::from_pem_file(ca.cert).expect("a certificate");
            roots.add(der).expect("an authority");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
        }
    };
    let (chain, key) = identity.load();
    let mut config = builder
        .with_single_cert(chain, key)
        .expect("a certificate and its key");
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    Arc::new(config)
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    state.connections.fetch_add(1, Ordering::SeqCst);
    let tls = state.tls.lock().expect("lock").clone();
    let Some(tls) = tls else {
        return converse(stream, false, state).await;
    };
    let Ok(stream) = TlsAcceptor::from(tls).accept(stream).await else {
        return;
    };
    let session = stream.get_ref().1;
    if session.handshake_kind() == Some(HandshakeKind::Resumed) {
        state.resumed.fetch_add(1, Ordering::SeqCst);
    }
    let http2 = session.alpn_protocol() == Some(b"h2");
    converse(stream, http2, state).await;
}

async fn converse<S>(stream: S, http2: bool, state: Arc<State>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let mut farewell = state.farewell.subscribe();
    let service = service_fn(move |request: Request<Incoming>| {
        let seen = Seen {
            version: request.version(),
            uri: request.uri().to_string(),
            headers: request.headers().clone(),
        };
        state.requests.lock().expect("lock").push(seen);
        let make = Arc::clone(&*state.answer.lock().expect("lock"));
        async move {
            match make() {
                Some(answer) => Ok::<_, Infallible>(answer),
                None => std::future::pending().await,
            }
        }
    });
    let io = TokioIo::new(stream);
    if http2 {
        let mut connection = std::pin::pin!(
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(io, service)
        );
        tokio::select! {
            _ = &mut connection => return,
            _ = farewell.changed() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    } else {
        let mut connection = std::pin::pin!(
            hyper::server::conn::http1::Builder::new().serve_connection(io, service)
        );
        tokio::select! {
            _ = &mut connection => return,
            _ = farewell.changed() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}

/// A raw TCP server; `handle` gets each connection. Dropping it closes all.
pub(crate) struct Raw {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Raw {
    pub(crate) fn new<F>(handle: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        Self::on(listener, handle)
    }

    pub(crate) fn on<F>(
        listener: std::net::TcpListener,
        handle: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        listener.set_nonblocking(true).expect("non-blocking");
        let listener = TcpListener::from_std(listener).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                open.spawn(handle(stream));
            }
        });
        Self {
            address,
            connections,
            task,
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads the head of a request.
pub(crate) async fn read_request(stream: &mut TcpStream) {
    use tokio::io::AsyncReadExt;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
}
