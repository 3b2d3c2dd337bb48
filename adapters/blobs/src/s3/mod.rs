//! Amazon S3, and what speaks its protocol.

mod bucket;
mod settings;
mod table;

use std::fmt;
use std::sync::Arc;

use anyport_ports::{Error, Naming, Result};
use async_trait::async_trait;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsAuthorizer};
pub use object_store::aws::{AwsCredential, AwsCredentialProvider};
pub use object_store::client::StaticCredentialProvider;
use object_store::client::{HttpClient, HttpRequest};
use object_store::{ClientOptions, RetryConfig};

use crate::ObjectBlobs;
use crate::credentials::Told;
use crate::fault::Table;
use crate::http_client::{Shared, Transport, http_client};
use crate::provider::{Bucket, Provider};
use crate::requests::{Authorize, Endpoint};
use bucket::S3Bucket;
pub use settings::S3Settings;

/// The most bytes of a bucket's name.
const MAX_BUCKET_NAME_BYTES: usize = 63;

impl ObjectBlobs {
    /// The buckets of Amazon S3, or of a store at [`S3Settings::endpoint_url`] that speaks its protocol. Nothing is
    /// connected to yet.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](anyport_ports::ErrorKind::InvalidInput) for a prefix that is none, without a region, or for an
    /// endpoint that is no URL.
    pub fn s3(settings: &S3Settings) -> Result<Self> {
        S3::new(settings).map(Self::of)
    }
}

/// An account, or an endpoint.
struct S3 {
    naming: Naming,
    builder: AmazonS3Builder,
    region: String,
    /// Where buckets are, in the path of a URL; `None` for Amazon itself, which has them in the name of the host.
    endpoint: Option<String>,
    credentials: AwsCredentialProvider,
    client: HttpClient,
}

impl S3 {
    fn new(settings: &S3Settings) -> Result<Self> {
        let naming = Naming::new(settings.prefix.as_str())?;
        let mut builder = AmazonS3Builder::from_env();
        if let Some(region) = &settings.region {
            builder = builder.with_region(region);
        }
        let set = |key| builder.get_config_value(&key).filter(|value| !value.is_empty());
        let endpoint = settings
            .endpoint_url
            .clone()
            .or_else(|| set(AmazonS3ConfigKey::S3Endpoint))
            .or_else(|| set(AmazonS3ConfigKey::Endpoint))
            .map(|url| url.trim_end_matches('/').to_owned());
        let Some(region) = set(AmazonS3ConfigKey::Region) else {
            return Err(Error::invalid("no region is set for S3: set AWS_REGION, or the setting region"));
        };
        let asks_by_tls = set(AmazonS3ConfigKey::WebIdentityTokenFile).is_some();
        let client = http_client(match &endpoint {
            Some(url) => Transport::to(url, asks_by_tls, "S3")?,
            None => Transport::Tls,
        })?;
        builder = builder
            .with_http_connector(Shared(client.clone()))
            .with_client_options(ClientOptions::new().with_allow_http(true))
            .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() })
            // In one request for each object, which tells its own outcome.
            .with_disable_bulk_delete(true)
            .with_disable_tagging(true)
            .with_virtual_hosted_style_request(endpoint.is_none());
        if let Some(endpoint) = &endpoint {
            builder = builder.with_config(AmazonS3ConfigKey::S3Endpoint, endpoint);
        }
        let credentials = match &settings.credentials {
            Some(given) => Arc::clone(given),
            None => Arc::clone(build(builder.clone().with_bucket_name("any"))?.credentials()),
        };
        let credentials: AwsCredentialProvider = Arc::new(Told(credentials));
        let builder = builder.with_credentials(Arc::clone(&credentials));
        Ok(Self { naming, builder, region, endpoint, credentials, client })
    }
}

fn build(builder: AmazonS3Builder) -> Result<object_store::aws::AmazonS3> {
    builder.build().map_err(|error| Error::invalid(format!("S3 cannot be set up: {error}")))
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3({:?}, {:?}, {:?})", self.region, self.endpoint, self.naming)
    }
}

impl Provider for S3 {
    fn open(&self, bucket: &str) -> Result<Arc<dyn Bucket>> {
        let name = self.naming.of(bucket, MAX_BUCKET_NAME_BYTES);
        let objects = build(self.builder.clone().with_bucket_name(&name))?;
        let url = match &self.endpoint {
            Some(endpoint) => format!("{endpoint}/{name}"),
            None => format!("https://{name}.s3.{}.amazonaws.com", self.region),
        };
        let (region, credentials) = (self.region.clone(), Arc::clone(&self.credentials));
        let authority = Arc::new(Signature { region: region.clone(), credentials });
        let endpoint = Endpoint { url, client: self.client.clone(), authority };
        Ok(Arc::new(S3Bucket { objects, name, region, endpoint }))
    }

    fn table(&self) -> Table {
        table::meaning
    }
}

/// Signs requests for a region.
struct Signature {
    region: String,
    credentials: AwsCredentialProvider,
}

#[async_trait]
impl Authorize for Signature {
    async fn authorize(&self, request: &mut HttpRequest) -> object_store::Result<()> {
        let credential = self.credentials.get_credential().await?;
        AwsAuthorizer::new(&credential, "s3", &self.region).try_authorize(request, None)
    }
}
