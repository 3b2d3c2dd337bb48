//! A storage account: where it is, and what opens it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use anyport_ports::{Error, Result};
use azure_core::http::Url;
use azure_core::http::policies::Policy;
use azure_storage_queue::{QueueServiceClient, QueueServiceClientOptions};

use super::settings::QueueSettings;
use super::shared_key::SharedKey;
use crate::call::{Transport, Trust, client_options, made};
use crate::credential;

/// Where accounts are, unless a connection string says otherwise.
const SUFFIX: &str = "core.windows.net";

/// A storage account. `Debug` shows nothing that opens it.
pub(super) struct Account {
    /// Where its queues are; without a query.
    endpoint: Url,
    access: Access,
}

/// What opens an account.
#[derive(Clone)]
enum Access {
    /// Its key, which signs each request by itself.
    Key(SharedKey),
    /// A signature that somebody made with the key: the query of every URL.
    Sas(String),
    /// The program's identity.
    Entra,
}

impl Account {
    /// The account that settings and environment lead to.
    pub(super) fn found(settings: &QueueSettings, variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let connection = variable("AZURE_STORAGE_CONNECTION_STRING").map(|text| parts(&text)).transpose()?;
        let part = |name: &str| connection.as_ref()?.get(name).cloned();

        let named = variable("AZURE_STORAGE_ACCOUNT").or_else(|| part("AccountName"));
        let by_name = || {
            let suffix = part("EndpointSuffix").unwrap_or_else(|| SUFFIX.to_owned());
            named.as_ref().map(|account| format!("https://{account}.queue.{suffix}"))
        };
        let endpoint = settings.endpoint.clone().or_else(|| variable("AZURE_STORAGE_QUEUE_ENDPOINT"));
        let endpoint = endpoint.or_else(|| part("QueueEndpoint")).or_else(by_name).ok_or_else(|| {
            Error::invalid(
                "no storage account is set: set AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_QUEUE_ENDPOINT or \
                 AZURE_STORAGE_CONNECTION_STRING",
            )
        })?;
        let mut endpoint = parse(&endpoint)?;
        let in_url = endpoint.query().filter(|query| !query.is_empty()).map(str::to_owned);
        endpoint.set_query(None);

        let key = variable("AZURE_STORAGE_KEY").or_else(|| part("AccountKey"));
        let sas = variable("AZURE_STORAGE_SAS_TOKEN").or_else(|| part("SharedAccessSignature")).or(in_url);
        let access = match (key, sas) {
            (Some(key), _) => {
                let account = named.or_else(|| account_of(&endpoint)).unwrap_or_default();
                Access::Key(SharedKey::new(account, &key)?)
            }
            (None, Some(sas)) => Access::Sas(sas.trim_start_matches('?').to_owned()),
            (None, None) if endpoint.scheme() == "https" => Access::Entra,
            (None, None) => {
                let message = format!(
                    "{endpoint} is plain HTTP, over which no identity is shown: set AZURE_STORAGE_KEY or \
                     AZURE_STORAGE_SAS_TOKEN"
                );
                return Err(Error::invalid(message));
            }
        };
        Ok(Self { endpoint, access })
    }

    /// A client of its queues.
    pub(super) fn client(&self) -> Result<QueueServiceClient> {
        let trust = if self.endpoint.scheme() == "http" { Trust::Plain } else { Trust::System };
        let (mut url, mut signing, mut credential) = (self.endpoint.clone(), None, None);
        match &self.access {
            Access::Key(key) => signing = Some(Arc::new(key.clone()) as Arc<dyn Policy>),
            Access::Sas(query) => url.set_query(Some(query)),
            Access::Entra => credential = Some(credential::entra()?),
        }
        let options = QueueServiceClientOptions {
            client_options: client_options(Transport::new(trust)?, signing),
            ..QueueServiceClientOptions::default()
        };
        made(QueueServiceClient::new(url, credential, Some(options)), "the endpoint of Storage Queue")
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = match self.access {
            Access::Key(_) => "key",
            Access::Sas(_) => "shared access signature",
            Access::Entra => "Microsoft Entra ID",
        };
        write!(f, "Account({}, by {access})", self.endpoint)
    }
}

fn parse(endpoint: &str) -> Result<Url> {
    // Not shown: it may hold a signature.
    let no_url =
        || Error::invalid("the endpoint of Storage Queue must be a URL such as https://shop.queue.core.windows.net");
    let url: Url = endpoint.trim_end_matches('/').parse().map_err(|_| no_url())?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() { Ok(url) } else { Err(no_url()) }
}

/// The account's name in a URL: the path of an emulator, else the first label of the host.
fn account_of(endpoint: &Url) -> Option<String> {
    let path = endpoint.path().trim_matches('/');
    let name = if path.is_empty() { endpoint.domain()?.split('.').next()? } else { path.split('/').next()? };
    Some(name.to_owned())
}

/// The parts of a connection string: `Name=value` between semicolons, where a value may hold `=`.
fn parts(text: &str) -> Result<HashMap<String, String>> {
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect::<Option<_>>()
        .ok_or_else(|| Error::invalid("AZURE_STORAGE_CONNECTION_STRING must be Name=value pairs between semicolons"))
}

#[cfg(test)]
mod tests {
    use anyport_ports::ErrorKind;

    use super::*;

    const KEY: &str = "c2VjcmV0LWtleQ==";

    fn found(endpoint: Option<&str>, variables: &[(&str, &str)]) -> Result<Account> {
        let settings = QueueSettings { prefix: String::new(), endpoint: endpoint.map(str::to_owned) };
        Account::found(&settings, |name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn shown(endpoint: Option<&str>, variables: &[(&str, &str)]) -> String {
        format!("{:?}", found(endpoint, variables).unwrap())
    }

    #[test]
    fn an_account_is_found_by_its_name_its_endpoint_or_a_connection_string() {
        let entra = "Account(https://shop.queue.core.windows.net/, by Microsoft Entra ID)";
        assert_eq!(shown(None, &[("AZURE_STORAGE_ACCOUNT", "shop")]), entra);
        let emulator = "http://127.0.0.1:1/devstoreaccount1";
        let by_key = [("AZURE_STORAGE_QUEUE_ENDPOINT", emulator), ("AZURE_STORAGE_KEY", KEY)];
        assert_eq!(shown(None, &by_key), format!("Account({emulator}, by key)"));
        assert_eq!(shown(Some("http://127.0.0.1:2/other"), &by_key), "Account(http://127.0.0.1:2/other, by key)");
        let text = format!("DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={KEY};EndpointSuffix=x.net;");
        let by_text = [("AZURE_STORAGE_CONNECTION_STRING", text.as_str())];
        assert_eq!(shown(None, &by_text), "Account(https://shop.queue.x.net/, by key)");
    }

    #[test]
    fn a_signature_may_stand_anywhere_and_is_never_shown() {
        let signed = "https://shop.queue.core.windows.net?sv=1&sig=s3cr3t";
        let expected = "Account(https://shop.queue.core.windows.net/, by shared access signature)";
        assert_eq!(shown(Some(signed), &[]), expected);
        let variables = [("AZURE_STORAGE_ACCOUNT", "shop"), ("AZURE_STORAGE_SAS_TOKEN", "?sv=1&sig=s3cr3t")];
        let account = found(None, &variables).unwrap();
        assert_eq!(format!("{account:?}"), expected);
        assert_eq!(account.client().unwrap().url().query(), Some("sv=1&sig=s3cr3t"));
    }

    #[test]
    fn the_name_of_an_account_stands_in_its_url() {
        for (url, name) in [
            ("https://shop.queue.core.windows.net", Some("shop")),
            ("http://127.0.0.1:1/devstoreaccount1/", Some("devstoreaccount1")),
            ("http://127.0.0.1:1", None),
        ] {
            assert_eq!(account_of(&parse(url).unwrap()).as_deref(), name, "{url}");
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_told_and_no_secret_is() {
        for (endpoint, variables) in [
            (None, vec![]),
            (Some("shop?sig=s3cr3t"), vec![]),
            (Some("ftp://shop?sig=s3cr3t"), vec![]),
            (Some("http://127.0.0.1:1/a"), vec![]),
            (Some("http://127.0.0.1:1"), vec![("AZURE_STORAGE_KEY", KEY)]),
            (Some("https://shop.example"), vec![("AZURE_STORAGE_KEY", "s3cr3t")]),
            (None, vec![("AZURE_STORAGE_CONNECTION_STRING", "AccountKey s3cr3t")]),
        ] {
            let error = found(endpoint, &variables).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{endpoint:?}");
            assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error:?}");
        }
    }
}
