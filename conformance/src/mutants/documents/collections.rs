//! Faults at collections that nobody provisioned.

use anyport_ports::documents::{Condition, Document, Key, Page, Put, Query, ScanQuery, Version};
use anyport_ports::{CollectionName, ErrorKind, Result};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, shared};
use crate::mutants::Mutant;
use crate::subject::DocumentStore;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("unknown_collection_reads_as_empty", "DOC-COL-1", "A read of no collection finds nothing.", |_| {
            shared(Unminded::Get)
        }),
        mutant("unknown_collection_lists_nothing", "DOC-COL-1", "A query of no collection is empty.", |_| {
            shared(Unminded::Query)
        }),
        mutant("unknown_collection_scans_as_empty", "DOC-COL-1", "A scan of no collection is empty.", |_| {
            shared(Unminded::Scan)
        }),
        mutant("unknown_collection_swallows_writes", "DOC-COL-1", "A write to no collection succeeds.", |_| {
            shared(Unminded::Put)
        }),
        mutant("unknown_collection_has_nothing_to_delete", "DOC-COL-1", "A delete in no collection succeeds.", |_| {
            shared(Unminded::Delete)
        }),
    ]
}

/// The operation that finds nothing wrong with a collection that does not exist.
#[derive(PartialEq, Eq)]
enum Unminded {
    Get,
    Query,
    Scan,
    Put,
    Delete,
}

impl Unminded {
    /// The answer, or this instead if the operation is the one and it found no collection.
    fn unless<T>(&self, operation: &Self, answer: Result<T>, instead: T) -> Result<T> {
        match answer {
            Err(error) if self == operation && error.kind() == ErrorKind::NotFound => Ok(instead),
            answer => answer,
        }
    }
}

fn nothing() -> Page {
    Page { documents: Vec::new(), next: None }
}

#[async_trait]
impl Tamper for Unminded {
    async fn get(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        self.unless(&Self::Get, sound.documents.get(collection, key).await, None)
    }

    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let answer = sound.documents.put(collection, key, put).await;
        if put.condition == Condition::Present {
            return answer;
        }
        self.unless(&Self::Put, answer, Version::new("1"))
    }

    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        let answer = sound.documents.delete(collection, key, condition).await;
        if *condition == Condition::Present {
            return answer;
        }
        self.unless(&Self::Delete, answer, ())
    }

    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        self.unless(&Self::Query, sound.documents.query(collection, query).await, nothing())
    }

    async fn scan(&self, sound: &DocumentStore, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        self.unless(&Self::Scan, sound.scan.scan(collection, query).await, nothing())
    }
}
