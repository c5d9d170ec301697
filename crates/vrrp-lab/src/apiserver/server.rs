//! The process of a stand-in API server. It obeys the names of modes and `rotate` on standard
//! input, confirms each on standard output, and ends with its input.

use std::convert::Infallible;
use std::io::{BufRead, Write};
use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;

use super::Mode;
use crate::error::{Context, Result};
use crate::tls;

/// How long [`Mode::Slow`] takes.
const SLOW: Duration = Duration::from_secs(3);
/// What [`Mode::Endless`] sends again and again.
const CHUNK: &[u8] = &[b'.'; 16 * 1024];
const SICK: &str = "[+]ping ok\n[-]etcd failed: reason withheld\nhealthz check failed\n";

/// Command line of `vrrp-lab apiserver`.
#[derive(Clone, Debug, clap::Args)]
pub struct ServerOptions {
    /// What `/whoami` answers.
    #[arg(long)]
    name: String,
    /// Address and port to listen on.
    #[arg(long)]
    listen: SocketAddr,
    /// Certificate chain, PEM.
    #[arg(long)]
    cert: PathBuf,
    /// Private key, PEM.
    #[arg(long)]
    key: PathBuf,
    /// Authority whose certificates clients must show, PEM.
    #[arg(long)]
    client_ca: Option<PathBuf>,
}

/// Runs an API server until its standard input ends.
///
/// # Errors
/// Certificates cannot be read, or the port is taken.
pub fn serve(options: &ServerOptions) -> Result<()> {
    let tls = credentials(options)?;
    let (orders, inbox) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin()
            .lock()
            .lines()
            .map_while(std::result::Result::ok)
        {
            let order = match Mode::from_name(&line) {
                Some(mode) => Order::Mode(mode),
                None if line == "rotate" => Order::Rotate,
                None => continue,
            };
            if orders.send(order).is_err() {
                break;
            }
        }
    });
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context(|| "starting the runtime".to_owned())?
        .block_on(obey(options, tls, inbox))
}

enum Order {
    Mode(Mode),
    /// Read the certificate again and close open connections in good order.
    Rotate,
}

fn credentials(options: &ServerOptions) -> Result<Arc<ServerConfig>> {
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).context(|| format!("reading {}", path.display()))
    };
    let client_ca = options.client_ca.as_ref().map(read).transpose()?;
    tls::server(
        &read(&options.cert)?,
        &read(&options.key)?,
        client_ca.as_deref(),
    )
}

/// Listens or not, as told, until nobody is left to tell.
async fn obey(
    options: &ServerOptions,
    mut tls: Arc<ServerConfig>,
    mut orders: mpsc::UnboundedReceiver<Order>,
) -> Result<()> {
    let (mode, seen) = watch::channel(Mode::Healthy);
    let (rotation, rotated) = watch::channel(());
    let mut listener = Some(listen(options.listen)?);
    confirm(Mode::Healthy);
    loop {
        let connection = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            connection = connection => {
                if let Ok((stream, _)) = connection {
                    let (tls, seen) = (TlsAcceptor::from(Arc::clone(&tls)), seen.clone());
                    let rotated = rotated.clone();
                    tokio::spawn(handle(stream, tls, seen, rotated, options.name.clone()));
                }
            }
            order = orders.recv() => {
                let order = match order {
                    None => return Ok(()),
                    Some(Order::Mode(order)) => order,
                    Some(Order::Rotate) => {
                        tls = credentials(options)?;
                        rotation.send_replace(());
                        tokio::task::yield_now().await;
                        say("rotated");
                        continue;
                    }
                };
                if order == Mode::Dead {
                    listener = None;
                } else if listener.is_none() {
                    listener = Some(listen(options.listen)?);
                }
                mode.send_replace(order);
                // Connections act on it before it is confirmed.
                tokio::task::yield_now().await;
                confirm(order);
            }
        }
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    let listen = || {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::STREAM,
            None,
        )?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(1024)?;
        socket.set_nonblocking(true)?;
        TcpListener::from_std(StdListener::from(socket))
    };
    listen().context(|| format!("listening on {address}"))
}

fn confirm(mode: Mode) {
    say(&format!("mode {}", mode.name()));
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// Serves a connection until it ends or the server is to be dead: then it is reset.
async fn handle(
    stream: TcpStream,
    tls: TlsAcceptor,
    mut mode: watch::Receiver<Mode>,
    mut rotated: watch::Receiver<()>,
    name: String,
) {
    rotated.mark_unchanged();
    let answering = mode.clone();
    let Ok(reset) = socket2::SockRef::from(&stream).try_clone() else {
        return;
    };
    let serve = async move {
        let mut awake = answering.clone();
        if awake.wait_for(|mode| *mode != Mode::Hung).await.is_err() {
            return;
        }
        let Ok(stream) = tls.accept(stream).await else {
            return;
        };
        let service = service_fn(|request| respond(request, answering.clone(), name.clone()));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            _ = rotated.changed() => None,
        };
        if ended.is_none() {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    };
    tokio::select! {
        () = serve => {}
        _ = mode.wait_for(|mode| *mode == Mode::Dead) => {
            // With a linger time of zero the last close sends a reset.
            let _ = reset.set_linger(Some(Duration::ZERO));
        }
    }
}

type Body = BoxBody<Bytes, Infallible>;

async fn respond(
    request: Request<Incoming>,
    mut mode: watch::Receiver<Mode>,
    name: String,
) -> std::result::Result<Response<Body>, Infallible> {
    let _ = mode.wait_for(|mode| *mode != Mode::Hung).await;
    let (status, body) = match request.uri().path() {
        "/healthz" | "/livez" | "/readyz" => health(mode).await,
        "/whoami" => (StatusCode::OK, full(name)),
        _ => (StatusCode::NOT_FOUND, full("404 page not found\n")),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    Ok(response)
}

async fn health(mut mode: watch::Receiver<Mode>) -> (StatusCode, Body) {
    let now = *mode.borrow();
    match now {
        Mode::Sick => (StatusCode::INTERNAL_SERVER_ERROR, full(SICK)),
        Mode::Slow => {
            // Cut short when it is to be well again.
            let _ = tokio::time::timeout(SLOW, mode.wait_for(|mode| *mode != Mode::Slow)).await;
            (StatusCode::OK, full("ok"))
        }
        Mode::Stalled => (StatusCode::OK, StreamBody::new(stream::pending()).boxed()),
        Mode::Endless => {
            let chunk = || Ok(Frame::data(Bytes::from_static(CHUNK)));
            let chunks = stream::repeat_with(chunk);
            (StatusCode::OK, StreamBody::new(chunks).boxed())
        }
        Mode::Healthy | Mode::Hung | Mode::Dead => (StatusCode::OK, full("ok")),
    }
}

fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).boxed()
}
