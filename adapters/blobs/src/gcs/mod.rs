//! Google Cloud Storage, by its XML interface. The etag of the port is an object's generation.

mod bucket;
mod place;
mod settings;
mod table;

use std::fmt;
use std::sync::Arc;

use anyport_ports::{Error, Naming, Result};
use async_trait::async_trait;
use http::{HeaderValue, header};
use object_store::client::{HttpClient, HttpRequest, StaticCredentialProvider};
use object_store::gcp::{
    GcpCredential, GcpCredentialProvider, GcpSigningCredentialProvider, GoogleCloudStorage, GoogleCloudStorageBuilder,
};
use object_store::{ClientOptions, RetryConfig};

use crate::ObjectBlobs;
use crate::credentials::Told;
use crate::fault::Table;
use crate::http_client::{Shared, Transport, http_client};
use crate::provider::{Bucket, Provider};
use crate::requests::{Authorize, Endpoint, unusable};
use bucket::GcsBucket;
use place::{Identity, Place};
pub use settings::GcsSettings;

/// The most bytes of a bucket's name.
const MAX_BUCKET_NAME_BYTES: usize = 63;

impl ObjectBlobs {
    /// The buckets of Google Cloud Storage, or of an emulator at [`GcsSettings::endpoint_url`]. Nothing is connected to
    /// yet.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](anyport_ports::ErrorKind::InvalidInput) for a prefix that is none, for credentials that cannot be
    /// read, or for an endpoint that is no URL.
    pub fn gcs(settings: &GcsSettings) -> Result<Self> {
        Gcs::new(settings, |name| std::env::var(name).ok()).map(Self::of)
    }
}

/// Whatever the credentials may reach.
struct Gcs {
    naming: Naming,
    builder: GoogleCloudStorageBuilder,
    place: Place,
    location: Option<String>,
    credentials: GcpCredentialProvider,
    client: HttpClient,
}

impl Gcs {
    fn new(settings: &GcsSettings, environment: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let naming = Naming::new(settings.prefix.as_str())?;
        let place = Place::find(settings, environment)?;
        let asks_by_tls = matches!(place.identity, Identity::File(_) | Identity::Default);
        let client = http_client(Transport::to(&place.endpoint, asks_by_tls, "Cloud Storage")?)?;
        let builder = GoogleCloudStorageBuilder::new()
            .with_base_url(&place.endpoint)
            .with_http_connector(Shared(client.clone()))
            .with_client_options(ClientOptions::new().with_allow_http(true))
            .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() });
        let anonymous = || Arc::new(StaticCredentialProvider::new(GcpCredential { bearer: String::new() }));
        let known = match &place.identity {
            Identity::ServiceAccount(key_file) => builder.clone().with_service_account_key(key_file),
            Identity::File(path) => builder.clone().with_application_credentials(path),
            Identity::Default => builder.clone(),
            Identity::Anonymous => builder.clone().with_credentials(anonymous()),
        };
        let known = build(known.with_bucket_name("any"))?;
        let credentials: GcpCredentialProvider = Arc::new(Told(Arc::clone(known.credentials())));
        let signing: GcpSigningCredentialProvider = Arc::new(Told(Arc::clone(known.signing_credentials())));
        let builder = builder.with_credentials(Arc::clone(&credentials)).with_signing_credentials(signing);
        Ok(Self { naming, builder, place, location: settings.location.clone(), credentials, client })
    }
}

fn build(builder: GoogleCloudStorageBuilder) -> Result<GoogleCloudStorage> {
    builder.build().map_err(|error| Error::invalid(format!("Cloud Storage cannot be set up: {error}")))
}

impl fmt::Debug for Gcs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gcs({:?}, {:?})", self.place, self.naming)
    }
}

impl Provider for Gcs {
    fn open(&self, bucket: &str) -> Result<Arc<dyn Bucket>> {
        let name = self.naming.of(bucket, MAX_BUCKET_NAME_BYTES);
        let objects = build(self.builder.clone().with_bucket_name(&name))?;
        let authority = Arc::new(Bearer(Arc::clone(&self.credentials)));
        let endpoint =
            Endpoint { url: format!("{}/{name}", self.place.endpoint), client: self.client.clone(), authority };
        let (project, location) = (self.place.project.clone(), self.location.clone());
        let is_anonymous = self.place.identity == Identity::Anonymous;
        Ok(Arc::new(GcsBucket { objects, name, project, location, is_anonymous, endpoint }))
    }

    fn table(&self) -> Table {
        table::meaning
    }
}

/// Shows a token.
struct Bearer(GcpCredentialProvider);

#[async_trait]
impl Authorize for Bearer {
    async fn authorize(&self, request: &mut HttpRequest) -> object_store::Result<()> {
        let credential = self.0.get_credential().await?;
        if !credential.bearer.is_empty() {
            let mut token = HeaderValue::from_str(&format!("Bearer {}", credential.bearer)).map_err(unusable)?;
            token.set_sensitive(true);
            request.headers_mut().insert(header::AUTHORIZATION, token);
        }
        Ok(())
    }
}
