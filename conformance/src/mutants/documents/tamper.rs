//! What a fault of a store of documents is written as: the operations that it gets wrong, over a sound store.

use std::sync::Arc;

use anyport_ports::documents::{
    Condition, Document, Documents, IndexQuery, Key, Keys, Page, Put, Query, Scan, ScanQuery, Transaction, Version,
};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;

use crate::mutants::{Mutant, Wrap};
use crate::subject::{DocumentStore, TestClock};

/// A fault: overrides the operations that it breaks; the others are those of the sound store.
#[async_trait]
pub(super) trait Tamper: Send + Sync + 'static {
    async fn get(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        sound.documents.get(collection, key).await
    }

    async fn get_many(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        keys: &Keys,
    ) -> Result<Vec<Option<Document>>> {
        sound.documents.get_many(collection, keys).await
    }

    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        sound.documents.put(collection, key, put).await
    }

    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        sound.documents.delete(collection, key, condition).await
    }

    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        sound.documents.query(collection, query).await
    }

    async fn query_index(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        query: &IndexQuery,
    ) -> Result<Page> {
        sound.documents.query_index(collection, query).await
    }

    async fn transact(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        sound.documents.transact(collection, transaction).await
    }

    async fn scan(&self, sound: &DocumentStore, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        sound.scan.scan(collection, query).await
    }
}

/// A mutant by its parts.
pub(super) fn mutant(
    name: &'static str,
    breaks: &'static str,
    description: &'static str,
    seed: fn(Arc<dyn TestClock>) -> Wrap<DocumentStore>,
) -> Mutant<DocumentStore> {
    Mutant { name, description, breaks, seed }
}

/// One fault shared by all handles of a namespace, with whatever it remembers.
pub(super) fn shared(fault: impl Tamper) -> Wrap<DocumentStore> {
    let fault: Arc<dyn Tamper> = Arc::new(fault);
    Box::new(move |sound| wrapped(Arc::clone(&fault), sound))
}

/// A fault of its own for each handle, so that what it remembers is not shared.
pub(super) fn per_handle<T: Tamper>(make: impl Fn() -> T + Send + Sync + 'static) -> Wrap<DocumentStore> {
    Box::new(move |sound| wrapped(Arc::new(make()), sound))
}

fn wrapped(fault: Arc<dyn Tamper>, sound: DocumentStore) -> DocumentStore {
    let tampered = Arc::new(Tampered { fault, sound });
    DocumentStore { documents: Arc::clone(&tampered) as _, scan: tampered }
}

struct Tampered {
    fault: Arc<dyn Tamper>,
    sound: DocumentStore,
}

#[async_trait]
impl Documents for Tampered {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        self.fault.get(&self.sound, collection, key).await
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        self.fault.get_many(&self.sound, collection, keys).await
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.fault.put(&self.sound, collection, key, put).await
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        self.fault.delete(&self.sound, collection, key, condition).await
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        self.fault.query(&self.sound, collection, query).await
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        self.fault.query_index(&self.sound, collection, query).await
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        self.fault.transact(&self.sound, collection, transaction).await
    }
}

#[async_trait]
impl Scan for Tampered {
    async fn scan(&self, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        self.fault.scan(&self.sound, collection, query).await
    }
}
