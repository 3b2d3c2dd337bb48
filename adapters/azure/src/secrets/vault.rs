//! Reading from a vault.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyport_ports::secrets::{Secret, SecretValue, SecretVersion, Secrets};
use anyport_ports::{Error, ErrorKind, Naming, Result, SecretName};
use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_core::http::Url;
use azure_security_keyvault_secrets::models::{Secret as VaultSecret, SecretClientGetSecretOptions};
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};

use super::credential::StaticToken;
use super::settings::KeyVaultSettings;
use super::value;
use crate::call::{Effect, Transport, Trust, attempt, client_options, made};
use crate::credential;

const GET: &str = "secrets.get";

/// Longest name of a secret.
const MAX_NAME_BYTES: usize = 127;

/// How long a version's identifier is.
const VERSION_LENGTH: usize = 32;

/// What a fake gets instead of a token, which would open real vaults.
const FAKE_TOKEN: &str = "anyport-fake";

/// Secrets in Azure Key Vault. The secret `api-key` is called `{prefix}api-key`, which Key Vault takes as it is: its names
/// are of letters, digits and hyphens, and those of the port of small ones. Its current version is the newest; a version is
/// pinned by its identifier, 32 hexadecimal digits, and stays for as long as the secret does.
///
/// A value is text. What is none stands there in base64, with the content type
/// `application/octet-stream; encoding=base64`; a secret that others put under that content type is read likewise. A value is at
/// most 25 KiB, so bytes are at most three quarters of that; [`put`](Self::put) refuses more.
///
/// A disabled secret, or version of one, is `PermissionDenied`; a deleted one is `NotFound`.
///
/// A call takes 12 seconds at most, and is attempted three times at most with growing, random pauses between. Before its
/// first call a client asks the vault whose tokens it takes.
#[derive(Clone)]
pub struct KeyVaultSecrets(Arc<Vault>);

struct Vault {
    client: SecretClient,
    naming: Naming,
}

impl KeyVaultSecrets {
    /// The vault that settings and environment lead to, opened by the program's identity for Microsoft Entra ID; no service is
    /// called yet. A fake (see [`KeyVaultSettings`]) gets a fixed token, never one of an identity.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if no vault is set or a setting is not what it should be, `Unauthenticated` if there is no identity.
    pub fn connect(settings: &KeyVaultSettings) -> Result<Self> {
        let place = Place::found(settings, |name| std::env::var(name).ok())?;
        let credential =
            if place.is_fake() { Arc::new(StaticToken::new(FAKE_TOKEN)) as _ } else { credential::entra()? };
        Self::open(settings, &place, credential)
    }

    /// Likewise, opened by this credential.
    ///
    /// # Errors
    ///
    /// `InvalidInput`.
    pub fn with_credential(settings: &KeyVaultSettings, credential: Arc<dyn TokenCredential>) -> Result<Self> {
        Self::open(settings, &Place::found(settings, |name| std::env::var(name).ok())?, credential)
    }

    fn open(settings: &KeyVaultSettings, place: &Place, credential: Arc<dyn TokenCredential>) -> Result<Self> {
        let naming = Naming::new(settings.prefix.as_str())?;
        let options = SecretClientOptions {
            client_options: client_options(Transport::new(place.trust())?, None),
            // Microsoft's vaults tell whose tokens they take by a name that theirs end with: nobody else is to get one.
            verify_challenge_resource: Some(!place.is_fake()),
            ..SecretClientOptions::default()
        };
        let client =
            made(SecretClient::new(place.url.as_str(), credential, Some(options)), "the endpoint of Key Vault")?;
        Ok(Self(Arc::new(Vault { client, naming })))
    }

    pub(super) fn client(&self) -> &SecretClient {
        &self.0.client
    }

    /// What the secret is called.
    pub(super) fn name_of(&self, name: &SecretName) -> String {
        self.0.naming.of(name.as_str(), MAX_NAME_BYTES)
    }
}

impl fmt::Debug for KeyVaultSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyVaultSecrets")
            .field("endpoint", &self.0.client.endpoint().as_str())
            .field("naming", &self.0.naming)
            .finish_non_exhaustive()
    }
}

/// Where a vault is.
#[derive(Debug)]
struct Place {
    /// With the scheme `https`, without which the SDK shows no token.
    url: Url,
    plain: bool,
    ca_file: Option<PathBuf>,
}

impl Place {
    fn found(settings: &KeyVaultSettings, variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let endpoint = settings.endpoint.clone().or_else(|| variable("AZURE_KEYVAULT_ENDPOINT"));
        let endpoint = endpoint.ok_or_else(|| Error::invalid("no vault is set: set AZURE_KEYVAULT_ENDPOINT"))?;
        let ca_file = settings.ca_file.clone().or_else(|| variable("AZURE_KEYVAULT_CA_FILE").map(PathBuf::from));
        let wrong = || {
            let message = format!(
                "{endpoint:?} is the endpoint of Key Vault: it must be like https://shop.vault.azure.net, or be on the \
                 loopback address"
            );
            Error::invalid(message)
        };
        let mut url: Url = endpoint.parse().map_err(|_| wrong())?;
        let plain = match url.scheme() {
            "https" => false,
            "http" if is_loopback(&url) => true,
            _ => return Err(wrong()),
        };
        // Between these two schemes this does not fail. A port that the other has by itself must be named.
        let port = url.port_or_known_default();
        if plain && (url.set_scheme("https").is_err() || url.set_port(port).is_err()) {
            return Err(wrong());
        }
        Ok(Self { url, plain, ca_file })
    }

    fn is_fake(&self) -> bool {
        self.plain || self.ca_file.is_some()
    }

    fn trust(&self) -> Trust<'_> {
        match &self.ca_file {
            _ if self.plain => Trust::Plain,
            Some(file) => Trust::Only(file),
            None => Trust::System,
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[async_trait]
impl Secrets for KeyVaultSecrets {
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let pinned = match version {
            SecretVersion::Latest => None,
            SecretVersion::Pinned(id) if is_version(id) => Some(id),
            SecretVersion::Pinned(_) => {
                return Err(Error::new(ErrorKind::NotFound, "the secret has no such version").during(GET, name));
            }
        };
        let called = self.name_of(name);
        let answer = attempt(|| async {
            let options = SecretClientGetSecretOptions {
                secret_version: pinned.cloned(),
                ..SecretClientGetSecretOptions::default()
            };
            self.client().get_secret(&called, Some(options)).await?.into_model()
        });
        let found = answer.await.map_err(|failure| failure.told(Effect::Read, GET, name))?;
        secret(found).map_err(|error| error.during(GET, name))
    }
}

/// Whether it can be a version's identifier. Another would stand in the path of a URL, where it could name something else.
fn is_version(id: &str) -> bool {
    id.len() == VERSION_LENGTH && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn secret(found: VaultSecret) -> Result<Secret> {
    let incomplete = || Error::new(ErrorKind::Internal, "the vault's answer holds no value or no version");
    let version = version_of(found.id.as_deref()).ok_or_else(incomplete)?;
    let bytes = value::decoded(found.value.ok_or_else(incomplete)?, found.content_type.as_deref())?;
    Ok(Secret { value: SecretValue::new(bytes), version })
}

/// The version in a secret's identifier, `https://{vault}/secrets/{name}/{version}`.
pub(super) fn version_of(id: Option<&str>) -> Option<String> {
    let (_, version) = id?.rsplit_once('/')?;
    is_version(version).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: fn(&str) -> Option<String> = |_| None;

    fn place(endpoint: &str, ca_file: Option<&str>) -> Result<Place> {
        let settings = KeyVaultSettings {
            prefix: String::new(),
            endpoint: Some(endpoint.to_owned()),
            ca_file: ca_file.map(PathBuf::from),
        };
        Place::found(&settings, NONE)
    }

    #[test]
    fn only_a_vault_that_everybody_trusts_is_real() {
        let real = place("https://shop.vault.azure.net", None).unwrap();
        assert_eq!((real.is_fake(), real.trust()), (false, Trust::System));
        let fake = place("https://127.0.0.1:1", Some("ca.pem")).unwrap();
        assert_eq!((fake.is_fake(), fake.trust()), (true, Trust::Only("ca.pem".as_ref())));
        for (endpoint, url) in [("http://127.0.0.1:1", "https://127.0.0.1:1/"), ("http://[::1]", "https://[::1]:80/")] {
            let plain = place(endpoint, Some("ca.pem")).unwrap();
            assert_eq!((plain.url.as_str(), plain.is_fake(), plain.trust()), (url, true, Trust::Plain));
        }
    }

    #[test]
    fn a_token_goes_nowhere_in_plain_text() {
        for bad in ["http://shop.vault.azure.net", "http://10.0.0.1", "ftp://127.0.0.1", "shop", ""] {
            assert_eq!(place(bad, None).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad}");
        }
        let unset = Place::found(&KeyVaultSettings::default(), NONE).unwrap_err();
        assert!(unset.to_string().contains("AZURE_KEYVAULT_ENDPOINT"), "{unset}");
    }

    #[test]
    fn a_version_is_what_ends_an_identifier() {
        let version = "0123456789abcdef0123456789abcdef";
        let id = format!("https://shop.vault.azure.net/secrets/key/{version}");
        assert_eq!(version_of(Some(&id)).as_deref(), Some(version));
        for none in [None, Some("https://shop.vault.azure.net/secrets/key"), Some("")] {
            assert_eq!(version_of(none), None);
        }
        assert!(!is_version("../../keys/a?aaaaaaaaaaaaaaaaaaaa"));
    }
}
