//! A storage account: from the settings and the environment.

use std::fmt;

use anyport_ports::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::AzureBlobSettings;

/// The account that every emulator has, with its well-known key.
/// <https://learn.microsoft.com/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key>
const EMULATED: (&str, &str, &str) = (
    "devstoreaccount1",
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    "http://127.0.0.1:10000/devstoreaccount1",
);

/// Where an account is, and its key if that is what requests are signed with.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    /// The URL of its blobs, without a slash at its end.
    pub(super) endpoint: String,
    pub(super) key: Option<Key>,
}

/// A key of an account.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// As Azure shows it.
    pub(super) text: String,
    pub(super) bytes: Vec<u8>,
}

impl Key {
    fn parse(text: &str) -> Result<Self> {
        let bytes = BASE64.decode(text).map_err(|_| Error::invalid("the key of the storage account is not base64"))?;
        Ok(Self { text: text.to_owned(), bytes })
    }
}

impl Account {
    /// The account of these settings and, where they say nothing, of this environment.
    pub(super) fn find(settings: &AzureBlobSettings, environment: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let connection = match set("AZURE_STORAGE_CONNECTION_STRING") {
            Some(text) => Connection::parse(&text)?,
            None => Connection::default(),
        };
        let name = settings.account.clone().or_else(|| set("AZURE_STORAGE_ACCOUNT")).or(connection.account);
        let Some(name) = name else {
            return Err(Error::invalid(
                "no storage account is set: set AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_CONNECTION_STRING, or the setting account",
            ));
        };
        let key = if settings.credentials.is_some() {
            None
        } else {
            settings.key.clone().or_else(|| set("AZURE_STORAGE_KEY")).or(connection.key)
        };
        let endpoint = settings
            .endpoint_url
            .clone()
            .or_else(|| set("AZURE_STORAGE_BLOB_ENDPOINT"))
            .or(connection.endpoint)
            .unwrap_or_else(|| format!("https://{name}.blob.{}", connection.suffix));
        let key = key.as_deref().map(Key::parse).transpose()?;
        Ok(Self { name, endpoint: endpoint.trim_end_matches('/').to_owned(), key })
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with = if self.key.is_some() { "a key" } else { "Entra" };
        write!(f, "{:?} at {:?} with {with}", self.name, self.endpoint)
    }
}

/// What a connection string says.
/// <https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string>
struct Connection {
    account: Option<String>,
    key: Option<String>,
    endpoint: Option<String>,
    suffix: String,
}

impl Default for Connection {
    fn default() -> Self {
        Self { account: None, key: None, endpoint: None, suffix: "core.windows.net".to_owned() }
    }
}

impl Connection {
    fn parse(text: &str) -> Result<Self> {
        let mut connection = Self::default();
        for pair in text.split(';').filter(|pair| !pair.trim().is_empty()) {
            let Some((name, value)) = pair.split_once('=') else {
                return Err(Error::invalid("the connection string of the storage account is not made of name=value"));
            };
            match name.trim() {
                "AccountName" => connection.account = Some(value.to_owned()),
                "AccountKey" => connection.key = Some(value.to_owned()),
                "BlobEndpoint" => connection.endpoint = Some(value.to_owned()),
                "EndpointSuffix" => value.clone_into(&mut connection.suffix),
                "UseDevelopmentStorage" if value == "true" => {
                    let (account, key, endpoint) = EMULATED;
                    connection.account = Some(account.to_owned());
                    connection.key = Some(key.to_owned());
                    connection.endpoint = Some(endpoint.to_owned());
                }
                "SharedAccessSignature" => {
                    return Err(Error::invalid(
                        "a shared access signature cannot sign others: give the account's key, or none to use Entra",
                    ));
                }
                _ => {}
            }
        }
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(settings: &AzureBlobSettings, environment: &[(&str, &str)]) -> Result<Account> {
        let value = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
        Account::find(settings, value)
    }

    #[test]
    fn settings_come_before_single_variables_and_those_before_a_connection_string() {
        let connection = "DefaultEndpointsProtocol=https;AccountName=one;AccountKey=b25l;EndpointSuffix=core.example";
        let by_connection = [("AZURE_STORAGE_CONNECTION_STRING", connection)];
        let found = find(&AzureBlobSettings::new(), &by_connection).unwrap();
        assert_eq!((found.name.as_str(), found.endpoint.as_str()), ("one", "https://one.blob.core.example"));
        assert_eq!(found.key.unwrap().bytes, b"one");

        let both = [by_connection[0], ("AZURE_STORAGE_ACCOUNT", "two"), ("AZURE_STORAGE_KEY", "dHdv")];
        let found = find(&AzureBlobSettings::new(), &both).unwrap();
        assert_eq!((found.name.as_str(), found.key.unwrap().bytes.as_slice()), ("two", b"two".as_slice()));

        let emulator = AzureBlobSettings::new().with_account("three").with_endpoint_url("http://127.0.0.1:1/three/");
        let found = find(&emulator, &both).unwrap();
        assert_eq!((found.name.as_str(), found.endpoint.as_str()), ("three", "http://127.0.0.1:1/three"));
    }

    #[test]
    fn without_a_key_it_is_entra_and_the_public_cloud() {
        let found = find(&AzureBlobSettings::new().with_account("acme"), &[("AZURE_STORAGE_KEY", "")]).unwrap();
        assert_eq!((found.endpoint.as_str(), found.key.is_none()), ("https://acme.blob.core.windows.net", true));
        let emulated = [("AZURE_STORAGE_CONNECTION_STRING", "UseDevelopmentStorage=true")];
        assert_eq!(find(&AzureBlobSettings::new(), &emulated).unwrap().endpoint, EMULATED.2);
    }

    #[test]
    fn what_cannot_be_used_is_told_without_secrets() {
        for (environment, words) in [
            (("AZURE_STORAGE_KEY", "dHdv"), "no storage account is set"),
            (("AZURE_STORAGE_CONNECTION_STRING", "AccountName=a;AccountKey=s3cret!"), "not base64"),
            (
                ("AZURE_STORAGE_CONNECTION_STRING", "BlobEndpoint=https://a;SharedAccessSignature=sv=s3cret"),
                "cannot sign",
            ),
            (("AZURE_STORAGE_CONNECTION_STRING", "s3cret"), "name=value"),
        ] {
            let error = find(&AzureBlobSettings::new(), &[environment]).unwrap_err();
            let told = format!("{error} {error:?}");
            assert!(told.contains(words) && !told.contains("s3cret"), "{told}");
        }
        let shown =
            format!("{:?}", find(&AzureBlobSettings::new().with_account("a").with_key("c2VjcmV0"), &[]).unwrap());
        assert!(!shown.contains("c2VjcmV0"), "{shown}");
    }
}
