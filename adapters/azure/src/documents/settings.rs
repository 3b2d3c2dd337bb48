//! What a user may set.

use anyport_ports::{Error, Result};
use azure_core::credentials::Secret;
use azure_core::http::Url;
use serde::Deserialize;

/// The database where nothing else is set.
const DATABASE: &str = "anyport";

/// Where the documents are. What is not set here is found in the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CosmosSettings {
    /// What the name of every container begins with, so that several environments may share a database: up to 16 of
    /// `a-z`, `0-9` and `-`. Empty unless set.
    pub prefix: String,
    /// The account, as `https://ACCOUNT.documents.azure.com/`; `AZURE_COSMOS_ENDPOINT` unless set. Plain `http` is for an emulator on
    /// this machine alone.
    pub endpoint: Option<String>,
    /// The database; `AZURE_COSMOS_DATABASE` unless set, else `anyport`.
    pub database: Option<String>,
    /// The account's key; `AZURE_COSMOS_KEY` unless set. Without one the program is known by Entra ID: by workload
    /// identity, managed identity, an application's secret, or who is logged in.
    pub key: Option<Secret>,
}

/// The settings, complete.
pub(super) struct Place {
    pub(super) endpoint: Url,
    pub(super) database: String,
    pub(super) key: Option<Secret>,
}

impl CosmosSettings {
    pub(super) fn place(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Place> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let endpoint = self.endpoint.clone().or_else(|| variable("AZURE_COSMOS_ENDPOINT")).ok_or_else(|| {
            Error::invalid(
                "no Cosmos DB account is set: set AZURE_COSMOS_ENDPOINT, or `endpoint` in the settings of this adapter",
            )
        })?;
        Ok(Place {
            endpoint: url(&endpoint)?,
            database: self
                .database
                .clone()
                .or_else(|| variable("AZURE_COSMOS_DATABASE"))
                .unwrap_or_else(|| DATABASE.to_owned()),
            key: self.key.clone().or_else(|| variable("AZURE_COSMOS_KEY").map(Secret::new)),
        })
    }
}

fn url(endpoint: &str) -> Result<Url> {
    let wrong = |why: &str| Error::invalid(format!("{endpoint:?} is no endpoint of Cosmos DB: {why}"));
    let url = Url::parse(endpoint)
        .map_err(|error| wrong("it must be like https://ACCOUNT.documents.azure.com/").caused_by(error))?;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if local => Ok(url),
        _ => Err(wrong("it must begin with https://, or with http:// for an emulator on this machine")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_goes_before_the_environment() {
        let variables = |name: &str| match name {
            "AZURE_COSMOS_ENDPOINT" => Some("https://a.documents.azure.com:443/".to_owned()),
            "AZURE_COSMOS_KEY" => Some("a2V5".to_owned()),
            _ => None,
        };
        let found = CosmosSettings::default().place(variables).unwrap();
        assert_eq!((found.endpoint.as_str(), found.database.as_str()), ("https://a.documents.azure.com/", "anyport"));
        assert_eq!(found.key, Some(Secret::new("a2V5")));
        let settings = CosmosSettings {
            endpoint: Some("http://127.0.0.1:8081".to_owned()),
            database: Some("shop".to_owned()),
            ..CosmosSettings::default()
        };
        let found = settings.place(variables).unwrap();
        assert_eq!((found.endpoint.as_str(), found.database.as_str()), ("http://127.0.0.1:8081/", "shop"));
    }

    #[test]
    fn an_account_must_be_named_and_spoken_to_in_secret() {
        let of = |endpoint: &str| CosmosSettings { endpoint: Some(endpoint.to_owned()), ..CosmosSettings::default() };
        for bad in ["", "account", "http://account.documents.azure.com/", "ftp://localhost/"] {
            assert!(of(bad).place(|_| None).is_err(), "{bad}");
        }
        assert!(CosmosSettings::default().place(|_| None).is_err());
    }

    #[test]
    fn a_key_is_not_shown() {
        let settings = CosmosSettings { key: Some(Secret::new("s3cr3t")), ..CosmosSettings::default() };
        assert!(!format!("{settings:?}").contains("s3cr3t"));
    }
}
