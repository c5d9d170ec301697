//! What the metrics port answers.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::ACCEPT;
use hyper::{Method, Request, StatusCode};
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use super::classic;
use super::collector::ViewCollector;
use super::page;
use crate::control::status_document;
use crate::http::{self, Handler, Limits, Peer, Reply};
use crate::view::DaemonView;

/// Age of the protocol thread's heartbeat from which the daemon counts as unwell.
const HEARTBEAT_LIMIT: Duration = Duration::from_secs(5);

/// A text format for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposition {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus text format 0.0.4.
    Classic,
}

impl Exposition {
    const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Which names there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Those that begin with `vrrpd_`, and those of every process.
    Own,
    /// Those of the two common exporters for Keepalived too.
    AndKeepalived,
}

/// All metrics as text.
#[must_use]
pub fn render(view: &Arc<DaemonView>, names: Names, exposition: Exposition) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(ViewCollector {
        view: Arc::clone(view),
        names,
    }));
    let mut out = String::new();
    // Writing to a string fails only where a collector does, and this one has no failure of
    // its own; what was written so far is still worth having.
    if text::encode(&mut out, &registry).is_err() {
        tracing::warn!("the metrics could not be written in full");
    }
    match exposition {
        Exposition::OpenMetrics => out,
        Exposition::Classic => classic::from_openmetrics(&out),
    }
}

/// Serves a port taken with [`bind`](super::bind) until dropped.
///
/// # Errors
/// Where the runtime cannot take over the listener.
pub async fn serve(
    listener: TcpListener,
    view: Arc<DaemonView>,
    names: Names,
    limits: Limits,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    http::serve(listener, limits, Arc::new(Routes { view, names })).await;
    Ok(())
}

struct Routes {
    view: Arc<DaemonView>,
    names: Names,
}

impl Handler for Routes {
    async fn handle(&self, request: Request<Bytes>, _: Peer) -> Reply {
        let path = request.uri().path();
        let page = page::part(path);
        if page.is_none() && !matches!(path, "/metrics" | "/healthz" | "/status") {
            let message =
                format!("there is no {path} here; there are /, /metrics, /healthz, /status");
            return http::error(StatusCode::NOT_FOUND, message);
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let message = "this port only shows; commands go to the control socket";
            return http::error(StatusCode::METHOD_NOT_ALLOWED, message);
        }
        if let Some(page) = page {
            return page;
        }
        match path {
            "/metrics" => {
                self.view.refresh().await;
                let exposition = wanted(&request);
                let body = render(&self.view, self.names, exposition);
                http::text(StatusCode::OK, exposition.content_type(), body)
            }
            "/status" => {
                self.view.refresh().await;
                http::json(StatusCode::OK, &status_document(&self.view))
            }
            _ => self.health(),
        }
    }
}

impl Routes {
    fn health(&self) -> Reply {
        const PLAIN: &str = "text/plain; charset=utf-8";
        match self.view.protocol_heartbeat.age() {
            Some(age) if age <= HEARTBEAT_LIMIT => http::text(StatusCode::OK, PLAIN, "ok\n"),
            Some(age) => http::text(
                StatusCode::SERVICE_UNAVAILABLE,
                PLAIN,
                format!(
                    "the protocol thread was last alive {:.1} s ago\n",
                    age.as_secs_f64()
                ),
            ),
            None => http::text(
                StatusCode::SERVICE_UNAVAILABLE,
                PLAIN,
                "the protocol thread has not started yet\n",
            ),
        }
    }
}

fn wanted(request: &Request<Bytes>) -> Exposition {
    let accepts = request.headers().get_all(ACCEPT).iter();
    let openmetrics = accepts
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("application/openmetrics-text"));
    if openmetrics {
        Exposition::OpenMetrics
    } else {
        Exposition::Classic
    }
}
