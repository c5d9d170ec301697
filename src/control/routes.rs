//! What the control socket answers.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::{Stream, StreamExt, stream};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::document::status_document;
use super::socket::ControlSocket;
use crate::daemon::command::{Answer, Request as Command};
use crate::events::{Event, EventLog, Since};
use crate::http::{self, Accept, Handler, Limits, Peer, Reply};
use crate::view::DaemonView;

/// Followers of events at the same time, so that some connections stay free for requests.
const FOLLOWERS: usize = 16;

/// What the control socket reads from and writes to.
#[derive(Debug)]
pub struct Control {
    /// What the daemon shows of itself.
    pub view: Arc<DaemonView>,
    /// What has happened and happens.
    pub events: Arc<EventLog>,
    /// Where requests go.
    pub requests: mpsc::UnboundedSender<Command>,
}

/// Serves the control socket until dropped; the socket file is removed then.
///
/// # Errors
/// Where the runtime cannot take over the socket.
pub async fn serve(socket: ControlSocket, control: Control, limits: Limits) -> io::Result<()> {
    serve_on(socket.listener()?, control, limits).await;
    drop(socket);
    Ok(())
}

/// Answers, as the control socket does, on any `listener`, until dropped.
pub async fn serve_on(listener: impl Accept, control: Control, limits: Limits) {
    let routes = Routes {
        control,
        followers: Arc::new(Semaphore::new(FOLLOWERS)),
        answer: limits.answer,
    };
    http::serve(listener, limits, Arc::new(routes)).await;
}

struct Routes {
    control: Control,
    followers: Arc<Semaphore>,
    answer: Duration,
}

impl Handler for Routes {
    async fn handle(&self, request: Request<Bytes>, peer: Peer) -> Reply {
        let path = request.uri().path();
        let query = Query(request.uri().query().unwrap_or_default());
        let wanted = match path {
            "/v1/status" | "/v1/events" => Method::GET,
            "/v1/reload"
            | "/v1/resign"
            | "/v1/drain"
            | "/v1/undrain"
            | "/v1/backend/drain"
            | "/v1/backend/undrain" => Method::POST,
            _ => return http::error(StatusCode::NOT_FOUND, format!("there is no {path} here")),
        };
        if *request.method() != wanted {
            let message = format!("{path} takes {wanted}, not {}", request.method());
            return http::error(StatusCode::METHOD_NOT_ALLOWED, message);
        }
        match path {
            "/v1/status" => {
                self.control.view.refresh().await;
                http::json(StatusCode::OK, &status_document(&self.control.view))
            }
            "/v1/events" => self.events(query),
            "/v1/reload" => {
                self.command(
                    "reload",
                    peer,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    Command::Reload,
                )
                .await
            }
            "/v1/drain" => {
                self.command("drain", peer, StatusCode::CONFLICT, Command::Drain)
                    .await
            }
            "/v1/undrain" => {
                self.command("undrain", peer, StatusCode::CONFLICT, Command::Undrain)
                    .await
            }
            "/v1/backend/drain" => self.backend("backend drain", true, query, peer).await,
            "/v1/backend/undrain" => self.backend("backend undrain", false, query, peer).await,
            _ => self.resign(query, peer).await,
        }
    }
}

impl Routes {
    async fn resign(&self, query: Query<'_>, peer: Peer) -> Reply {
        let instance = match query.only(["instance"]) {
            Ok([instance]) => instance,
            Err(message) => return http::error(StatusCode::BAD_REQUEST, message),
        };
        if let Some(name) = &instance {
            let running = self.control.view.running();
            let instances = running.instances.iter();
            let names: Vec<_> = instances
                .map(|instance| instance.live().name.clone())
                .collect();
            if !names.contains(name) {
                let message = format!(
                    "there is no instance \"{name}\"; there are: {}",
                    names.join(", ")
                );
                return http::error(StatusCode::NOT_FOUND, message);
            }
        }
        let make = |reply| Command::Resign { instance, reply };
        self.command("resign", peer, StatusCode::CONFLICT, make)
            .await
    }

    async fn backend(
        &self,
        name: &'static str,
        drained: bool,
        query: Query<'_>,
        peer: Peer,
    ) -> Reply {
        match query.only(["load_balancer", "backend"]) {
            Ok([Some(balancer), Some(backend)]) => {
                let make = |reply| Command::Backend {
                    balancer,
                    backend,
                    drained,
                    reply,
                };
                self.command(name, peer, StatusCode::CONFLICT, make).await
            }
            Ok(_) => http::error(
                StatusCode::BAD_REQUEST,
                "`load_balancer` and `backend` are both needed",
            ),
            Err(message) => http::error(StatusCode::BAD_REQUEST, message),
        }
    }

    async fn command(
        &self,
        name: &'static str,
        peer: Peer,
        refused: StatusCode,
        make: impl FnOnce(oneshot::Sender<Answer>) -> Command,
    ) -> Reply {
        tracing::info!(command = name, %peer, "asked through the control socket");
        let (reply, answer) = oneshot::channel();
        let leaving = || {
            http::error(
                StatusCode::SERVICE_UNAVAILABLE,
                "the daemon is stopping and takes no more",
            )
        };
        if self.control.requests.send(make(reply)).is_err() {
            return leaving();
        }
        match timeout(self.answer, answer).await {
            Ok(Ok(Ok(()))) => http::json(StatusCode::OK, &serde_json::json!({ "done": name })),
            Ok(Ok(Err(message))) => http::error(refused, message),
            Ok(Err(_)) => leaving(),
            Err(_) => {
                let seconds = self.answer.as_secs_f64();
                let message = format!("the daemon did not answer {name} within {seconds} s");
                http::error(StatusCode::GATEWAY_TIMEOUT, message)
            }
        }
    }

    fn events(&self, query: Query<'_>) -> Reply {
        let [since, following] = match query.only(["since", "follow"]) {
            Ok(values) => values,
            Err(message) => return http::error(StatusCode::BAD_REQUEST, message),
        };
        let since = match since.as_deref().map(parse_since) {
            None => Since::Now,
            Some(Some(since)) => since,
            Some(None) => {
                let message = "`since` must be the id of an event, a time such as \
                               2026-01-31T12:00:00Z, or how long ago, such as 10m";
                return http::error(StatusCode::BAD_REQUEST, message);
            }
        };
        match following.as_deref() {
            None | Some("true") => {}
            Some("false") => {
                let (past, _) = self.control.events.follow(since);
                return http::json_lines(stream::iter(past));
            }
            Some(_) => {
                let message = "`follow` must be true or false";
                return http::error(StatusCode::BAD_REQUEST, message);
            }
        }
        let Ok(place) = Arc::clone(&self.followers).try_acquire_owned() else {
            let message = format!("all {FOLLOWERS} places for followers of events are taken");
            return http::error(StatusCode::SERVICE_UNAVAILABLE, message);
        };
        http::json_lines(follow(&self.control.events, since, place))
    }
}

fn parse_since(text: &str) -> Option<Since> {
    if let Ok(id) = text.parse() {
        return Some(Since::Id(id));
    }
    if let Ok(ago) = humantime::parse_duration(text) {
        // Longer ago than time itself is all of it.
        let time = SystemTime::now().checked_sub(ago);
        return Some(time.map_or(Since::Id(0), Since::Time));
    }
    humantime::parse_rfc3339_weak(text).ok().map(Since::Time)
}

/// The past that was asked for, then everything new; holds its place among the followers.
fn follow(
    log: &EventLog,
    since: Since,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Event> + Send + use<> {
    let (past, receiver) = log.follow(since);
    let live = stream::unfold((receiver, place), |(mut receiver, place)| async move {
        let event = match receiver.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(count)) => Event::missed(count),
            Err(RecvError::Closed) => return None,
        };
        Some((event, (receiver, place)))
    });
    stream::iter(past).chain(live)
}

/// The part of the address after the question mark.
#[derive(Clone, Copy)]
struct Query<'a>(&'a str);

impl Query<'_> {
    /// The values of `keys` where given, and an error where anything else is.
    fn only<const N: usize>(self, keys: [&str; N]) -> Result<[Option<String>; N], String> {
        let mut values = [const { None }; N];
        for (name, given) in form_urlencoded::parse(self.0.as_bytes()) {
            let Some(at) = keys.iter().position(|key| name == *key) else {
                let keys = keys.map(|key| format!("`{key}`")).join(" and ");
                return Err(format!(
                    "unknown parameter \"{name}\"; there is only {keys}"
                ));
            };
            values[at] = Some(given.into_owned());
        }
        Ok(values)
    }
}
