//! A store of documents that keeps them all in one list: the smallest honest adapter.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyport_ports::documents::{
    Condition, Direction, Document, Documents, Index, IndexPosition, IndexQuery, Key, Keys, Operation, Page, Put,
    Query, Scan, ScanQuery, Transaction, Version,
};
use anyport_ports::resources::CollectionSpec;
use anyport_ports::{Clock, CollectionName, Error, ErrorKind, Result};
use async_trait::async_trait;

#[derive(Default)]
struct State {
    collections: Vec<(CollectionSpec, Vec<Document>)>,
    writes: u64,
}

/// The store. Clones are handles on the same list.
#[derive(Clone)]
pub(crate) struct ListStore {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
}

impl ListStore {
    pub(crate) fn new(clock: Arc<dyn Clock>, collections: Vec<CollectionSpec>) -> Self {
        let collections = collections.into_iter().map(|spec| (spec, Vec::new())).collect();
        Self { state: Arc::new(Mutex::new(State { collections, writes: 0 })), clock }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The documents of a collection that have not expired, and its indexes.
    fn live(&self, state: &mut State, name: &CollectionName) -> Result<(Vec<Document>, Vec<Index>)> {
        let documents = documents(state, name)?;
        let now = self.clock.now();
        documents.retain(|document| document.is_live(now));
        let documents = documents.clone();
        let specs = state.collections.iter().filter(|(spec, _)| spec.name == *name);
        Ok((documents, specs.flat_map(|(spec, _)| spec.indexes.clone()).collect()))
    }
}

fn documents<'a>(state: &'a mut State, name: &CollectionName) -> Result<&'a mut Vec<Document>> {
    let found = state.collections.iter_mut().find(|(spec, _)| spec.name == *name);
    found
        .map(|(_, documents)| documents)
        .ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such collection: provision it first"))
}

fn standing<'a>(documents: &'a [Document], key: &Key) -> Option<&'a Document> {
    documents.iter().find(|document| document.key == *key)
}

fn sorted<T: Ord + Clone>(mut found: Vec<(T, Document)>, direction: Direction) -> Vec<(T, Document)> {
    found.sort_by_key(|(place, _)| place.clone());
    if direction == Direction::Descending {
        found.reverse();
    }
    found
}

#[async_trait]
impl Documents for ListStore {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let (live, _) = self.live(&mut self.lock(), collection)?;
        Ok(standing(&live, key).cloned())
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        let (live, _) = self.live(&mut self.lock(), collection)?;
        Ok(keys.as_slice().iter().map(|key| standing(&live, key).cloned()).collect())
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let transaction = Transaction::in_partition(key.partition().clone()).put(key.sort(), put.clone())?;
        let versions = self.transact(collection, &transaction).await?;
        versions.into_iter().next().ok_or_else(|| Error::new(ErrorKind::Internal, "a write made no version"))
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        let transaction = Transaction::in_partition(key.partition().clone()).delete(key.sort(), condition.clone())?;
        self.transact(collection, &transaction).await.map(drop)
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        let (live, _) = self.live(&mut self.lock(), collection)?;
        let remaining = query.remaining();
        let wanted = |document: &Document| {
            document.key.partition() == query.partition_key() && remaining.contains(document.key.sort())
        };
        let found =
            live.into_iter().filter(wanted).map(|document| (document.key.sort().to_owned(), document)).collect();
        let found = sorted(found, query.runs());
        Ok(query.page(found.into_iter().map(|(_, document)| document).collect()))
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        let (live, indexes) = self.live(&mut self.lock(), collection)?;
        let index = indexes.iter().find(|index| index.name == *query.index());
        let index = index.ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such index: declare it first"))?;
        let place = |document: Document| {
            let (equals, sort) = index.entry(&document.body)?;
            let place = IndexPosition { sort: sort.to_owned(), key: document.key.clone() };
            let ahead = query.position().is_none_or(|position| match query.runs() {
                Direction::Ascending => place > *position,
                Direction::Descending => place < *position,
            });
            (equals == query.equals() && query.range().contains(sort) && ahead).then_some((place, document))
        };
        Ok(query.page(sorted(live.into_iter().filter_map(place).collect(), query.runs())))
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        let mut state = self.lock();
        let (live, _) = self.live(&mut state, collection)?;
        for (key, operation) in transaction.operations() {
            operation.condition().check(standing(&live, key).map(|document| &document.version))?;
        }
        let mut versions = Vec::new();
        for (key, operation) in transaction.operations() {
            if !matches!(operation, Operation::Check(_)) {
                documents(&mut state, collection)?.retain(|document| document.key != *key);
            }
            if let Operation::Put(put) = operation {
                state.writes += 1;
                let version = Version::new(format!("write-{}", state.writes));
                versions.push(version.clone());
                let (key, body, expires_at) = (key.clone(), put.body.clone(), put.expires_at);
                documents(&mut state, collection)?.push(Document { key, body, version, expires_at });
            }
        }
        Ok(versions)
    }
}

#[async_trait]
impl Scan for ListStore {
    async fn scan(&self, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        let (live, _) = self.live(&mut self.lock(), collection)?;
        let wanted = |document: &Document| {
            query.scanned().holds(document.key.partition()) && query.position().is_none_or(|last| document.key > *last)
        };
        let found = live.into_iter().filter(wanted).map(|document| (document.key.clone(), document)).collect();
        let found = sorted(found, Direction::Ascending);
        Ok(query.page(found.into_iter().map(|(_, document)| document).collect()))
    }
}
