//! What a user may set.

use std::fmt;

use serde::Deserialize;

use super::AzureCredentialProvider;

/// How to reach Blob Storage. Everything that is not here follows Azure's own conventions: `AZURE_STORAGE_ACCOUNT` with
/// `AZURE_STORAGE_KEY`, or `AZURE_STORAGE_CONNECTION_STRING`; `AZURE_STORAGE_BLOB_ENDPOINT`, as of an emulator. Without a
/// key it is Entra that says who asks: a workload identity (`AZURE_CLIENT_ID`, `AZURE_TENANT_ID`,
/// `AZURE_FEDERATED_TOKEN_FILE`), a client secret (`AZURE_CLIENT_SECRET` with the first two), the login of Azure's command
/// line if `AZURE_USE_AZURE_CLI` is `true`, or the host's managed identity, in this order. It takes the role *Storage Blob
/// Data Contributor* and, for signed URLs, *Storage Blob Delegator*. Shared access signatures are not known here, since
/// who has but one cannot sign others.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AzureBlobSettings {
    /// What the name of every container begins with, where several environments share an account: up to 16 of `a-z`,
    /// `0-9` and `-`. Empty unless set.
    pub prefix: String,
    /// The storage account; by the conventions unless set.
    pub account: Option<String>,
    /// The endpoint of the account's blobs, such as `http://127.0.0.1:10000/devstoreaccount1`; by the conventions unless
    /// set.
    pub endpoint_url: Option<String>,
    #[serde(skip)]
    pub(super) key: Option<String>,
    #[serde(skip)]
    pub(super) credentials: Option<AzureCredentialProvider>,
}

impl AzureBlobSettings {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this at the beginning of every container's name.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// In this storage account.
    #[must_use]
    pub fn with_account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// At this endpoint.
    #[must_use]
    pub fn with_endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint_url = Some(url.into());
        self
    }

    /// With this key of the account, in base64, whatever the environment says.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// With tokens of Entra from here, whatever the environment says. A key goes by [`AzureBlobSettings::with_key`].
    #[must_use]
    pub fn with_credentials(mut self, credentials: AzureCredentialProvider) -> Self {
        self.credentials = Some(credentials);
        self
    }
}

impl fmt::Debug for AzureBlobSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureBlobSettings")
            .field("prefix", &self.prefix)
            .field("account", &self.account)
            .field("endpoint_url", &self.endpoint_url)
            .finish_non_exhaustive()
    }
}
