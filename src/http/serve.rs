//! Accepting, limiting and answering. Each connection carries one request.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;

use super::accept::{Accept, Peer};
use super::reply::{Body, Reply, error};

/// What a client may use up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections served at the same time.
    pub connections: usize,
    /// Bytes of request line and headers together.
    pub header_bytes: usize,
    /// Bytes of request body.
    pub body_bytes: usize,
    /// Time for which the handler may make a client wait for another part of the daemon.
    pub answer: Duration,
    /// Time from connection to complete headers.
    pub header_deadline: Duration,
    /// Time from connection to the last byte of the answer, unless the answer is endless.
    pub deadline: Duration,
    /// Time for which a client may leave a piece of the answer unread.
    pub idle_write: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 32,
            header_bytes: 8 * 1024,
            body_bytes: 4 * 1024,
            answer: Duration::from_secs(8),
            header_deadline: Duration::from_secs(5),
            deadline: Duration::from_secs(10),
            idle_write: Duration::from_secs(10),
        }
    }
}

/// What answers requests.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request, whose body was read and is within the limit.
    fn handle(&self, request: Request<Bytes>, peer: Peer) -> impl Future<Output = Reply> + Send;
}

/// Connections beyond the limit that are told so; more than these are just closed.
const REFUSALS: usize = 8;

/// How long a connection beyond the limit may take to hear that it is.
const REFUSAL_DEADLINE: Duration = Duration::from_secs(1);

/// Wait after the kernel could not give a connection, for want of file descriptors for example.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until dropped.
pub async fn serve<L: Accept, H: Handler>(listener: L, limits: Limits, handler: Arc<H>) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(cause) => {
                tracing::debug!(%cause, "could not accept a connection");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            let handler = Arc::clone(&handler);
            tokio::spawn(async move {
                connection(stream, peer, limits, handler).await;
                drop(place);
            });
        } else if let Ok(place) = Arc::clone(&refusals).try_acquire_owned() {
            let limits = Limits {
                header_deadline: REFUSAL_DEADLINE,
                deadline: REFUSAL_DEADLINE,
                ..limits
            };
            tokio::spawn(async move {
                connection(stream, peer, limits, Arc::new(Full(limits.connections))).await;
                drop(place);
            });
        }
    }
}

struct Full(usize);

impl Handler for Full {
    async fn handle(&self, _: Request<Bytes>, _: Peer) -> Reply {
        let message = format!("all {} connections are in use; try again later", self.0);
        error(StatusCode::SERVICE_UNAVAILABLE, message)
    }
}

async fn connection<H: Handler>(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + 'static,
    peer: Peer,
    limits: Limits,
    handler: Arc<H>,
) {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.idle_write));
    let endless = Arc::new(AtomicBool::new(false));
    let service = service_fn(|request| {
        let handler = Arc::clone(&handler);
        let endless = Arc::clone(&endless);
        async move {
            let reply = answer(request, peer, limits, &*handler).await;
            endless.store(reply.endless, Ordering::Relaxed);
            Ok::<Response<Body>, Infallible>(reply.response)
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_deadline)
        .keep_alive(false)
        .max_buf_size(limits.header_bytes)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    let mut connection = pin!(connection);
    let outcome = match timeout(limits.deadline, &mut connection).await {
        Ok(outcome) => outcome,
        Err(_) if endless.load(Ordering::Relaxed) => connection.await,
        Err(_) => {
            tracing::debug!(%peer, "closed a connection that took longer than its deadline");
            return;
        }
    };
    if let Err(cause) = outcome {
        tracing::debug!(%peer, %cause, "a connection ended early");
    }
}

async fn answer<H: Handler>(
    request: Request<Incoming>,
    peer: Peer,
    limits: Limits,
    handler: &H,
) -> Reply {
    let too_large = || {
        let message = format!(
            "the request body is larger than {} bytes",
            limits.body_bytes
        );
        error(StatusCode::PAYLOAD_TOO_LARGE, message)
    };
    let (parts, body) = request.into_parts();
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return too_large();
    }
    match Limited::new(body, limits.body_bytes).collect().await {
        Ok(body) => {
            handler
                .handle(Request::from_parts(parts, body.to_bytes()), peer)
                .await
        }
        Err(cause) if cause.is::<http_body_util::LengthLimitError>() => too_large(),
        Err(cause) => error(
            StatusCode::BAD_REQUEST,
            format!("the request body did not arrive: {cause}"),
        ),
    }
}
