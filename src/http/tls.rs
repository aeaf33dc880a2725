//! TLS: the certificate of the configuration, read again when its files change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::config::tree;

/// How often it is looked whether the files have changed.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{key}: {path} cannot be read: {source}")]
    Unreadable {
        /// The key that names the file.
        key: &'static str,
        /// The file.
        path: String,
        /// The system's own words.
        source: std::io::Error,
    },
    /// A file holds something else.
    #[error("{key}: {path} {why}")]
    Unfit {
        /// The key that names the file.
        key: &'static str,
        /// The file.
        path: String,
        /// What is wrong, and what would be right.
        why: String,
    },
}

const CERT: &str = "server.tls_cert";
const KEY: &str = "server.tls_key";

/// The certificate that is shown to clients. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Certificate(Arc<Shown>);

#[derive(Debug)]
struct Shown {
    cert: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    now: RwLock<Now>,
}

#[derive(Debug)]
struct Now {
    files: Files,
    certified: Arc<CertifiedKey>,
}

/// What the files held.
#[derive(Debug, PartialEq, Eq)]
struct Files {
    cert: Vec<u8>,
    key: Vec<u8>,
}

impl Certificate {
    /// The one that the configuration names, if it names one.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn of(server: &tree::ServerConfig) -> Result<Option<Self>, TlsError> {
        let (Some(cert), Some(key)) = (&server.tls_cert, &server.tls_key) else { return Ok(None) };
        let provider = Arc::new(ring::default_provider());
        let files = Files::read(cert, key)?;
        let certified = Arc::new(files.certified(cert, key, &provider)?);
        let now = RwLock::new(Now { files, certified });
        Ok(Some(Self(Arc::new(Shown { cert: cert.clone(), key: key.clone(), provider, now }))))
    }

    /// How a server uses it.
    pub fn server_config(&self) -> ServerConfig {
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.0.provider));
        // What the provider brings along it can speak.
        let builder = builder.with_safe_default_protocol_versions().unwrap_or_else(|never| unreachable!("{never}"));
        builder.with_no_client_auth().with_cert_resolver(Arc::clone(&self.0) as Arc<dyn ResolvesServerCert>)
    }

    /// Reads the files again when they have changed, until the daemon ends. What cannot be used leaves the old one in place.
    pub async fn keep(self) {
        let mut told = String::new();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let this = self.clone();
            let looked = actix_web::web::block(move || this.look()).await;
            let Ok(looked) = looked else { return };
            let error = looked.err().map(|error| error.to_string()).unwrap_or_default();
            if error != told && !error.is_empty() {
                tracing::warn!(error, "the new certificate cannot be used, the old one stays");
            }
            told = error;
        }
    }

    /// Takes over what the files hold now.
    fn look(&self) -> Result<(), TlsError> {
        let Shown { cert, key, provider, now } = &*self.0;
        let files = Files::read(cert, key)?;
        if now.read().unwrap_or_else(PoisonError::into_inner).files == files {
            return Ok(());
        }
        let certified = Arc::new(files.certified(cert, key, provider)?);
        *now.write().unwrap_or_else(PoisonError::into_inner) = Now { files, certified };
        tracing::info!("the certificate was read again");
        Ok(())
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner).certified))
    }
}

impl Files {
    fn read(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |name, path: &Path| {
            fs::read(path).map_err(|source| TlsError::Unreadable {
                key: name,
                path: path.display().to_string(),
                source,
            })
        };
        Ok(Self { cert: read(CERT, cert)?, key: read(KEY, key)? })
    }

    fn certified(&self, cert: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let unfit =
            |name, path: &Path, why: String| TlsError::Unfit { key: name, path: path.display().to_string(), why };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&self.cert)
            .collect::<Result<_, _>>()
            .map_err(|error| unfit(CERT, cert, format!("is no PEM: {error}")))?;
        if chain.is_empty() {
            let why = "holds no certificate: it must begin with -----BEGIN CERTIFICATE-----, the daemon's own first";
            return Err(unfit(CERT, cert, why.to_owned()));
        }
        let private = PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| {
            let why = format!(
                "holds no private key ({error}): it must begin with -----BEGIN PRIVATE KEY-----, and have no password"
            );
            unfit(KEY, key, why)
        })?;
        CertifiedKey::from_der(chain, private, provider).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                unfit(KEY, key, format!("is not the key of the certificate in {}", cert.display()))
            }
            rustls::Error::InvalidCertificate(_) => unfit(CERT, cert, format!("holds a broken certificate: {error}")),
            error => unfit(KEY, key, format!("cannot be used: {error}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn with(cert: &str, key: &str) -> Self {
            let folder = Self(tempfile::tempdir().unwrap());
            folder.write(cert, key);
            folder
        }

        fn write(&self, cert: &str, key: &str) {
            fs::write(self.0.path().join("cert.pem"), cert).unwrap();
            fs::write(self.0.path().join("key.pem"), key).unwrap();
        }

        fn certificate(&self) -> Result<Certificate, String> {
            let file = |name| Some(self.0.path().join(name));
            let server =
                tree::ServerConfig { tls_cert: file("cert.pem"), tls_key: file("key.pem"), ..Default::default() };
            Certificate::of(&server).map(Option::unwrap).map_err(|error| error.to_string())
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_the_key_and_the_file() {
        let ((cert, key), (_, other)) = (made(), made());
        for (cert, key, says) in [
            ("", key.as_str(), ["server.tls_cert: ", "cert.pem holds no certificate"]),
            (&key, &key, ["server.tls_cert: ", "cert.pem holds no certificate"]),
            (&cert, "", ["server.tls_key: ", "key.pem holds no private key"]),
            (&cert, &cert, ["server.tls_key: ", "key.pem holds no private key"]),
            (&cert, &other, ["server.tls_key: ", "key.pem is not the key of the certificate in "]),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &key, ["server.tls_", "cert.pem"]),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n", &key, ["server.tls_cert: ", "cert.pem"]),
        ] {
            let error = Folder::with(cert, key).certificate().unwrap_err();
            assert!(says.iter().all(|word| error.contains(word)), "{error}");
        }
        let server = tree::ServerConfig {
            tls_cert: Some("nowhere.pem".into()),
            tls_key: Some("k".into()),
            ..Default::default()
        };
        let error = Certificate::of(&server).unwrap_err().to_string();
        assert!(error.starts_with("server.tls_cert: nowhere.pem cannot be read: "), "{error}");
    }

    #[test]
    fn a_certificate_that_is_renewed_is_taken_over_and_a_broken_one_is_not() {
        let (cert, key) = made();
        let folder = Folder::with(&cert, &key);
        let certificate = folder.certificate().unwrap();
        let shown = || certificate.0.now.read().unwrap().certified.cert.clone();
        let first = shown();
        certificate.look().unwrap();
        assert_eq!(shown(), first);
        let (renewed, new_key) = made();
        folder.write(&renewed, &key);
        certificate.look().unwrap_err();
        assert_eq!(shown(), first, "half of a renewal");
        folder.write(&renewed, &new_key);
        certificate.look().unwrap();
        assert_ne!(shown(), first);
    }
}
