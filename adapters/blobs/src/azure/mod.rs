//! Azure Blob Storage.
//!
//! A signed URL for PUT is used with the header `x-ms-blob-type: BlockBlob`, without which Azure makes no blob of what is
//! sent. Uploads that nobody completes or aborts stay as empty blobs whose names begin with `.anyport//`: a rule of the
//! account's lifecycle management that deletes what begins so takes them away. Accounts with a hierarchical namespace, in
//! which a name cannot be that of a blob and of a folder, are not supported.

mod account;
mod blob;
mod container;
mod copies;
mod delegation;
mod listing;
mod sas;
mod settings;
mod shared_key;
mod table;
mod uploads;
mod xml;

use std::fmt;
use std::sync::Arc;

use anyport_ports::{Error, Naming, Result};
use async_trait::async_trait;
use chrono::Utc;
use object_store::azure::{AzureAccessKey, AzureAuthorizer, AzureConfigKey, MicrosoftAzure, MicrosoftAzureBuilder};
pub use object_store::azure::{AzureCredential, AzureCredentialProvider};
pub use object_store::client::StaticCredentialProvider;
use object_store::client::{HttpClient, HttpRequest};
use object_store::{ClientOptions, RetryConfig};

use crate::ObjectBlobs;
use crate::credentials::Told;
use crate::fault::Table;
use crate::http_client::{Shared, Transport, http_client};
use crate::provider::{Bucket, Provider};
use crate::requests::{Authorize, Endpoint};
use account::Account;
use container::Container;
use delegation::Delegation;
pub use settings::AzureBlobSettings;

/// The most bytes of a container's name.
const MAX_CONTAINER_NAME_BYTES: usize = 63;

/// What says who asks where there is no key, by Azure's own conventions.
const ENTRA: &[(&str, AzureConfigKey)] = &[
    ("AZURE_CLIENT_ID", AzureConfigKey::ClientId),
    ("AZURE_TENANT_ID", AzureConfigKey::AuthorityId),
    ("AZURE_CLIENT_SECRET", AzureConfigKey::ClientSecret),
    ("AZURE_FEDERATED_TOKEN_FILE", AzureConfigKey::FederatedTokenFile),
    ("AZURE_AUTHORITY_HOST", AzureConfigKey::AuthorityHost),
    ("AZURE_USE_AZURE_CLI", AzureConfigKey::UseAzureCli),
    ("IDENTITY_ENDPOINT", AzureConfigKey::MsiEndpoint),
];

impl ObjectBlobs {
    /// The containers of an account of Azure Blob Storage, or of an emulator at [`AzureBlobSettings::endpoint_url`].
    /// Nothing is connected to yet.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](anyport_ports::ErrorKind::InvalidInput) for a prefix that is none, without an account, for a key
    /// that is none, or for an endpoint that is no URL.
    pub fn azure(settings: &AzureBlobSettings) -> Result<Self> {
        Azure::new(settings, |name| std::env::var(name).ok()).map(Self::of)
    }
}

/// A storage account.
struct Azure {
    naming: Naming,
    builder: MicrosoftAzureBuilder,
    account: Account,
    credentials: AzureCredentialProvider,
    client: HttpClient,
    delegation: Arc<Delegation>,
}

impl Azure {
    fn new(settings: &AzureBlobSettings, environment: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let naming = Naming::new(settings.prefix.as_str())?;
        let account = Account::find(settings, &environment)?;
        let asks_by_tls = account.key.is_none() && settings.credentials.is_none();
        let client = http_client(Transport::to(&account.endpoint, asks_by_tls, "Blob Storage")?)?;
        let mut builder = MicrosoftAzureBuilder::new()
            .with_account(&account.name)
            .with_endpoint(account.endpoint.clone())
            .with_http_connector(Shared(client.clone()))
            .with_client_options(ClientOptions::new().with_allow_http(true))
            .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() });
        let credentials: AzureCredentialProvider = match (&account.key, &settings.credentials) {
            (Some(key), _) => {
                let key = AzureAccessKey::try_new(&key.text).map_err(|error| Error::invalid(error.to_string()))?;
                Arc::new(StaticCredentialProvider::new(AzureCredential::AccessKey(key)))
            }
            (None, Some(given)) => Arc::new(Told(Arc::clone(given))),
            (None, None) => {
                for (name, key) in ENTRA {
                    if let Some(value) = environment(name).filter(|value| !value.is_empty()) {
                        builder = builder.with_config(*key, value);
                    }
                }
                let entra = build(builder.clone().with_container_name("any"))?;
                Arc::new(Told(Arc::clone(entra.credentials())))
            }
        };
        let builder = builder.with_credentials(Arc::clone(&credentials));
        let authority = Arc::new(Signature { account: account.clone(), credentials: Arc::clone(&credentials) });
        let delegation = Delegation::of(Endpoint { url: account.endpoint.clone(), client: client.clone(), authority });
        Ok(Self { naming, builder, account, credentials, client, delegation: Arc::new(delegation) })
    }
}

fn build(builder: MicrosoftAzureBuilder) -> Result<MicrosoftAzure> {
    builder.build().map_err(|error| Error::invalid(format!("Blob Storage cannot be set up: {error}")))
}

impl fmt::Debug for Azure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Azure({:?}, {:?})", self.account, self.naming)
    }
}

impl Provider for Azure {
    fn open(&self, bucket: &str) -> Result<Arc<dyn Bucket>> {
        let name = self.naming.of(bucket, MAX_CONTAINER_NAME_BYTES);
        let objects = build(self.builder.clone().with_container_name(&name))?;
        let (account, credentials) = (self.account.clone(), Arc::clone(&self.credentials));
        let authority = Arc::new(Signature { account, credentials });
        let url = format!("{}/{name}", self.account.endpoint);
        let endpoint = Endpoint { url, client: self.client.clone(), authority };
        let (account, delegation) = (self.account.clone(), Arc::clone(&self.delegation));
        Ok(Arc::new(Container { objects, name, account, endpoint, delegation }))
    }

    fn table(&self) -> Table {
        table::meaning
    }
}

/// Signs requests for an account: by its key, or by a token.
struct Signature {
    account: Account,
    credentials: AzureCredentialProvider,
}

#[async_trait]
impl Authorize for Signature {
    async fn authorize(&self, request: &mut HttpRequest) -> object_store::Result<()> {
        let name = &self.account.name;
        if let Some(key) = &self.account.key {
            return shared_key::sign(request, name, &key.bytes, Utc::now());
        }
        let credential = self.credentials.get_credential().await?;
        AzureAuthorizer::new(&credential, name).try_authorize(request)
    }
}
