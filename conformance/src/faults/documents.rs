//! Faults behind a store of documents.

use std::sync::Arc;

use anyport_ports::documents::{
    Changes, Condition, Document, Documents, FeedPage, FeedPosition, FeedQuery, IndexQuery, Key, Keys, Page, Put,
    Query, Scan, ScanQuery, Transaction, Version,
};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;

use super::{Call, Faultable, Faults, send};
use crate::subject::{ChangeStore, DocumentStore};

struct Faulty<S> {
    store: S,
    faults: Faults,
}

impl Faultable for DocumentStore {
    fn through(self, faults: &Faults) -> Self {
        let handle = Arc::new(Faulty { store: self, faults: faults.clone() });
        Self { documents: Arc::clone(&handle) as _, scan: handle }
    }
}

impl Faultable for ChangeStore {
    fn through(self, faults: &Faults) -> Self {
        let handle = Arc::new(Faulty { store: self, faults: faults.clone() });
        Self { documents: Arc::clone(&handle) as _, changes: handle }
    }
}

/// The documents behind the faults.
trait HasDocuments: Send + Sync + 'static {
    fn documents(&self) -> &Arc<dyn Documents>;
}

impl HasDocuments for DocumentStore {
    fn documents(&self) -> &Arc<dyn Documents> {
        &self.documents
    }
}

impl HasDocuments for ChangeStore {
    fn documents(&self) -> &Arc<dyn Documents> {
        &self.documents
    }
}

/// A write under a version is refused if it was done before, whatever others do in between: versions are not reused. One
/// under `Absent` is not, since the document may be deleted in between.
fn write(condition: &Condition) -> Call {
    if matches!(condition, Condition::Version(_)) { Call::ConditionalWrite } else { Call::Write }
}

#[async_trait]
impl<S: HasDocuments> Documents for Faulty<S> {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        send(&self.faults, Call::Read, "documents.get", || self.store.documents().get(collection, key)).await
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        send(&self.faults, Call::Read, "documents.get_many", || self.store.documents().get_many(collection, keys)).await
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let request = || self.store.documents().put(collection, key, put);
        send(&self.faults, write(&put.condition), "documents.put", request).await
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        let request = || self.store.documents().delete(collection, key, condition);
        send(&self.faults, write(condition), "documents.delete", request).await
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        send(&self.faults, Call::Read, "documents.query", || self.store.documents().query(collection, query)).await
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        let request = || self.store.documents().query_index(collection, query);
        send(&self.faults, Call::Read, "documents.query_index", request).await
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        let request = || self.store.documents().transact(collection, transaction);
        send(&self.faults, Call::Write, "documents.transact", request).await
    }
}

#[async_trait]
impl Scan for Faulty<DocumentStore> {
    async fn scan(&self, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        send(&self.faults, Call::Read, "documents.scan", || self.store.scan.scan(collection, query)).await
    }
}

#[async_trait]
impl Changes for Faulty<ChangeStore> {
    async fn latest(&self, collection: &CollectionName) -> Result<FeedPosition> {
        send(&self.faults, Call::Read, "documents.latest", || self.store.changes.latest(collection)).await
    }

    async fn read(&self, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let request = || self.store.changes.read(collection, query);
        send(&self.faults, Call::Read, "documents.changes", request).await
    }
}
