//! TLS for probes: the client's configuration, made once and again when its files change.

pub(crate) mod error;
mod files;
mod verify;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::client::{ClientConfig, Resumption};
use rustls::crypto::ring;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tracing::warn;

use self::error::Asked;
use self::files::Stamp;
use self::verify::Verifier;
use super::dial::broken;
use crate::error::ProbeError;
use crate::spec::TlsSpec;

/// TLS towards one server.
pub(crate) struct Tls {
    spec: TlsSpec,
    name: ServerName<'static>,
    built: Option<Built>,
    /// State of the files that a warning was given for.
    complained: Option<Vec<Stamp>>,
}

struct Built {
    stamps: Vec<Stamp>,
    connector: TlsConnector,
    verifier: Arc<Verifier>,
}

/// An established connection.
pub(crate) struct Established {
    pub(crate) stream: TlsStream<TcpStream>,
    /// When the server's certificate expires; `None` where that does not matter.
    pub(crate) expires: Option<SystemTime>,
    /// Whether HTTP/2 was agreed on.
    pub(crate) http2: bool,
}

impl Tls {
    pub(crate) fn new(spec: &TlsSpec, name: ServerName<'static>) -> Self {
        Self {
            spec: spec.clone(),
            name,
            built: None,
            complained: None,
        }
    }

    /// Forgets resumable sessions: resuming one does not verify the certificate, which may have expired since.
    pub(crate) fn forget_sessions(&mut self) {
        self.built = None;
    }

    /// Does the handshake. `timeout` is only for the error's text.
    pub(crate) async fn connect(
        &mut self,
        stream: TcpStream,
        address: SocketAddr,
        deadline: Instant,
        timeout: Duration,
    ) -> Result<Established, ProbeError> {
        const DOING: &str = "doing the TLS handshake";
        let built = built(&mut self.built, &self.spec, &mut self.complained)?;
        let stream =
            match timeout_at(deadline, built.connector.connect(self.name.clone(), stream)).await {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => {
                    let leaf = built.verifier.take_seen();
                    let asked = Asked {
                        address,
                        name: &self.name,
                        authority: self.spec.ca.as_deref(),
                        leaf,
                    };
                    return Err(match error::of(&error) {
                        Some(tls) => error::failure(tls, &asked),
                        None => broken(address, DOING, &error),
                    });
                }
                Err(_) => {
                    return Err(ProbeError::TlsTimeout {
                        address,
                        after: timeout,
                    });
                }
            };
        let session = stream.get_ref().1;
        let leaf = session
            .peer_certificates()
            .and_then(<[_]>::first)
            .filter(|_| self.spec.verify);
        let expires = leaf
            .and_then(error::not_after)
            .map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
        let http2 = session.alpn_protocol() == Some(b"h2");
        Ok(Established {
            stream,
            expires,
            http2,
        })
    }
}

fn built<'a>(
    built: &'a mut Option<Built>,
    spec: &TlsSpec,
    complained: &mut Option<Vec<Stamp>>,
) -> Result<&'a Built, ProbeError> {
    let paths = [&spec.ca, &spec.cert, &spec.key];
    let stamps: Vec<Stamp> = paths
        .into_iter()
        .flatten()
        .map(|path| files::stamp(path))
        .collect();
    let current = match built.take() {
        Some(current) if current.stamps == stamps => current,
        before => match (build(spec, stamps.clone()), before) {
            (Ok(new), _) => new,
            (Err(error), None) => return Err(error),
            // Half-written files must not make a healthy server look sick.
            (Err(error), Some(before)) => {
                if complained.as_ref() != Some(&stamps) {
                    warn!("{error}; what was read before stays in use");
                    *complained = Some(stamps);
                }
                before
            }
        },
    };
    Ok(built.insert(current))
}

fn build(spec: &TlsSpec, stamps: Vec<Stamp>) -> Result<Built, ProbeError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(if spec.verify {
        Verifier::strict(files::authorities(spec.ca.as_deref())?, &provider).map_err(|error| {
            ProbeError::TlsFiles {
                path: spec.ca.clone().unwrap_or_default(),
                reason: error.to_string(),
            }
        })?
    } else {
        Verifier::believing(&provider)
    });
    let unusable = |path: &Path, error: rustls::Error| ProbeError::TlsFiles {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(Path::new("the TLS library"), error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier) as _);
    let mut config = match (&spec.cert, &spec.key) {
        (Some(cert), Some(key)) => config
            .with_client_auth_cert(files::certificates(cert)?, files::key(key)?)
            .map_err(|e| unusable(cert, e))?,
        _ => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.resumption = Resumption::in_memory_sessions(4);
    Ok(Built {
        stamps,
        connector: TlsConnector::from(Arc::new(config)),
        verifier,
    })
}
