//! What is built from documents with a fault of its own, put in as one of the documents below it: it does to its records what
//! a wrong implementation would do.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::{
    Condition, Document, Documents, IndexQuery, Key, Keys, Page, Put, Query, Transaction, Version,
};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;

/// A fault: overrides the operations that it breaks; the others are those of the sound documents.
#[async_trait]
pub(super) trait Below: Send + Sync + 'static {
    async fn get(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        sound.get(collection, key).await
    }

    async fn put(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        sound.put(collection, key, put).await
    }

    async fn delete(
        &self,
        sound: &dyn Documents,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        sound.delete(collection, key, condition).await
    }

    async fn transact(
        &self,
        sound: &dyn Documents,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        sound.transact(collection, transaction).await
    }
}

/// These documents with this fault.
pub(super) fn tampered(sound: Arc<dyn Documents>, fault: Arc<dyn Below>) -> Arc<dyn Documents> {
    Arc::new(Tampered { sound, fault })
}

/// Takes as long as a slow round trip to a store. To let the others run is not enough: on a busy machine a thread may be
/// away for long after it was handed the others, and nobody comes between a look and the write that follows it.
pub(super) async fn round_trip() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

struct Tampered {
    sound: Arc<dyn Documents>,
    fault: Arc<dyn Below>,
}

#[async_trait]
impl Documents for Tampered {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        self.fault.get(&*self.sound, collection, key).await
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        self.sound.get_many(collection, keys).await
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.fault.put(&*self.sound, collection, key, put).await
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        self.fault.delete(&*self.sound, collection, key, condition).await
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        self.sound.query(collection, query).await
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        self.sound.query_index(collection, query).await
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        self.fault.transact(&*self.sound, collection, transaction).await
    }
}
