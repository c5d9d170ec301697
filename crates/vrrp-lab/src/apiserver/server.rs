//! The process of a stand-in API server. It obeys the names of modes on standard input, confirms
//! each on standard output, and ends with its input.

use std::convert::Infallible;
use std::io::{BufRead, Write};
use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
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
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).context(|| format!("reading {}", path.display()))
    };
    let client_ca = options.client_ca.as_ref().map(read).transpose()?;
    let tls = tls::server(
        &read(&options.cert)?,
        &read(&options.key)?,
        client_ca.as_deref(),
    )?;
    let (orders, inbox) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin()
            .lock()
            .lines()
            .map_while(std::result::Result::ok)
        {
            if let Some(mode) = Mode::from_name(&line)
                && orders.send(mode).is_err()
            {
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

/// Listens or not, as told, until nobody is left to tell.
async fn obey(
    options: &ServerOptions,
    tls: Arc<ServerConfig>,
    mut orders: mpsc::UnboundedReceiver<Mode>,
) -> Result<()> {
    let (mode, seen) = watch::channel(Mode::Healthy);
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
                    tokio::spawn(handle(stream, tls, seen, options.name.clone()));
                }
            }
            order = orders.recv() => {
                let Some(order) = order else {
                    return Ok(());
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
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "mode {}", mode.name());
    let _ = out.flush();
}

/// Serves a connection until it ends or the server is to be dead: then it is reset.
async fn handle(
    stream: TcpStream,
    tls: TlsAcceptor,
    mut mode: watch::Receiver<Mode>,
    name: String,
) {
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
        let _ = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await;
    };
    tokio::select! {
        () = serve => {}
        _ = mode.wait_for(|mode| *mode == Mode::Dead) => {
            // With a linger time of zero the last close sends a reset.
            let _ = reset.set_linger(Some(Duration::ZERO));
        }
    }
}

async fn respond(
    request: Request<Incoming>,
    mut mode: watch::Receiver<Mode>,
    name: String,
) -> std::result::Result<Response<Full<Bytes>>, Infallible> {
    let _ = mode.wait_for(|mode| *mode != Mode::Hung).await;
    let sick = *mode.borrow() == Mode::Sick;
    let (status, body) = match request.uri().path() {
        "/healthz" | "/livez" | "/readyz" if sick => {
            (StatusCode::INTERNAL_SERVER_ERROR, SICK.to_owned())
        }
        "/healthz" | "/livez" | "/readyz" => (StatusCode::OK, "ok".to_owned()),
        "/whoami" => (StatusCode::OK, name),
        _ => (StatusCode::NOT_FOUND, "404 page not found\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    Ok(response)
}
