//! Documents on Azure Cosmos DB: one container per collection, in an account of Strong consistency.
//!
//! # How a document is stored
//!
//! | field | what it holds |
//! |---|---|
//! | `id` | the sort key, as ASCII whose order is that of the key's bytes: [`order`] |
//! | `pk` | the partition key as it is; the container's partition key path is `/pk` |
//! | `body` | the body; numbers that a double would not give back are `{"$number": "1.0"}` |
//! | `bodyJson` | instead of `body`, the body as JSON text, where it is so full of such numbers that it would grow by half |
//! | `operation` | the id of the operation that wrote it: a part of the version, beside Cosmos DB's own `_etag` |
//! | `expiresAt` | the expiry in milliseconds since 1970 |
//! | `ttl` | the seconds after which Cosmos DB may remove it: a minute after its expiry |
//! | `ix` | its place in each index: text of the partition field, of the sort field, and the key, as ASCII in order |
//!
//! An item of `id`, `pk` and `body`, as another program may put it, is a document; its version is its etag. It is in an
//! index once it is written by this adapter, or when the index is built.
//!
//! # Deletions
//!
//! Cosmos DB's change feed tells of what stands, not of what is gone. In a collection with a feed a deletion is therefore a
//! write: of a mark, an item with `deleted` and a `ttl` of 15 days, which every read passes over and every condition takes for
//! absent. In a collection without a feed the item is removed.

mod batch;
mod call;
mod connection;
mod containers;
mod failure;
#[cfg(test)]
mod failures;
mod feed;
mod identifier;
mod index;
mod item;
mod order;
mod provision;
mod query;
mod read;
mod scan;
mod settings;
mod transact;
mod value;
mod version;
mod write;

use std::fmt;
use std::sync::Arc;

use anyport_ports::documents::{
    Condition, Document, DocumentChange, Documents, IndexQuery, Key, Keys, Page, Put, Query, Scan, ScanQuery,
    Transaction, Version,
};
use anyport_ports::{Clock, CollectionName, Naming, Result};
use async_trait::async_trait;
use azure_data_cosmos::{CosmosClient, DatabaseClient};

use self::call::{Call, Patience};
use self::containers::Containers;
pub use self::settings::CosmosSettings;
use self::settings::Place;

/// Documents on Cosmos DB: strongly consistent, one container per collection, with their change feeds. Clones share
/// connections.
///
/// A call takes 12 seconds at most, and each of its requests is attempted three times at most; one whose outcome is not
/// known is repeated only where doing it twice is harmless. A write whose answer is lost is looked for by one more request.
///
/// A running process does not learn of an index that is added later, nor of a feed.
#[derive(Clone)]
pub struct CosmosDocuments {
    shared: Arc<Shared>,
}

struct Shared {
    client: CosmosClient,
    place: Place,
    naming: Naming,
    clock: Arc<dyn Clock>,
    patience: Patience,
    containers: Containers,
}

impl CosmosDocuments {
    /// Connects to the account. `clock` decides what has expired.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if no account is set, or one that is not of Strong consistency; `Unavailable` if it is not reached,
    /// `Unauthenticated` if it does not accept the key or the identity.
    pub async fn connect(settings: &CosmosSettings, clock: Arc<dyn Clock>) -> Result<Self> {
        let place = settings.place(|name| std::env::var(name).ok())?;
        Self::within(Patience::USUAL, place, &settings.prefix, clock).await
    }

    async fn within(patience: Patience, place: Place, prefix: &str, clock: Arc<dyn Clock>) -> Result<Self> {
        let naming = Naming::new(prefix)?;
        let client = connection::connect(&place, patience).await?;
        let containers = Containers::default();
        Ok(Self { shared: Arc::new(Shared { client, place, naming, clock, patience, containers }) })
    }

    /// The change that an item tells of, as the host of Azure Functions is given it in JSON by Cosmos DB's trigger.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if it is no document of this adapter.
    pub fn change_of(item: &str) -> Result<DocumentChange> {
        feed::change_of(item)
    }

    fn database(&self) -> DatabaseClient {
        self.shared.client.database_client(self.shared.place.database.clone())
    }

    /// The beginning of a call.
    fn call(&self, operation: &'static str, resource: impl fmt::Display) -> Call {
        Call::new(self.shared.patience, operation, resource)
    }
}

impl fmt::Debug for CosmosDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CosmosDocuments")
            .field("endpoint", &self.shared.place.endpoint.as_str())
            .field("database", &self.shared.place.database)
            .field("naming", &self.shared.naming)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Documents for CosmosDocuments {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        self.read_one(collection, key).await
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        self.read_many(collection, keys).await
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.put_one(collection, key, put).await
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        self.delete_one(collection, key, condition).await
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        self.list(collection, query).await
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        self.list_index(collection, query).await
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        self.transact_all(collection, transaction).await
    }
}

#[async_trait]
impl Scan for CosmosDocuments {
    async fn scan(&self, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        self.list_segment(collection, query).await
    }
}
