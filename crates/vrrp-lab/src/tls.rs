//! rustls settings for the stand-in API servers and for the lab's own client.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::{LabError, Result};

/// A client that trusts the authority `ca` (PEM) and makes a full handshake every time.
pub(crate) fn client(ca: &str) -> Result<Arc<ClientConfig>> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(problem)?
        .with_root_certificates(roots(ca)?)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// A server with `certificate` and `key`; with `client_ca` it wants clients to show a
/// certificate of that authority. All PEM.
pub(crate) fn server(
    certificate: &str,
    key: &str,
    client_ca: Option<&str>,
) -> Result<Arc<ServerConfig>> {
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes())
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(problem)?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(problem)?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(problem)?;
    let config = match client_ca {
        Some(ca) => {
            let roots = Arc::new(roots(ca)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider());
            config.with_client_cert_verifier(verifier.build().map_err(problem)?)
        }
        None => config.with_no_client_auth(),
    };
    Ok(Arc::new(
        config.with_single_cert(chain, key).map_err(problem)?,
    ))
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn roots(ca: &str) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca.as_bytes()) {
        roots.add(certificate.map_err(problem)?).map_err(problem)?;
    }
    Ok(roots)
}

fn problem(error: impl std::fmt::Display) -> LabError {
    LabError::Certificates(error.to_string())
}
