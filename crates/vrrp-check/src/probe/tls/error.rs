//! What a TLS error means for a person: which certificate, whose, until when.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use rustls::{AlertDescription, CertificateError, Error};
use rustls_pki_types::{CertificateDer, ServerName};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::error::ProbeError;
use crate::probe::text::clean;

/// What was asked of the server, and the certificate that it showed.
pub(crate) struct Asked<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) name: &'a ServerName<'static>,
    pub(crate) authority: Option<&'a Path>,
    pub(crate) leaf: Option<CertificateDer<'static>>,
}

/// The TLS error inside an I/O error.
pub(crate) fn of(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// End of a certificate's validity, seconds since 1970.
pub(crate) fn not_after(certificate: &CertificateDer<'_>) -> Option<u64> {
    parsed(certificate)
        .and_then(|parsed| u64::try_from(parsed.validity().not_after.timestamp()).ok())
}

/// The sentence for a failed handshake.
pub(crate) fn failure(error: &Error, asked: &Asked<'_>) -> ProbeError {
    match error {
        Error::InvalidCertificate(why) => certificate(why, asked),
        other => without_certificate(other, asked.address),
    }
}

/// The sentence for an error that is not about the server's certificate.
pub(crate) fn without_certificate(error: &Error, address: SocketAddr) -> ProbeError {
    match error {
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => ProbeError::Protocol {
            address,
            expected: "TLS",
            reason: error.to_string(),
        },
        Error::AlertReceived(alert) => ProbeError::TlsOther {
            address,
            reason: alert_text(*alert),
        },
        other => ProbeError::TlsOther {
            address,
            reason: clean(&other.to_string()),
        },
    }
}

fn alert_text(alert: AlertDescription) -> String {
    let hint = match alert {
        AlertDescription::CertificateRequired | AlertDescription::BadCertificate => {
            "; it wants a client certificate that it trusts (cert and key)"
        }
        AlertDescription::CertificateExpired => "; the check's client certificate has expired",
        AlertDescription::UnknownCA
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => "; it does not trust the check's client certificate",
        AlertDescription::UnrecognisedName => "; it does not know the server name asked for",
        _ => "",
    };
    format!("the server sent the alert {alert:?}{hint}")
}

fn certificate(why: &CertificateError, asked: &Asked<'_>) -> ProbeError {
    let leaf = asked.leaf.as_ref().and_then(parsed);
    match why {
        CertificateError::ExpiredContext { not_after, .. } => ProbeError::TlsExpired {
            not_after: not_after.as_secs(),
        },
        CertificateError::NotValidYetContext { not_before, .. } => ProbeError::TlsNotYetValid {
            not_before: not_before.as_secs(),
        },
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            ProbeError::TlsUnknownIssuer {
                issuer: leaf.map_or_else(|| "somebody unknown".into(), |leaf| issuer(&leaf)),
                trusted: match asked.authority {
                    Some(path) => path.display().to_string(),
                    None => "the system's certificate store".into(),
                },
            }
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ProbeError::TlsNameMismatch {
                expected: asked.name.to_str().into_owned(),
                offered: leaf.map(|leaf| names(&leaf)).unwrap_or_default(),
            }
        }
        other => ProbeError::TlsOther {
            address: asked.address,
            reason: clean(&other.to_string()),
        },
    }
}

fn parsed<'a>(certificate: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    X509Certificate::from_der(certificate)
        .ok()
        .map(|(_, parsed)| parsed)
}

fn issuer(leaf: &X509Certificate<'_>) -> String {
    let issuer = clean(&leaf.issuer().to_string());
    if leaf.issuer() == leaf.subject() {
        format!("itself ({issuer})")
    } else {
        format!("{issuer:?}")
    }
}

/// DNS names and addresses, as rustls compares them: the common name does not count.
fn names(leaf: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = leaf.subject_alternative_name() else {
        return Vec::new();
    };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(clean(name)),
        GeneralName::IPAddress(bytes) => <[u8; 4]>::try_from(*bytes)
            .map(IpAddr::from)
            .or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from))
            .ok()
            .map(|address| address.to_string()),
        _ => None,
    };
    extension
        .value
        .general_names
        .iter()
        .filter_map(name)
        .collect()
}
