//! TLS, by rustls on ring: whom to trust, and what a connection says that fails for it.

use std::error::Error as StdError;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyport_ports::{Error, ErrorKind, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use redis::cluster::ClusterClientBuilder;
use redis::{Client, ConnectionInfo, RedisError, RedisResult, TlsCertificates};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls_native_certs::CertificateResult;

use crate::settings::speaks_tls;

/// Whether a server can be spoken to over TLS.
pub(crate) const SUPPORTED: bool = true;

/// The certificates of the CAs to trust, in PEM; none where no server is spoken to over TLS.
///
/// The client by itself would read the system's anew for each connection, and give up at the first that it cannot read.
pub(crate) struct Trust(Option<Vec<u8>>);

impl Trust {
    /// Whom to trust in speaking to these servers: the CAs of the file, or those that the system trusts.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if there is no certificate of a CA.
    pub(crate) async fn for_servers(servers: &[ConnectionInfo], ca_file: Option<&Path>) -> Result<Self> {
        if !servers.iter().any(speaks_tls) {
            return Ok(Self(None));
        }
        // Somebody else may have chosen for the process, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let ca_file = ca_file.map(Path::to_owned);
        let read = tokio::task::spawn_blocking(move || read(ca_file)).await;
        read.map_err(|error| Error::new(ErrorKind::Internal, "the CAs are not read").caused_by(error))?
            .map(Some)
            .map(Self)
    }

    /// A client of the server.
    pub(crate) fn client(self, server: ConnectionInfo) -> RedisResult<Client> {
        match self.certificates() {
            Some(certificates) => Client::build_with_tls(server, certificates),
            None => Client::open(server),
        }
    }

    /// A cluster of which each node is trusted likewise.
    pub(crate) fn extended_to(self, cluster: ClusterClientBuilder) -> ClusterClientBuilder {
        match self.certificates() {
            Some(certificates) => cluster.certs(certificates),
            None => cluster,
        }
    }

    fn certificates(self) -> Option<TlsCertificates> {
        self.0.map(|cas| TlsCertificates { client_tls: None, root_cert: Some(cas) })
    }
}

/// The CAs of the file, or of the system, as PEM.
fn read(ca_file: Option<PathBuf>) -> Result<Vec<u8>> {
    let (found, advice) = match ca_file {
        Some(file) => (
            rustls_native_certs::load_certs_from_paths(Some(&file), None),
            format!("{} holds no certificate of a CA in PEM: see `ca_file` in the settings", file.display()),
        ),
        None => (
            rustls_native_certs::load_native_certs(),
            "the system trusts no CA: install its certificates, set SSL_CERT_FILE, or `ca_file` in the settings"
                .to_owned(),
        ),
    };
    let CertificateResult { certs, errors, .. } = found;
    let usable: Vec<_> = certs.into_iter().filter(|ca| RootCertStore::empty().add(ca.clone()).is_ok()).collect();
    if !usable.is_empty() {
        return Ok(usable.iter().map(pem).collect::<String>().into_bytes());
    }
    let error = Error::invalid(advice);
    Err(match errors.into_iter().next() {
        Some(cause) => error.caused_by(cause),
        None => error,
    })
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64.encode(certificate))
}

/// What to tell of a connection that came to nothing for TLS.
pub(crate) fn told_by(cause: &RedisError) -> Option<&'static str> {
    Some(match handshake(cause)? {
        rustls::Error::InvalidCertificate(_) => {
            "the server's certificate is not trusted (see the cause): name its CA by `ca_file` or SSL_CERT_FILE, and the \
             server in the URL as its certificate does"
        }
        rustls::Error::InvalidMessage(_) => {
            "the server does not speak TLS here: check the URL's port, or write redis://"
        }
        rustls::Error::AlertReceived(_) => {
            "the server breaks TLS off (see the cause): it may ask for a certificate of the client, which is not supported"
        }
        _ => "TLS with the server fails: see the cause",
    })
}

/// The error of rustls at the bottom of the client's.
fn handshake(cause: &RedisError) -> Option<&rustls::Error> {
    let inner: &Arc<dyn StdError + Send + Sync> = cause.source()?.downcast_ref()?;
    match inner.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref()?.downcast_ref(),
        None => inner.downcast_ref(),
    }
}

#[cfg(test)]
mod tests {
    use rustls::{AlertDescription, CertificateError, InvalidMessage};

    use super::*;

    #[test]
    fn a_failure_of_tls_is_told_as_what_it_is() {
        for (error, words) in [
            (rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer), "not trusted"),
            (rustls::Error::InvalidCertificate(CertificateError::Expired), "not trusted"),
            (rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType), "does not speak TLS"),
            (rustls::Error::AlertReceived(AlertDescription::CertificateRequired), "certificate of the client"),
            (rustls::Error::DecryptError, "see the cause"),
        ] {
            let on_the_way = RedisError::from(io::Error::new(io::ErrorKind::InvalidData, error.clone()));
            for cause in [on_the_way, RedisError::from(error)] {
                assert!(told_by(&cause).is_some_and(|told| told.contains(words)), "{cause}");
            }
        }
        assert_eq!(told_by(&RedisError::from(io::Error::from(io::ErrorKind::ConnectionRefused))), None);
    }

    #[test]
    fn a_file_without_a_ca_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        for text in [None, Some(""), Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")] {
            if let Some(text) = text {
                std::fs::write(&file, text).unwrap();
            }
            let error = read(Some(file.clone())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains("ca.pem"), "{error}");
        }
    }
}
