//! One http probe over a stream that the caller has opened: what a server can answer, without a
//! server.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::connection::Connection;
use super::{Broken, HttpProber, failure};
use crate::error::ProbeError;
use crate::spec::HttpSpec;
use crate::validate::SpecError;

/// Sends one request over `stream`, in HTTP/2 or HTTP/1.1, and judges the answer as every http
/// check does. `address` stands for the server in errors; ends within `timeout`.
///
/// # Errors
/// What `spec` cannot mean.
pub async fn probe_over<S>(
    spec: &HttpSpec,
    stream: S,
    http2: bool,
    address: SocketAddr,
    timeout: Duration,
) -> Result<Result<(), ProbeError>, SpecError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut prober = HttpProber::new("", spec)?;
    Ok(prober.once(stream, http2, address, timeout).await)
}

impl HttpProber {
    async fn once<S>(
        &mut self,
        stream: S,
        http2: bool,
        address: SocketAddr,
        timeout: Duration,
    ) -> Result<(), ProbeError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let deadline = Instant::now() + timeout;
        let headers = self.headers.render()?;
        let connection = Connection::open(stream, http2, address, None)
            .await
            .map_err(|error| failure::of(&error, address, "beginning HTTP"))?;
        match self.exchange(connection, &headers, deadline, timeout).await {
            Ok(answer) => self.expectation.judge(&answer),
            Err(Broken::Stale(error) | Broken::Failed(error)) => Err(error),
        }
    }
}
