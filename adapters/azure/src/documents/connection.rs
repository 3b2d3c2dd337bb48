//! The client of an account.

use anyport_ports::{Error, ErrorKind, Result};
use azure_data_cosmos::options::{
    AvailabilityStrategy, BinaryEncodingOptions, ConnectionPoolOptions, ConnectionPoolOptionsBuilder, OperationOptions,
    OperationOptionsBuilder, ReadConsistencyStrategy, ReadDatabaseOptions, ThrottlingRetryOptionsBuilder,
};
use azure_data_cosmos::{AccountEndpoint, AccountReference, CosmosClient, CosmosRuntime, RoutingStrategy};

use super::call::{Call, Patience};
use super::settings::Place;
use crate::credential;

const OPERATION: &str = "documents.connect";

/// Connects to the account, and makes sure that its reads are strong.
///
/// HTTP/1.1 is spoken: a request has a connection to itself, so that one that breaks puts one request in doubt. Every
/// retry of the client's own is off, since it repeats writes whose outcome is unknown; [`Call`] makes them. JSON is text on the
/// wire, whose numbers are what was written.
pub(super) async fn connect(place: &Place, patience: Patience) -> Result<CosmosClient> {
    // Somebody else may have chosen for the process, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let call = Call::new(patience, OPERATION, &place.endpoint);
    let unmade = |error: azure_data_cosmos::CosmosError| {
        call.named(Error::new(ErrorKind::Internal, "no client can be made").caused_by(error.to_string()))
    };
    let pool = pool(patience).map_err(unmade)?;
    let runtime = CosmosRuntime::builder().with_connection_pool(pool).build().await.map_err(unmade)?;
    let endpoint = AccountEndpoint::from(place.endpoint.clone());
    let account = match &place.key {
        Some(key) => AccountReference::with_authentication_key(endpoint, key.clone()),
        None => AccountReference::with_credential(endpoint, credential::entra()?),
    };
    let client = call
        .read(|| {
            let builder = CosmosClient::builder()
                .with_runtime(runtime.clone())
                .with_default_operation_options(options())
                .with_binary_encoding_options(BinaryEncodingOptions::new().with_enabled(false));
            let account = account.clone();
            Box::pin(async move { builder.build(account, RoutingStrategy::PreferredRegions(Vec::new())).await })
        })
        .await
        .map_err(|failure| call.error(&failure))?;
    require_strong(&client, &place.database, &call).await?;
    Ok(client)
}

fn pool(patience: Patience) -> azure_data_cosmos::Result<ConnectionPoolOptions> {
    ConnectionPoolOptionsBuilder::new()
        .with_is_http2_allowed(false)
        .with_max_connect_timeout(patience.connect)
        .with_max_dataplane_request_timeout(patience.attempt)
        .with_max_metadata_request_timeout(patience.attempt)
        .build()
}

/// Holds for every request. A strong read of an account that is not of Strong consistency is refused by the client.
fn options() -> OperationOptions {
    OperationOptionsBuilder::new()
        .with_read_consistency_strategy(ReadConsistencyStrategy::GlobalStrong)
        .with_max_failover_retry_count(0)
        .with_max_session_retry_count(0)
        .with_throttling_retry_options(ThrottlingRetryOptionsBuilder::new().with_max_retry_count(0).build())
        .with_availability_strategy(AvailabilityStrategy::Disabled)
        .with_hedging_enabled(false)
        .with_session_capturing_disabled(true)
        .build()
}

/// Any strong read tells; that there is no such database yet is for the first call to say, or for who provisions.
async fn require_strong(client: &CosmosClient, database: &str, call: &Call) -> Result<()> {
    let answer = call
        .read(|| {
            let database = client.database_client(database.to_owned());
            Box::pin(async move { database.read(Some(ReadDatabaseOptions::default())).await })
        })
        .await;
    match answer {
        Ok(_) => Ok(()),
        Err(failure) if failure.meaning().kind == ErrorKind::NotFound => Ok(()),
        Err(failure) if failure.is_refusal(400) => {
            let message = "the account is not of Strong consistency, which the contract of documents needs: set its \
                           default consistency level to Strong, and let it write in one region";
            Err(call.named(Error::invalid(message).caused_by(failure.error())))
        }
        Err(failure) => Err(call.error(&failure)),
    }
}
