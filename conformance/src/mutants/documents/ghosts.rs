//! Documents that are gone, by their expiry or by a delete, and still show somewhere.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyport_ports::documents::{
    Condition, Direction, Document, IndexQuery, Key, Keys, Page, Put, Query, ScanQuery, Transaction, Version,
};
use anyport_ports::{Clock as _, CollectionName, Result};
use async_trait::async_trait;

use super::tamper::Tamper;
use crate::subject::{DocumentStore, TestClock};

/// Where what is gone still shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Get,
    GetMany,
    Query,
    Index,
    Scan,
    /// In a put under `Absent`.
    Create,
    /// In a put under `Version`.
    Swap,
    /// In a delete under `Present`.
    Delete,
    /// In the conditions of a transaction.
    Transaction,
}

/// Remembers what `put` wrote.
pub(super) struct Ghosts {
    clock: Arc<dyn TestClock>,
    place: Place,
    deleted: bool,
    written: Mutex<BTreeMap<(CollectionName, Key), Document>>,
}

impl Ghosts {
    /// Of documents that expired.
    pub(super) fn of_expired(clock: Arc<dyn TestClock>, place: Place) -> Self {
        Self { clock, place, deleted: false, written: Mutex::default() }
    }

    /// Of documents that were deleted.
    pub(super) fn of_deleted(clock: Arc<dyn TestClock>, place: Place) -> Self {
        Self { clock, place, deleted: true, written: Mutex::default() }
    }

    fn written(&self) -> MutexGuard<'_, BTreeMap<(CollectionName, Key), Document>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The document that is gone from this key, if this is a place where it shows.
    fn at(&self, place: Place, collection: &CollectionName, key: &Key) -> Option<Document> {
        let written = self.written();
        let document = written.get(&(collection.clone(), key.clone())).filter(|_| self.place == place)?;
        (!document.is_live(self.clock.now())).then(|| document.clone())
    }

    /// All that are gone from the collection, if this is a place where they show.
    fn all(&self, place: Place, collection: &CollectionName) -> Vec<Document> {
        let (now, written) = (self.clock.now(), self.written());
        let of_collection = written.iter().filter(|((of, _), _)| of == collection && self.place == place);
        of_collection.map(|(_, document)| document).filter(|document| !document.is_live(now)).cloned().collect()
    }
}

#[async_trait]
impl Tamper for Ghosts {
    async fn get(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let found = sound.documents.get(collection, key).await?;
        Ok(found.or_else(|| self.at(Place::Get, collection, key)))
    }

    async fn get_many(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        keys: &Keys,
    ) -> Result<Vec<Option<Document>>> {
        let found = sound.documents.get_many(collection, keys).await?;
        let answers = found.into_iter().zip(keys.as_slice());
        Ok(answers.map(|(found, key)| found.or_else(|| self.at(Place::GetMany, collection, key))).collect())
    }

    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let mut put = put.clone();
        if put.condition == Condition::Absent
            && let Some(ghost) = self.at(Place::Create, collection, key)
        {
            put.condition.check(Some(&ghost.version))?;
        }
        if let Some(ghost) = self.at(Place::Swap, collection, key)
            && put.condition == Condition::Version(ghost.version)
        {
            put.condition = Condition::Always;
        }
        let version = sound.documents.put(collection, key, &put).await?;
        let document =
            Document { key: key.clone(), body: put.body, version: version.clone(), expires_at: put.expires_at };
        self.written().insert((collection.clone(), key.clone()), document);
        Ok(version)
    }

    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        let place = (collection.clone(), key.clone());
        if *condition == Condition::Present && self.at(Place::Delete, collection, key).is_some() {
            self.written().remove(&place);
            return Ok(());
        }
        sound.documents.delete(collection, key, condition).await?;
        let mut written = self.written();
        match written.get_mut(&place) {
            Some(document) if self.deleted => document.expires_at = Some(self.clock.now()),
            _ => drop(written.remove(&place)),
        }
        Ok(())
    }

    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        let mut page = sound.documents.query(collection, query).await?;
        let range = query.remaining();
        let shown = |ghost: &Document| {
            ghost.key.partition() == query.partition_key()
                && range.contains(ghost.key.sort())
                && page.documents.iter().all(|document| document.key != ghost.key)
        };
        let ghosts: Vec<Document> = self.all(Place::Query, collection).into_iter().filter(shown).collect();
        if ghosts.is_empty() {
            return Ok(page);
        }
        page.documents.extend(ghosts);
        page.documents.sort_by(|a, b| a.key.cmp(&b.key));
        if query.runs() == Direction::Descending {
            page.documents.reverse();
        }
        Ok(query.page(page.documents))
    }

    async fn query_index(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        query: &IndexQuery,
    ) -> Result<Page> {
        let mut page = sound.documents.query_index(collection, query).await?;
        // On the last page, so that paging goes on soundly.
        if page.next.is_none() {
            page.documents.extend(self.all(Place::Index, collection));
        }
        Ok(page)
    }

    async fn transact(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        for (key, operation) in transaction.operations() {
            if let Some(ghost) = self.at(Place::Transaction, collection, key) {
                operation.condition().check(Some(&ghost.version))?;
            }
        }
        sound.documents.transact(collection, transaction).await
    }

    async fn scan(&self, sound: &DocumentStore, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        let mut page = sound.scan.scan(collection, query).await?;
        if page.next.is_none() {
            page.documents.extend(self.all(Place::Scan, collection));
        }
        Ok(page)
    }
}
