//! One HTTP connection, version 1.1 or 2, kept open between probes and watched for its end.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::SystemTime;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::answer::{Answer, BODY_LIMIT};
use super::failure;
use super::noting::{Note, Noting};
use crate::error::ProbeError;

type Driver = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// Room for the head of an answer.
const HEAD_LIMIT: u32 = 16 * 1024;

pub(crate) struct Connection {
    sender: Sender,
    driver: Option<Driver>,
    /// Owns what HTTP/2 spawns, so that nothing outlives the connection.
    tasks: Tasks,
    note: Note,
    pub(crate) address: SocketAddr,
    pub(crate) opened: Instant,
    /// When the server's certificate expires.
    pub(crate) expires: Option<SystemTime>,
}

enum Sender {
    One(http1::SendRequest<Empty<Bytes>>),
    Two(http2::SendRequest<Empty<Bytes>>),
}

impl Connection {
    /// Takes over a stream just opened.
    pub(crate) async fn open<S>(
        stream: S,
        http2: bool,
        address: SocketAddr,
        expires: Option<SystemTime>,
    ) -> hyper::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let tasks = Tasks::default();
        let (stream, note) = Noting::new(stream);
        let io = TokioIo::new(stream);
        let (sender, driver): (_, Driver) = if http2 {
            let (sender, driver) = http2::Builder::new(tasks.clone())
                .max_header_list_size(HEAD_LIMIT)
                .handshake(io)
                .await?;
            (Sender::Two(sender), Box::pin(driver))
        } else {
            let (sender, driver) = http1::Builder::new()
                .max_buf_size(HEAD_LIMIT as usize + BODY_LIMIT)
                .handshake(io)
                .await?;
            (Sender::One(sender), Box::pin(driver))
        };
        Ok(Self {
            sender,
            driver: Some(driver),
            tasks,
            note,
            address,
            opened: Instant::now(),
            expires,
        })
    }

    pub(crate) const fn is_http2(&self) -> bool {
        matches!(self.sender, Sender::Two(_))
    }

    /// Sends one request and reads the answer into `answer`, so that what has arrived survives a time-out.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<Empty<Bytes>>,
        answer: &mut Answer,
    ) -> hyper::Result<()> {
        let mut response = self.send(request).await?;
        answer.status = Some(response.status());
        answer.location = response.headers().get(hyper::header::LOCATION).cloned();
        while let Some(frame) = alongside(&mut self.driver, response.body_mut().frame())
            .await
            .0
        {
            if let Ok(data) = frame?.into_data() {
                let room = BODY_LIMIT - answer.body.len();
                answer.body.extend_from_slice(&data[..room.min(data.len())]);
                if data.len() > room {
                    answer.overflow = true;
                    return Ok(());
                }
            }
        }
        answer.complete = true;
        Ok(())
    }

    async fn send(&mut self, request: Request<Empty<Bytes>>) -> hyper::Result<Response<Incoming>> {
        let Self { sender, driver, .. } = self;
        let (response, ended) = alongside(driver, async {
            match sender {
                Sender::One(sender) => {
                    sender.ready().await?;
                    sender.send_request(request).await
                }
                Sender::Two(sender) => {
                    sender.ready().await?;
                    sender.send_request(request).await
                }
            }
        })
        .await;
        match (response, ended) {
            // The connection knows better than the request why it ended.
            (Err(error), Some(Err(cause))) if error.is_canceled() || error.is_closed() => {
                Err(cause)
            }
            (response, _) => response,
        }
    }

    /// What a failed exchange means; `doing` is what the server was expected to do.
    pub(crate) fn failure(&self, error: &hyper::Error, doing: &'static str) -> ProbeError {
        match self.note.take() {
            Some(tls) => crate::probe::tls::error::without_certificate(&tls, self.address),
            None => failure::of(error, self.address, doing),
        }
    }

    /// Waits for the connection's end. May be dropped and called again.
    pub(crate) async fn ended(&mut self) {
        if let Some(driver) = &mut self.driver {
            let _ = driver.await;
            self.driver = None;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.tasks.lock().abort_all();
    }
}

/// Runs `work` while the connection is driven; tells also how the connection ended meanwhile, if it did.
async fn alongside<T>(
    driver: &mut Option<Driver>,
    work: impl Future<Output = T>,
) -> (T, Option<hyper::Result<()>>) {
    let mut work = std::pin::pin!(work);
    let mut ended = None;
    let done = std::future::poll_fn(|context| {
        if let Some(running) = driver
            && let Poll::Ready(end) = running.as_mut().poll(context)
        {
            ended = Some(end);
            *driver = None;
        }
        work.as_mut().poll(context)
    })
    .await;
    (done, ended)
}

/// An executor for HTTP/2 whose tasks end with their connection.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl Tasks {
    fn lock(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, future: F) {
        let mut tasks = self.lock();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let _ = future.await;
        });
    }
}
