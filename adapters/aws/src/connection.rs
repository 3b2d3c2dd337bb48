//! The connection that all ports share: credentials, region, endpoints, deadlines, retries.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::resources::Resources;
use anyport_ports::{Clock, Error, Naming, Result};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::origin::Origin;
use aws_types::region::Region;

use crate::http::Client;
use crate::settings::AwsSettings;
use crate::{DynamoChanges, DynamoDocuments, environment};

/// Longest wait for a connection, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Longest wait for the answer to one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest that a call takes, with all its attempts and the pauses between them.
pub(crate) const OPERATION_TIMEOUT: Duration = Duration::from_secs(12);

/// Most attempts of one call, the first included.
const MAX_ATTEMPTS: u32 = 3;

/// The first pause between attempts, at most; it doubles, and is drawn at random below that.
const INITIAL_BACKOFF: Duration = Duration::from_millis(100);

/// The longest pause between attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(2);

/// An account and region of AWS, of which the ports' adapters are made. Clones share connections and credentials.
///
/// A call takes 12 seconds at most, and is attempted three times at most with growing, random pauses between; an attempt
/// whose outcome is not known is repeated only where doing it twice is harmless. A document's write whose answer is lost is
/// looked for by one more call.
#[derive(Clone)]
pub struct Aws(Arc<Shared>);

struct Shared {
    sdk: SdkConfig,
    region: String,
    naming: Naming,
    clock: Arc<dyn Clock>,
}

impl Aws {
    /// Finds region and credentials; no service is called yet. `clock` decides what has expired.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if no region is set anywhere or the prefix is no prefix; without the feature `default-chain`
    /// `Unauthenticated` if the environment holds no credentials.
    pub async fn connect(settings: &AwsSettings, clock: Arc<dyn Clock>) -> Result<Self> {
        let naming = Naming::new(settings.prefix.clone())?;
        let mut sdk = load(settings).await?.into_builder();
        if let Some(region) = &settings.region {
            sdk.set_region(Region::new(region.clone()));
        }
        if let Some(endpoint) = &settings.endpoint_url {
            // What is set here goes before what the environment says, for one service as for all.
            sdk.set_endpoint_url(Some(endpoint.clone()));
            sdk.insert_origin("endpoint_url", Origin::shared_config());
        }
        sdk.insert_origin("retry_config", Origin::shared_config());
        let sdk = sdk.build();
        let region = sdk.region().ok_or_else(|| {
            Error::invalid("no AWS region is set: set AWS_REGION, or `region` in the settings of this adapter")
        })?;
        let region = region.to_string();
        Ok(Self(Arc::new(Shared { sdk, region, naming, clock })))
    }

    /// Opens connections ahead of the first call, as a host does that is given time to start: to the services of the
    /// workload's collections. A failure is left for the first call to tell.
    pub async fn warm(&self, resources: &Resources) {
        if let Some(spec) = resources.collections.first() {
            self.documents().warm(&spec.name).await;
        }
    }

    /// Documents on DynamoDB.
    pub fn documents(&self) -> DynamoDocuments {
        DynamoDocuments::new(self)
    }

    /// The change feeds of those documents, by DynamoDB Streams.
    pub fn changes(&self) -> DynamoChanges {
        DynamoChanges::new(self)
    }

    /// What the clients of all services are configured with.
    pub(crate) fn sdk(&self) -> &SdkConfig {
        &self.0.sdk
    }

    /// The region's name.
    pub(crate) fn region(&self) -> &str {
        &self.0.region
    }

    /// How resources are called.
    pub(crate) fn naming(&self) -> &Naming {
        &self.0.naming
    }

    /// The clock that decides what has expired.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }
}

#[cfg(test)]
impl Aws {
    /// Made of this configuration, whatever the environment says.
    pub(crate) fn of(sdk: SdkConfig, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared { sdk, region: "eu-test-1".to_owned(), naming: Naming::default(), clock }))
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws").field("region", &self.region()).field("naming", self.naming()).finish_non_exhaustive()
    }
}

/// Bounded and jittered; applied to every service alike.
pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(MAX_ATTEMPTS)
        .with_initial_backoff(INITIAL_BACKOFF)
        .with_max_backoff(MAX_BACKOFF)
}

pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

#[cfg(feature = "default-chain")]
async fn load(settings: &AwsSettings) -> Result<SdkConfig> {
    let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .http_client(Client::new())
        .timeout_config(timeouts())
        .retry_config(retries());
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    // Credentials from the environment need no chain: it would read profiles and set up the providers behind them.
    if let Ok(credentials) = environment::credentials() {
        loader = loader.credentials_provider(credentials);
    }
    Ok(loader.load().await)
}

#[cfg(not(feature = "default-chain"))]
#[expect(clippy::unused_async, reason = "the chain asks files and services")]
async fn load(_settings: &AwsSettings) -> Result<SdkConfig> {
    let builder = SdkConfig::builder().http_client(Client::new()).timeout_config(timeouts()).retry_config(retries());
    environment::configure(builder)
}
