//! What a fault of a feed is written as: the operations that it gets wrong, over a sound store.

use std::sync::Arc;

use anyport_ports::documents::{
    Changes, Condition, Document, Documents, FeedPage, FeedPosition, FeedQuery, IndexQuery, Key, Keys, Page, Put,
    Query, Transaction, Version,
};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;

use crate::mutants::{Mutant, Wrap};
use crate::subject::{ChangeStore, TestClock};

/// A fault: overrides the operations that it breaks; the others are those of the sound store.
#[async_trait]
pub(super) trait Tamper: Send + Sync + 'static {
    async fn put(&self, sound: &ChangeStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        sound.documents.put(collection, key, put).await
    }

    async fn delete(
        &self,
        sound: &ChangeStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        sound.documents.delete(collection, key, condition).await
    }

    async fn transact(
        &self,
        sound: &ChangeStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        sound.documents.transact(collection, transaction).await
    }

    async fn latest(&self, sound: &ChangeStore, collection: &CollectionName) -> Result<FeedPosition> {
        sound.changes.latest(collection).await
    }

    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        sound.changes.read(collection, query).await
    }
}

/// Makes another page of each.
pub(super) struct Pages(pub(super) fn(&FeedQuery, FeedPage) -> FeedPage);

#[async_trait]
impl Tamper for Pages {
    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        sound.changes.read(collection, query).await.map(|page| (self.0)(query, page))
    }
}

/// A mutant by its parts.
pub(super) fn mutant(
    name: &'static str,
    breaks: &'static str,
    description: &'static str,
    seed: fn(Arc<dyn TestClock>) -> Wrap<ChangeStore>,
) -> Mutant<ChangeStore> {
    Mutant { name, description, breaks, seed }
}

/// One fault shared by all handles of a namespace, with whatever it remembers.
pub(super) fn shared(fault: impl Tamper) -> Wrap<ChangeStore> {
    let fault: Arc<dyn Tamper> = Arc::new(fault);
    Box::new(move |sound| wrapped(Arc::clone(&fault), sound))
}

/// A fault of its own for each handle, so that what it remembers is not shared.
pub(super) fn per_handle<T: Tamper>(make: impl Fn() -> T + Send + Sync + 'static) -> Wrap<ChangeStore> {
    Box::new(move |sound| wrapped(Arc::new(make()), sound))
}

fn wrapped(fault: Arc<dyn Tamper>, sound: ChangeStore) -> ChangeStore {
    let tampered = Arc::new(Tampered { fault, sound });
    ChangeStore { documents: Arc::clone(&tampered) as _, changes: tampered }
}

struct Tampered {
    fault: Arc<dyn Tamper>,
    sound: ChangeStore,
}

#[async_trait]
impl Documents for Tampered {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        self.sound.documents.get(collection, key).await
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        self.sound.documents.get_many(collection, keys).await
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.fault.put(&self.sound, collection, key, put).await
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        self.fault.delete(&self.sound, collection, key, condition).await
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        self.sound.documents.query(collection, query).await
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        self.sound.documents.query_index(collection, query).await
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        self.fault.transact(&self.sound, collection, transaction).await
    }
}

#[async_trait]
impl Changes for Tampered {
    async fn latest(&self, collection: &CollectionName) -> Result<FeedPosition> {
        self.fault.latest(&self.sound, collection).await
    }

    async fn read(&self, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        self.fault.read(&self.sound, collection, query).await
    }
}
