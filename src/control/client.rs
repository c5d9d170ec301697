//! The client of the control socket, for the commands that talk to a running daemon.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::time::timeout;
use vrrp_net::claim::{self, Holder};

use super::GROUP;
use crate::events::Event;
use crate::status::Status;

/// Longer than the daemon's own deadlines, so that its word on what went wrong arrives first.
const DEADLINE: Duration = Duration::from_secs(12);

/// Largest answer read; the status of hundreds of instances fits well.
const ANSWER_BYTES: usize = 16 << 20;

/// Largest line of the event stream read.
const LINE_BYTES: usize = 1 << 20;

/// Why the daemon could not be asked, or what it refused.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error(
        "no vrrpd listens on {}: start it with `systemctl start vrrpd`, or give --socket PATH if its control socket is elsewhere",
        .0.display()
    )]
    NoDaemon(PathBuf),
    /// Nobody listens there, although a daemon runs.
    #[error(
        "no vrrpd listens on {}, but one runs here ({holder}): give --socket PATH with the `control: {{socket: PATH}}` of its configuration, or try again if it starts or stops just now",
        .path.display()
    )]
    Elsewhere {
        /// The control socket.
        path: PathBuf,
        /// The daemon.
        holder: Holder,
    },
    /// The socket is not for this user.
    #[error(
        "permission denied on {}: run this as root or as a member of the group {GROUP} (`usermod -aG {GROUP} USER`, then log in again)",
        .0.display()
    )]
    Permission(PathBuf),
    /// The kernel refused to connect.
    #[error("could not connect to {}: {cause}", .path.display())]
    Connect {
        /// The control socket.
        path: PathBuf,
        /// What the kernel said.
        cause: io::Error,
    },
    /// The daemon is there and does not answer.
    #[error(
        "vrrpd did not answer on {} within {} s; its log says more (`journalctl -u vrrpd`)",
        .0.display(), DEADLINE.as_secs()
    )]
    Timeout(PathBuf),
    /// The connection broke.
    #[error("the connection to {} broke: {cause}", .path.display())]
    Broken {
        /// The control socket.
        path: PathBuf,
        /// How.
        cause: String,
    },
    /// The daemon stopped, and with it the stream of events.
    #[error("the daemon closed the connection: it was stopped or restarted")]
    Ended,
    /// The daemon said no.
    #[error("{message}")]
    Refused {
        /// Its status code.
        status: StatusCode,
        /// Its reason.
        message: String,
    },
    /// Something answers that is no vrrpd, or one of another version.
    #[error("what {} answered could not be understood: {cause}", .path.display())]
    Strange {
        /// The control socket.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

impl ClientError {
    /// Whether it means that no daemon runs.
    #[must_use]
    pub const fn no_daemon(&self) -> bool {
        matches!(
            self,
            Self::NoDaemon(_) | Self::Elsewhere { .. } | Self::Ended
        )
    }
}

/// A control socket to talk to. Each request is a connection of its own.
#[derive(Clone, Debug)]
pub struct Client {
    path: PathBuf,
}

impl Client {
    /// For the socket at `path`.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// The status document, as the daemon wrote it and as this program understands it.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn status(&self) -> Result<(Bytes, Status), ClientError> {
        let bytes = self.ask(Method::GET, "/v1/status").await?;
        match serde_json::from_slice(&bytes) {
            Ok(status) => Ok((bytes, status)),
            Err(cause) => Err(ClientError::Strange {
                path: self.path.clone(),
                cause: cause.to_string(),
            }),
        }
    }

    /// One of `reload`, `resign`, `drain`, `undrain`, with its parameters.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn command(
        &self,
        name: &str,
        parameters: &[(&str, &str)],
    ) -> Result<(), ClientError> {
        let target = target(&format!("/v1/{name}"), parameters);
        self.ask(Method::POST, &target).await.map(drop)
    }

    /// Follows events from `since` (an id, a time or how long ago; from now on where absent).
    /// Without `follow` it ends with what is remembered.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn events(&self, since: Option<&str>, follow: bool) -> Result<Events, ClientError> {
        let mut parameters: Vec<_> = since.map(|since| ("since", since)).into_iter().collect();
        if !follow {
            parameters.push(("follow", "false"));
        }
        let target = target("/v1/events", &parameters);
        let response = self
            .within_deadline(self.send(Method::GET, &target))
            .await?;
        let response = self.accepted(response).await?;
        Ok(Events {
            body: response.into_body(),
            buffer: Vec::new(),
            path: self.path.clone(),
        })
    }

    async fn ask(&self, method: Method, target: &str) -> Result<Bytes, ClientError> {
        self.within_deadline(async {
            let response = self.send(method, target).await?;
            let response = self.accepted(response).await?;
            self.body(response).await
        })
        .await
    }

    async fn within_deadline<T>(
        &self,
        work: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        timeout(DEADLINE, work)
            .await
            .unwrap_or_else(|_| Err(ClientError::Timeout(self.path.clone())))
    }

    fn nobody_listens(&self) -> ClientError {
        let path = self.path.clone();
        // Whether one runs elsewhere is a courtesy: the error stands without it.
        match claim::holder() {
            Ok(Some(holder)) => ClientError::Elsewhere { path, holder },
            _ => ClientError::NoDaemon(path),
        }
    }

    async fn send(&self, method: Method, target: &str) -> Result<Response<Incoming>, ClientError> {
        let path = || self.path.clone();
        let stream = UnixStream::connect(&self.path)
            .await
            .map_err(|cause| match cause.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => self.nobody_listens(),
                io::ErrorKind::PermissionDenied => ClientError::Permission(path()),
                _ => ClientError::Connect {
                    path: path(),
                    cause,
                },
            })?;
        let broken = |cause: hyper::Error| ClientError::Broken {
            path: path(),
            cause: cause.to_string(),
        };
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        // Ends by itself when the answer was read or dropped; its error reaches the reader.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(hyper::header::HOST, "vrrpd")
            .body(Empty::<Bytes>::new())
            .map_err(|cause| ClientError::Strange {
                path: path(),
                cause: cause.to_string(),
            })?;
        sender.send_request(request).await.map_err(broken)
    }

    async fn accepted(
        &self,
        response: Response<Incoming>,
    ) -> Result<Response<Incoming>, ClientError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let bytes = self.body(response).await?;
        let document: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
        let message = document
            .as_ref()
            .and_then(|document| document["error"].as_str())
            .map_or_else(|| format!("vrrpd answered {status}"), str::to_owned);
        Err(ClientError::Refused { status, message })
    }

    async fn body(&self, response: Response<Incoming>) -> Result<Bytes, ClientError> {
        match Limited::new(response.into_body(), ANSWER_BYTES)
            .collect()
            .await
        {
            Ok(body) => Ok(body.to_bytes()),
            Err(cause) => Err(ClientError::Broken {
                path: self.path.clone(),
                cause: cause.to_string(),
            }),
        }
    }
}

fn target(path: &str, parameters: &[(&str, &str)]) -> String {
    if parameters.is_empty() {
        return path.to_owned();
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    format!("{path}?{}", query.finish())
}

/// A stream of events.
#[derive(Debug)]
pub struct Events {
    body: Incoming,
    buffer: Vec<u8>,
    path: PathBuf,
}

impl Events {
    /// Waits for the next event: as the daemon wrote it, without the end of the line.
    ///
    /// # Errors
    /// [`ClientError::Ended`] where the daemon stopped, or nothing more is remembered of what was
    /// asked for without following; others where the connection broke.
    pub async fn next_line(&mut self) -> Result<String, ClientError> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let rest = self.buffer.split_off(end + 1);
                let mut line = std::mem::replace(&mut self.buffer, rest);
                line.pop();
                return String::from_utf8(line).map_err(|cause| self.strange(&cause));
            }
            if self.buffer.len() > LINE_BYTES {
                return Err(self.strange(&format!("a line longer than {LINE_BYTES} bytes")));
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        self.buffer.extend_from_slice(data);
                    }
                }
                // A daemon that is killed breaks the stream in the middle.
                Some(Err(_)) | None => return Err(ClientError::Ended),
            }
        }
    }

    /// Waits for the next event.
    ///
    /// # Errors
    /// As [`next_line`](Self::next_line), and where the line is no event.
    pub async fn next(&mut self) -> Result<Event, ClientError> {
        let line = self.next_line().await?;
        serde_json::from_str(&line).map_err(|cause| self.strange(&cause))
    }

    fn strange(&self, cause: &dyn std::fmt::Display) -> ClientError {
        ClientError::Strange {
            path: self.path.clone(),
            cause: cause.to_string(),
        }
    }
}
