//! A certificate for this machine, and the authority that signed it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

/// What the authority's certificate is called, for clients to trust.
const AUTHORITY: &str = "ca.pem";

/// Who greets clients with a fresh certificate for the loopback address; its authority is written to the folder. The keys
/// never leave the process.
pub(super) fn acceptor(folder: &Path) -> anyhow::Result<TlsAcceptor> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "anyport-fakes");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let key = KeyPair::generate()?;
    let params = CertificateParams::new(["localhost", "127.0.0.1", "::1"].map(str::to_owned))?;
    let certificate = params.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;

    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    // Whoever waits for it to be there reads all of it.
    let (file, unfinished) = (folder.join(AUTHORITY), folder.join(format!("{AUTHORITY}.new")));
    fs::write(&unfinished, authority.pem()).with_context(|| format!("{} cannot be written", unfinished.display()))?;
    fs::rename(&unfinished, &file).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
