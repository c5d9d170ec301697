//! The http probe: one GET on a connection that is kept, watched and, when it has ended, replaced.

mod answer;
mod connection;
mod failure;
pub(crate) mod headers;
mod noting;
mod over;
pub(crate) mod target;

pub use self::over::probe_over;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::Empty;
use hyper::header::{ACCEPT, HOST, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Request, StatusCode, Uri, Version};
use rustls_pki_types::ServerName;
use tokio::time::{Instant, timeout_at};

use self::answer::{Answer, Expectation};
use self::connection::Connection;
use self::headers::Headers;
use self::target::Target;
use super::Context;
use super::dial::Dialer;
use super::tls::Tls;
use crate::error::ProbeError;
use crate::spec::HttpSpec;
use crate::validate::SpecError;

/// A connection this old is replaced at the next probe: one that is never renewed would hide a server that
/// accepts no new ones, and a certificate that nobody else can verify any more.
const MAX_AGE: Duration = Duration::from_secs(60);

const AGENT: &str = concat!("vrrpd/", env!("CARGO_PKG_VERSION"));

pub(crate) struct HttpProber {
    target: Target,
    headers: Headers,
    expectation: Expectation,
    dialer: Dialer,
    tls: Option<Tls>,
    connection: Option<Connection>,
}

/// Why an exchange yielded no answer.
enum Broken {
    /// The probe has failed.
    Failed(ProbeError),
    /// No answer began. On a connection used before, it may just have been ending: that says nothing about
    /// the server, a new connection does.
    Stale(ProbeError),
}

impl HttpProber {
    pub(crate) fn new(check: &str, spec: &HttpSpec) -> Result<Self, SpecError> {
        let target = Target::parse(&spec.url).map_err(|reason| SpecError::Url {
            check: check.to_owned(),
            url: spec.url.clone(),
            reason,
        })?;
        let headers =
            Headers::parse(&spec.headers).map_err(|(header, reason)| SpecError::Header {
                check: check.to_owned(),
                header,
                reason,
            })?;
        let tls = if target.tls {
            let name = spec
                .tls
                .server_name
                .as_ref()
                .unwrap_or(&target.endpoint.host);
            let server_name =
                ServerName::try_from(name.clone()).map_err(|_| SpecError::ServerName {
                    check: check.to_owned(),
                    name: name.clone(),
                })?;
            Some(Tls::new(&spec.tls, server_name))
        } else {
            None
        };
        Ok(Self {
            headers,
            expectation: Expectation::new(spec.status.clone(), spec.body.clone()),
            dialer: Dialer::new(target.endpoint.clone()),
            tls,
            connection: None,
            target,
        })
    }

    pub(crate) async fn probe(&mut self, context: &Context) -> Result<(), ProbeError> {
        let deadline = Instant::now() + context.timeout;
        let headers = self.headers.render()?;
        if let Some(connection) = self.kept() {
            match self
                .exchange(connection, &headers, deadline, context.timeout)
                .await
            {
                Err(Broken::Stale(_)) => {}
                Err(Broken::Failed(error)) => return Err(error),
                // Some servers say so before they close an idle connection.
                Ok(answer) if answer.status == Some(StatusCode::REQUEST_TIMEOUT) => {
                    self.connection = None;
                }
                Ok(answer) => return self.expectation.judge(&answer),
            }
        }
        let connection = self.connect(deadline, context.timeout).await?;
        match self
            .exchange(connection, &headers, deadline, context.timeout)
            .await
        {
            Err(Broken::Stale(error) | Broken::Failed(error)) => Err(error),
            Ok(answer) => self.expectation.judge(&answer),
        }
    }

    /// The connection of the last probe, if it may serve once more.
    fn kept(&mut self) -> Option<Connection> {
        let connection = self.connection.take()?;
        if connection.expires.is_some_and(has_passed) {
            return None;
        }
        (connection.opened.elapsed() < MAX_AGE).then_some(connection)
    }

    async fn connect(
        &mut self,
        deadline: Instant,
        timeout: Duration,
    ) -> Result<Connection, ProbeError> {
        let (stream, address) = self.dialer.dial(deadline, timeout).await?;
        let opened = match &mut self.tls {
            None => Connection::open(stream, false, address, None).await,
            Some(tls) => {
                let mut done = tls.connect(stream, address, deadline, timeout).await?;
                if done.expires.is_some_and(has_passed) {
                    tls.forget_sessions();
                    let (stream, address) = self.dialer.dial(deadline, timeout).await?;
                    done = tls.connect(stream, address, deadline, timeout).await?;
                }
                Connection::open(done.stream, done.http2, address, done.expires).await
            }
        };
        opened.map_err(|error| failure::of(&error, address, "beginning HTTP"))
    }

    /// Sends the request; keeps the connection if it can be used again.
    async fn exchange(
        &mut self,
        mut connection: Connection,
        headers: &HeaderMap,
        deadline: Instant,
        timeout: Duration,
    ) -> Result<Answer, Broken> {
        let address = connection.address;
        let request = self
            .request(headers, connection.is_http2())
            .map_err(|reason| {
                Broken::Failed(ProbeError::Io {
                    doing: format!("making the request for {address}"),
                    reason,
                })
            })?;
        let mut answer = Answer::default();
        match timeout_at(deadline, connection.exchange(request, &mut answer)).await {
            Err(_) => Err(Broken::Failed(ProbeError::ResponseTimeout {
                address,
                after: timeout,
                received: answer.progress(),
            })),
            Ok(Err(error)) if answer.status.is_none() => Err(Broken::Stale(
                connection.failure(&error, "answering the request"),
            )),
            Ok(Err(error)) => Err(Broken::Failed(
                connection.failure(&error, "sending its answer"),
            )),
            Ok(Ok(())) => {
                if answer.complete {
                    self.connection = Some(connection);
                }
                Ok(answer)
            }
        }
    }

    fn request(&self, headers: &HeaderMap, http2: bool) -> Result<Request<Empty<Bytes>>, String> {
        let authority = match headers.get(HOST) {
            Some(host) => host.to_str().map_err(|error| error.to_string())?,
            None => &self.target.authority,
        };
        let mut request = Request::new(Empty::new());
        let own = request.headers_mut();
        own.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        own.insert(ACCEPT, HeaderValue::from_static("*/*"));
        for name in headers.keys() {
            own.remove(name);
        }
        own.extend(
            headers
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        let uri = if http2 {
            own.remove(HOST);
            let scheme = if self.target.tls { "https" } else { "http" };
            format!("{scheme}://{authority}{}", self.target.path)
        } else {
            let host = HeaderValue::from_str(authority).map_err(|error| error.to_string())?;
            own.insert(HOST, host);
            self.target.path.clone()
        };
        *request.uri_mut() = uri.parse::<Uri>().map_err(|error| error.to_string())?;
        *request.version_mut() = if http2 {
            Version::HTTP_2
        } else {
            Version::HTTP_11
        };
        Ok(request)
    }

    pub(crate) async fn changed(&mut self) {
        match &mut self.connection {
            None => std::future::pending().await,
            Some(connection) => {
                connection.ended().await;
                self.connection = None;
            }
        }
    }

    pub(crate) const fn is_watching(&self) -> bool {
        self.connection.is_some()
    }
}

fn has_passed(time: SystemTime) -> bool {
    time <= SystemTime::now()
}
