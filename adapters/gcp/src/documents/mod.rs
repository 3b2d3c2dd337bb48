//! Documents on Firestore: one collection of Firestore per collection.
//!
//! No official crate of Google's holds Firestore's data client. This adapter speaks to the service by the types and the
//! authenticated channel that the crate `firestore` re-exports, one request for one step: the retries of the crate's own
//! interface do not tell a write that was not done from one that may have been.
//!
//! # How a document is stored
//!
//! Its id is the partition key, `|` and the sort key (`u1|order~1o-1`), see [`id`]. Its fields:
//!
//! | field | type | what it holds |
//! |---|---|---|
//! | `partition`, `sort` | string | the key: a partition is listed by an equality and an order on these |
//! | `body` | map | the body, natively: see [`value`] |
//! | `body_json` | string | instead of `body`, the body as JSON text, where a map cannot hold it: above 20 levels or 896 KiB |
//! | `version` | string | the version, random and new on every write: how a write whose answer was lost knows itself again |
//! | `expires_at` | timestamp | from then on the document is invisible; the TTL policy is on this field |
//! | `expires_at_ms` | integer | instead of `expires_at`, an instant outside the years 1 to 9999 |
//! | `index` | map | by index, the texts `equals` and `order` under which the document is in it |
//!
//! What there is of collections, indexes and feeds stands in the collection `anyport_collections`, and below it the log of
//! changes, see [`feed`]. What the service must be told beforehand is listed by [`indexes`](indexes()).
//!
//! # Documents that others wrote
//!
//! A document of `partition`, `sort` and `body` under the id of its key, as another program may put it, is a document. Bytes
//! are read as base64 text, timestamps as RFC 3339, references as names, places on the globe as a map; they become text and
//! maps when the document is written again. Its version is the time of its last write. A program that changes a document
//! of this adapter must remove `version`, or set it anew, and a change by others is not in the feed.

mod connection;
mod credentials;
#[cfg(test)]
mod double;
mod errors;
mod event;
#[cfg(test)]
mod failures;
mod feed;
mod id;
mod indexes;
mod list;
mod plan;
mod provision;
mod query;
mod record;
mod registry;
mod segment;
mod settings;
mod value;
mod write;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use anyport_ports::documents::{
    Condition, Document, DocumentChange, Documents, IndexQuery, Key, Keys, Page, Put, Query, Scan, ScanQuery,
    Transaction, Version,
};
use anyport_ports::resources::CollectionSpec;
use anyport_ports::{Clock, CollectionName, Error, Result};
use async_trait::async_trait;

pub use self::indexes::{CompositeIndex, FieldIndex, FieldOverride, FirestoreIndexes, IndexedField, indexes};
pub use self::settings::FirestoreSettings;

use self::connection::Connection;
use self::plan::Step;
use self::registry::Registry;

/// Longest id of a collection or a document, in bytes.
const MAX_ID_BYTES: usize = 1_500;

/// Documents on Firestore in Native mode, with their scans and changes: strongly consistent.
///
/// A call is attempted three times at most with growing, random pauses between, each attempt taking 8 seconds at most; one
/// that was not answered in time is not made again, and neither is one whose outcome is unknown if doing it twice could
/// harm. A write whose answer is lost is looked for once. A write that finds others in its way gives way for up to 10
/// seconds, and then is `Throttled`.
///
/// An operation must know its collection's indexes. It reads them from the database, at most every 10 seconds, unless they
/// are [declared](Self::declaring).
#[derive(Clone)]
pub struct FirestoreDocuments(Arc<Shared>);

struct Shared {
    connection: Connection,
    registry: Registry,
    clock: Arc<dyn Clock>,
}

impl FirestoreDocuments {
    /// Finds project and credentials; the service is not called yet. `clock` decides what has expired.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if no project is set anywhere, or the prefix or the endpoint is none; `Unauthenticated` if there are
    /// no credentials that could be used.
    pub async fn connect(settings: &FirestoreSettings, clock: Arc<dyn Clock>) -> Result<Self> {
        let target = settings.target(|name| std::env::var(name).ok())?;
        let connection = Connection::new(target).await?;
        Ok(Self(Arc::new(Shared { connection, registry: Registry::default(), clock })))
    }

    /// Knows these collections, as from the workload's manifest, and need not ask.
    #[must_use]
    pub fn declaring(self, collections: &[CollectionSpec]) -> Self {
        for spec in collections {
            self.0.registry.declare(spec);
        }
        self
    }

    /// Opens the connection ahead of the first call, by reading a document that need not be there. A failure tells nothing
    /// that the first call would not tell better, so it is not reported.
    pub async fn warm(&self, collection: &CollectionName) {
        if let Ok(key) = Key::new("anyport", "warm") {
            let _connected = self.get(collection, &key).await;
        }
    }

    /// The change that an event of Firestore tells of: a CloudEvent in its structured form (JSON), as Eventarc delivers it to
    /// Cloud Run.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if it is none.
    pub fn change_of(event: &str) -> Result<DocumentChange> {
        event::change_of(event)
    }

    fn connection(&self) -> &Connection {
        &self.0.connection
    }

    fn registry(&self) -> &Registry {
        &self.0.registry
    }

    fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    /// The id of a collection.
    fn collection_id(&self, collection: &CollectionName) -> String {
        self.connection().naming().of(collection.as_str(), MAX_ID_BYTES)
    }

    /// The live documents among these, by key.
    async fn live_of(&self, collection: &CollectionName, keys: &[Key]) -> Result<HashMap<Key, Document>> {
        self.registry().find(self.connection(), collection, errors::of_read).await?;
        let asked: HashMap<String, &Key> = keys.iter().map(|key| (self.document_name(collection, key), key)).collect();
        let names = asked.keys().cloned().collect();
        let found = self.connection().fetch(names).await.map_err(|status| errors::of_read(&status))?;
        let now = self.clock().now();
        let mut live = HashMap::new();
        for (name, key) in asked {
            if let Some(stored) = found.get(&name) {
                let document = record::read(key.clone(), stored)?.document;
                if document.is_live(now) {
                    live.insert(key.clone(), document);
                }
            }
        }
        Ok(live)
    }
}

impl fmt::Debug for FirestoreDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirestoreDocuments").field("connection", &self.0.connection).finish_non_exhaustive()
    }
}

#[async_trait]
impl Documents for FirestoreDocuments {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let found = self.live_of(collection, std::slice::from_ref(key)).await;
        found
            .map(|mut live| live.remove(key))
            .map_err(|error| error.during("documents.get", format_args!("{collection}/{key}")))
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        let found = self.live_of(collection, keys.as_slice()).await;
        let live = found.map_err(|error| error.during("documents.get_many", collection))?;
        Ok(keys.as_slice().iter().map(|key| live.get(key).cloned()).collect())
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let step = Step::put(key, put);
        let written = self.write(collection, std::slice::from_ref(&step)).await;
        written.map_err(|(_, error)| error.during("documents.put", format_args!("{collection}/{key}")))?;
        step.version().cloned().ok_or_else(|| errors::unexpected("a put without a version"))
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        let deleted = self.write(collection, &[Step::delete(key, condition)]).await;
        deleted.map_err(|(_, error)| error.during("documents.delete", format_args!("{collection}/{key}")))
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        let listed = self.list_partition(collection, query).await;
        listed.map(|documents| query.page(documents)).map_err(|error| {
            let partition = query.partition_key().as_str().escape_debug();
            error.during("documents.query", format_args!("{collection}/{partition}"))
        })
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        let listed = self.list_index(collection, query).await;
        listed
            .map(|found| query.page(found))
            .map_err(|error| error.during("documents.query_index", format_args!("{collection}/{}", query.index())))
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        let steps: Vec<Step<'_>> = transaction.operations().iter().map(Step::of).collect();
        if steps.is_empty() {
            self.registry()
                .find(self.connection(), collection, errors::of_read)
                .await
                .map_err(|error| error.during("documents.transact", collection))?;
            return Ok(Vec::new());
        }
        self.write(collection, &steps).await.map_err(|(key, error): (Option<&Key>, Error)| {
            let partition = transaction.partition().as_str().escape_debug();
            let resource = key.map_or_else(|| format!("{collection}/{partition}"), |key| format!("{collection}/{key}"));
            error.during("documents.transact", resource)
        })?;
        Ok(steps.iter().filter_map(Step::version).cloned().collect())
    }
}

#[async_trait]
impl Scan for FirestoreDocuments {
    async fn scan(&self, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        let listed = self.list_segment(collection, query).await;
        listed.map(|documents| query.page(documents)).map_err(|error| error.during("documents.scan", collection))
    }
}
