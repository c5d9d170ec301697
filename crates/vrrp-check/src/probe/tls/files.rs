//! PEM files: authorities, certificates, keys, and whether they have changed.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::ProbeError;

/// Device, inode, size, modification time in seconds and nanoseconds; `None` for a file that is not there.
pub(crate) type Stamp = Option<(u64, u64, u64, i64, i64)>;

/// Tells whether a file is still the one that was read.
pub(crate) fn stamp(path: &Path) -> Stamp {
    let meta = std::fs::metadata(path).ok()?;
    Some((
        meta.dev(),
        meta.ino(),
        meta.size(),
        meta.mtime(),
        meta.mtime_nsec(),
    ))
}

/// The authorities of a file, or of the system.
pub(crate) fn authorities(path: Option<&Path>) -> Result<RootCertStore, ProbeError> {
    let mut store = RootCertStore::empty();
    let Some(path) = path else {
        let loaded = rustls_native_certs::load_native_certs();
        store.add_parsable_certificates(loaded.certs);
        if store.is_empty() {
            let reason = match loaded.errors.first() {
                Some(error) => error.to_string(),
                None => "no certificate in it; install ca-certificates or name a ca file".into(),
            };
            return Err(unusable(
                &PathBuf::from("the system's certificate store"),
                reason,
            ));
        }
        return Ok(store);
    };
    for (number, certificate) in certificates(path)?.into_iter().enumerate() {
        store
            .add(certificate)
            .map_err(|error| unusable(path, format!("certificate {}: {error}", number + 1)))?;
    }
    Ok(store)
}

/// The certificates of a file, at least one.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ProbeError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    let certificates = certificates.map_err(|error| unusable(path, error.to_string()))?;
    if certificates.is_empty() {
        return Err(unusable(path, "it contains no PEM certificate".into()));
    }
    Ok(certificates)
}

/// The key of a file.
pub(crate) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, ProbeError> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|error| {
        let reason = match error {
            pem::Error::NoItemsFound => "it contains no PEM private key".into(),
            other => other.to_string(),
        };
        unusable(path, reason)
    })
}

fn read(path: &Path) -> Result<Vec<u8>, ProbeError> {
    std::fs::read(path).map_err(|error| unusable(path, error.to_string()))
}

fn unusable(path: &Path, reason: String) -> ProbeError {
    ProbeError::TlsFiles {
        path: path.to_owned(),
        reason,
    }
}
