//! A certificate authority for one lab, and what it issues: the certificates of the stand-in API
//! servers and of their clients.

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::error::{LabError, Result};

/// A certificate authority.
pub struct Pki {
    issuer: Issuer<'static, KeyPair>,
    ca: String,
}

impl std::fmt::Debug for Pki {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pki").finish_non_exhaustive()
    }
}

/// A certificate and its key, both PEM.
#[derive(Clone)]
pub struct Credentials {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Pki {
    /// Makes an authority with a new key.
    ///
    /// # Errors
    /// Key or certificate could not be made.
    pub fn new() -> Result<Self> {
        let key = KeyPair::generate().map_err(problem)?;
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "kubernetes");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        let ca = params.self_signed(&key).map_err(problem)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            ca,
        })
    }

    /// The authority's certificate as PEM.
    #[must_use]
    pub fn ca(&self) -> &str {
        &self.ca
    }

    /// A server certificate with the names that an API server's has, and for `addresses`.
    ///
    /// # Errors
    /// Key or certificate could not be made.
    pub fn server(&self, addresses: &[IpAddr]) -> Result<Credentials> {
        let names = [
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
            "localhost",
        ];
        let names = names.map(str::to_owned).into_iter();
        let names: Vec<String> = names
            .chain(addresses.iter().map(IpAddr::to_string))
            .collect();
        self.issue("kube-apiserver", names, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A server certificate for `addresses` that ended with the year 2020.
    ///
    /// # Errors
    /// Key or certificate could not be made.
    pub fn expired_server(&self, addresses: &[IpAddr]) -> Result<Credentials> {
        let names = ["kubernetes".to_owned()].into_iter();
        let names: Vec<String> = names
            .chain(addresses.iter().map(IpAddr::to_string))
            .collect();
        let mut params = CertificateParams::new(names).map_err(problem)?;
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        self.sign(
            params,
            "kube-apiserver",
            ExtendedKeyUsagePurpose::ServerAuth,
        )
    }

    /// A server certificate for `name` and nothing else.
    ///
    /// # Errors
    /// Key or certificate could not be made.
    pub fn server_for(&self, name: &str) -> Result<Credentials> {
        let names = vec![name.to_owned()];
        self.issue("kube-apiserver", names, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A client certificate for `common_name`.
    ///
    /// # Errors
    /// Key or certificate could not be made.
    pub fn client(&self, common_name: &str) -> Result<Credentials> {
        self.issue(common_name, Vec::new(), ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(
        &self,
        common_name: &str,
        names: Vec<String>,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<Credentials> {
        let params = CertificateParams::new(names).map_err(problem)?;
        self.sign(params, common_name, usage)
    }

    fn sign(
        &self,
        mut params: CertificateParams,
        common_name: &str,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<Credentials> {
        let key = KeyPair::generate().map_err(problem)?;
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        let certificate = params.signed_by(&key, &self.issuer).map_err(problem)?.pem();
        Ok(Credentials {
            certificate,
            key: key.serialize_pem(),
        })
    }
}

fn problem(error: impl std::fmt::Display) -> LabError {
    LabError::Certificates(error.to_string())
}
