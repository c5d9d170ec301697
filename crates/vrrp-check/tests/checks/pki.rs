//! Authorities and certificates made for one test.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use vrrp_check::TlsSpec;

pub(crate) const DAY: i64 = 24 * 3600;

pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: TempDir,
}

#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"))
            .expect("an authority");
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("ca.crt"), issuer.pem()).expect("write");
        Self { issuer, directory }
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.directory().join("ca.crt")
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for `names`, valid from a day ago to `seconds` from now.
    pub(crate) fn issue(&self, names: &[&str], seconds: i64) -> Identity {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("valid names");
        let ends = SystemTime::now()
            + Duration::from_secs(u64::try_from(seconds + 2 * DAY).expect("recent"));
        params.not_after = ends.into();
        params.not_after -= Duration::from_secs(2 * DAY as u64);
        params.not_before = SystemTime::now().into();
        params.not_before -= Duration::from_secs(DAY as u64);
        params
            .distinguished_name
            .push(DnType::CommonName, "server under test");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let number = std::fs::read_dir(self.directory())
            .expect("a directory")
            .count();
        let identity = Identity {
            cert: self.directory().join(format!("{number}.crt")),
            key: self.directory().join(format!("{number}.key")),
        };
        std::fs::write(&identity.cert, certificate.pem()).expect("write");
        std::fs::write(&identity.key, key.serialize_pem()).expect("write");
        identity
    }

    /// As the API server has it: reached by address, certified for a name.
    pub(crate) fn kubernetes(&self) -> Identity {
        self.issue(&["kubernetes", "127.0.0.1"], DAY)
    }

    pub(crate) fn trusting(&self) -> TlsSpec {
        TlsSpec {
            ca: Some(self.ca()),
            server_name: Some("kubernetes".into()),
            ..TlsSpec::default()
        }
    }
}

impl Identity {
    pub(crate) fn load(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        use rustls_pki_types::pem::PemObject;
        let certificates = CertificateDer::pem_file_iter(&self.cert).expect("a file");
        let certificates = certificates
            .collect::<Result<_, _>>()
            .expect("certificates");
        (
            certificates,
            PrivateKeyDer::from_pem_file(&self.key).expect("a key"),
        )
    }
}
