//! Documents and scans.

use std::collections::BTreeMap;
use std::ops::Bound;

use anyport_ports::documents::{
    Condition, Direction, Document, DocumentChange, Documents, Index, IndexPosition, IndexQuery, Key, Keys, Operation,
    Page, Put, Query, Scan, ScanQuery, Transaction, Version,
};
use anyport_ports::{CollectionName, Error, ErrorKind, Result, Timestamp};
use async_trait::async_trait;

use crate::changes::Feed;
use crate::store::{Memory, State};

/// Fewest documents at which a collection looks for expired ones to forget.
const SWEEP_FROM: usize = 64;

/// The documents of a collection. Their keys are ordered by the bytes of the partition, then of the sort key.
#[derive(Default)]
pub(crate) struct Collection {
    pub(crate) indexes: Vec<Index>,
    documents: BTreeMap<Key, Document>,
    sweep_at: usize,
    pub(crate) feed: Option<Feed>,
}

impl Collection {
    fn live(&self, key: &Key, now: Timestamp) -> Option<&Document> {
        self.documents.get(key).filter(|document| document.is_live(now))
    }

    fn check(&self, key: &Key, condition: &Condition, now: Timestamp) -> Result<()> {
        condition.check(self.live(key, now).map(|document| &document.version))
    }

    fn write(&mut self, key: &Key, put: &Put, version: Version, now: Timestamp) {
        let (key, body, expires_at) = (key.clone(), put.body.clone(), put.expires_at);
        let document = Document { key: key.clone(), body, version, expires_at };
        self.tell(&key, Some(&document), now);
        self.documents.insert(key, document);
        // Expired documents are invisible anyway; forgetting them each time the collection has doubled bounds the space
        // they take at little cost.
        if self.documents.len() >= self.sweep_at.max(SWEEP_FROM) {
            self.documents.retain(|_, document| document.is_live(now));
            self.sweep_at = 2 * self.documents.len();
        }
    }

    fn delete(&mut self, key: &Key, now: Timestamp) {
        if self.documents.remove(key).is_some() {
            self.tell(key, None, now);
        }
    }

    /// Tells of a change in the feed, if there is one.
    fn tell(&mut self, key: &Key, document: Option<&Document>, now: Timestamp) {
        if let Some(feed) = &mut self.feed {
            feed.add(DocumentChange { key: key.clone(), document: document.cloned() }, now);
        }
    }

    fn query(&self, query: &Query, now: Timestamp) -> Result<Page> {
        let partition = query.partition_key();
        let remaining = query.remaining();
        // No sort key is empty, so NUL is the first of them.
        let found = self
            .documents
            .range(partition.key("\0")?..)
            .map(|(_, document)| document)
            .take_while(|document| document.key.partition() == partition)
            .filter(|document| document.is_live(now) && remaining.contains(document.key.sort()));
        Ok(query.page(in_direction(found, query.runs(), query.page_limit() + 1).into_iter().cloned().collect()))
    }

    fn query_index(&self, query: &IndexQuery, now: Timestamp) -> Result<Page> {
        let Some(index) = self.indexes.iter().find(|index| index.name == *query.index()) else {
            return Err(Error::new(ErrorKind::NotFound, "the index is not declared: provision the collection with it"));
        };
        let mut found = BTreeMap::new();
        for document in self.documents.values().filter(|document| document.is_live(now)) {
            match index.entry(&document.body) {
                Some((partition, sort)) if partition == query.equals() && query.range().contains(sort) => {
                    let place = IndexPosition { sort: sort.to_owned(), key: document.key.clone() };
                    found.insert(place, document);
                }
                _ => {}
            }
        }
        let beyond = found.into_iter().filter(|(place, _)| match (query.position(), query.runs()) {
            (None, _) => true,
            (Some(last), Direction::Ascending) => place > last,
            (Some(last), Direction::Descending) => place < last,
        });
        let listed = in_direction(beyond, query.runs(), query.page_limit() + 1);
        Ok(query.page(listed.into_iter().map(|(place, document)| (place, document.clone())).collect()))
    }

    fn scan(&self, query: &ScanQuery, now: Timestamp) -> Page {
        let after = query.position().map_or(Bound::Unbounded, Bound::Excluded);
        let found = self
            .documents
            .range((after, Bound::Unbounded))
            .map(|(_, document)| document)
            .filter(|document| document.is_live(now) && query.scanned().holds(document.key.partition()));
        query.page(found.take(query.page_limit() + 1).cloned().collect())
    }
}

/// The first `count` of these items, which come in ascending order, seen in this direction.
fn in_direction<T>(ascending: impl Iterator<Item = T>, direction: Direction, count: usize) -> Vec<T> {
    match direction {
        Direction::Ascending => ascending.take(count).collect(),
        Direction::Descending => {
            let all: Vec<T> = ascending.collect();
            all.into_iter().rev().take(count).collect()
        }
    }
}

impl State {
    pub(crate) fn collection(&mut self, name: &CollectionName) -> Result<&mut Collection> {
        self.collections
            .get_mut(name)
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "the collection does not exist: provision it first"))
    }
}

#[async_trait]
impl Documents for Memory {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let at = |error: Error| error.during("documents.get", format!("{collection}/{key}"));
        let mut state = self.shared.lock();
        let now = self.shared.now();
        Ok(state.collection(collection).map_err(at)?.live(key, now).cloned())
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        let at = |error: Error| error.during("documents.get_many", collection);
        let mut state = self.shared.lock();
        let now = self.shared.now();
        let documents = state.collection(collection).map_err(at)?;
        Ok(keys.as_slice().iter().map(|key| documents.live(key, now).cloned()).collect())
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let at = |error: Error| error.during("documents.put", format!("{collection}/{key}"));
        let mut state = self.shared.lock();
        let now = self.shared.now();
        let documents = state.collection(collection).map_err(at)?;
        documents.check(key, &put.condition, now).map_err(at)?;
        let version = Version::new(self.shared.token('v'));
        documents.write(key, put, version.clone(), now);
        Ok(version)
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        let at = |error: Error| error.during("documents.delete", format!("{collection}/{key}"));
        let mut state = self.shared.lock();
        let now = self.shared.now();
        let documents = state.collection(collection).map_err(at)?;
        documents.check(key, condition, now).map_err(at)?;
        documents.delete(key, now);
        Ok(())
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        let partition = query.partition_key().as_str().escape_debug();
        let at = |error: Error| error.during("documents.query", format!("{collection}/{partition}"));
        let mut state = self.shared.lock();
        let now = self.shared.now();
        state.collection(collection).and_then(|documents| documents.query(query, now)).map_err(at)
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        let at = |error: Error| error.during("documents.query_index", format!("{collection}/{}", query.index()));
        let mut state = self.shared.lock();
        let now = self.shared.now();
        state.collection(collection).and_then(|documents| documents.query_index(query, now)).map_err(at)
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        let at = |resource: &dyn std::fmt::Display, error: Error| {
            error.during("documents.transact", format!("{collection}/{resource}"))
        };
        let partition = transaction.partition().as_str().escape_debug();
        let mut state = self.shared.lock();
        let now = self.shared.now();
        let documents = state.collection(collection).map_err(|error| at(&partition, error))?;
        for (key, operation) in transaction.operations() {
            documents.check(key, operation.condition(), now).map_err(|error| at(key, error))?;
        }
        let mut versions = Vec::new();
        for (key, operation) in transaction.operations() {
            match operation {
                Operation::Put(put) => {
                    let version = Version::new(self.shared.token('v'));
                    documents.write(key, put, version.clone(), now);
                    versions.push(version);
                }
                Operation::Delete(_) => {
                    documents.delete(key, now);
                }
                Operation::Check(_) => {}
            }
        }
        Ok(versions)
    }
}

#[async_trait]
impl Scan for Memory {
    async fn scan(&self, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        let at = |error: Error| error.during("documents.scan", collection);
        let mut state = self.shared.lock();
        let now = self.shared.now();
        Ok(state.collection(collection).map_err(at)?.scan(query, now))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use anyport_ports::documents::{Body, Partition, Segment, TextRange};
    use anyport_ports::resources::{CollectionSpec, Provision, Resources};
    use anyport_ports::{Clock, IndexName};
    use serde_json::json;

    use super::*;
    use crate::{ManualClock, MemoryStore};

    const ORDERS: CollectionName = CollectionName::from_static("orders");
    const BY_STATE: IndexName = IndexName::from_static("by-state");

    async fn provisioned() -> (Arc<ManualClock>, Memory) {
        let clock = Arc::new(ManualClock::new());
        let memory = MemoryStore::new(clock.clone()).handle();
        let collection = CollectionSpec::new(ORDERS, vec![Index::new(BY_STATE, "state", "placed")]);
        memory.provision(&Resources { collections: vec![collection], ..Resources::default() }).await.unwrap();
        (clock, memory)
    }

    fn key(sort: &str) -> Key {
        Key::new("p", sort).unwrap()
    }

    fn put(value: &serde_json::Value) -> Put {
        Put::new(Body::of(value).unwrap())
    }

    fn sorts(page: &Page) -> Vec<&str> {
        page.documents.iter().map(|document| document.key.sort()).collect()
    }

    #[tokio::test]
    async fn an_expired_document_is_absent_from_the_very_instant() {
        let (clock, memory) = provisioned().await;
        let body = put(&json!({"state": "open", "placed": "1"}));
        let expiring = body.clone().expires_at(clock.now().plus(Duration::from_secs(1)));
        let version = memory.put(&ORDERS, &key("a"), &expiring).await.unwrap();
        clock.advance(Duration::from_millis(999));
        assert_eq!(memory.get(&ORDERS, &key("a")).await.unwrap().unwrap().version, version);

        clock.advance(Duration::from_millis(1));
        assert_eq!(memory.get(&ORDERS, &key("a")).await.unwrap(), None);
        let query = Query::partition(Partition::new("p").unwrap());
        assert!(memory.query(&ORDERS, &query).await.unwrap().documents.is_empty());
        assert!(memory.query_index(&ORDERS, &IndexQuery::new(BY_STATE, "open")).await.unwrap().documents.is_empty());
        let scan = ScanQuery::segment(Segment::whole());
        assert!(memory.scan(&ORDERS, &scan).await.unwrap().documents.is_empty());
        let stale = memory.delete(&ORDERS, &key("a"), &Condition::Version(version.clone())).await.unwrap_err();
        assert_eq!(stale.kind(), ErrorKind::PreconditionFailed);
        let recreated = memory.put(&ORDERS, &key("a"), &body.when(Condition::Absent)).await.unwrap();
        assert_ne!(recreated, version);
    }

    #[tokio::test]
    async fn expired_documents_are_forgotten_as_the_collection_grows() {
        let (clock, memory) = provisioned().await;
        for n in 0..10 * SWEEP_FROM {
            let expiring = put(&json!({})).expires_at(clock.now().plus(Duration::from_secs(1)));
            memory.put(&ORDERS, &key(&n.to_string()), &expiring).await.unwrap();
            clock.advance(Duration::from_secs(1));
        }
        assert!(memory.shared.lock().collections[&ORDERS].documents.len() < SWEEP_FROM);
    }

    #[tokio::test]
    async fn a_listing_goes_on_where_it_stopped_either_way() {
        let (_clock, memory) = provisioned().await;
        for sort in ["\0", "a", "b", "é", "\u{10FFFF}"] {
            memory.put(&ORDERS, &key(sort), &put(&json!({}))).await.unwrap();
        }
        memory.put(&ORDERS, &Key::new("p\0", "a").unwrap(), &put(&json!({}))).await.unwrap();
        let ascending = || Query::partition(Partition::new("p").unwrap()).limit(2).unwrap();
        let first = memory.query(&ORDERS, &ascending()).await.unwrap();
        assert_eq!(sorts(&first), ["\0", "a"]);
        memory.delete(&ORDERS, &key("a"), &Condition::Always).await.unwrap();
        memory.put(&ORDERS, &key("aa"), &put(&json!({}))).await.unwrap();
        let second = memory.query(&ORDERS, &ascending().after(first.next.as_ref()).unwrap()).await.unwrap();
        assert_eq!(sorts(&second), ["aa", "b"]);

        let descending = || ascending().direction(Direction::Descending);
        let first = memory.query(&ORDERS, &descending().limit(3).unwrap()).await.unwrap();
        assert_eq!(sorts(&first), ["\u{10FFFF}", "é", "b"]);
        let second = memory.query(&ORDERS, &descending().after(first.next.as_ref()).unwrap()).await.unwrap();
        assert_eq!((sorts(&second), &second.next), (vec!["aa", "\0"], &None));

        let crossed = TextRange::between(Bound::Included("b"), Bound::Excluded("a"));
        assert!(memory.query(&ORDERS, &ascending().within(crossed)).await.unwrap().documents.is_empty());
    }

    #[tokio::test]
    async fn an_index_lists_equal_sort_fields_by_key_over_pages() {
        let (_clock, memory) = provisioned().await;
        for (sort, placed) in [("c", "1"), ("a", "2"), ("b", "1"), ("d", "3")] {
            memory.put(&ORDERS, &key(sort), &put(&json!({"state": "open", "placed": placed}))).await.unwrap();
        }
        memory.put(&ORDERS, &key("e"), &put(&json!({"state": "open"}))).await.unwrap();
        memory.put(&ORDERS, &key("d"), &put(&json!({"state": "paid", "placed": "3"}))).await.unwrap();
        for (direction, expected) in [(Direction::Ascending, ["b", "c", "a"]), (Direction::Descending, ["a", "c", "b"])]
        {
            let query = || IndexQuery::new(BY_STATE, "open").direction(direction).limit(1).unwrap();
            let (mut listed, mut next) = (Vec::new(), None);
            loop {
                let page = memory.query_index(&ORDERS, &query().after(next.as_ref()).unwrap()).await.unwrap();
                listed.extend(sorts(&page).into_iter().map(str::to_owned));
                next = page.next;
                if next.is_none() {
                    break;
                }
            }
            assert_eq!(listed, expected);
        }
        let unknown = IndexQuery::new(IndexName::from_static("other"), "open");
        assert_eq!(memory.query_index(&ORDERS, &unknown).await.unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn a_transaction_with_one_failing_condition_changes_nothing() {
        let (_clock, memory) = provisioned().await;
        let version = memory.put(&ORDERS, &key("a"), &put(&json!({"n": 1}))).await.unwrap();
        let transaction = |last| {
            let empty = Transaction::in_partition(Partition::new("p").unwrap());
            let writes = empty.put("b", put(&json!({"n": 2}))).unwrap().delete("a", Condition::Present).unwrap();
            writes.check("c", last).unwrap()
        };
        let error = memory.transact(&ORDERS, &transaction(Condition::Present)).await.unwrap_err();
        assert_eq!(error.to_string(), "documents.transact orders/p/c: there is no document with this key (not_found)");
        let keys = Keys::new([key("a"), key("b"), key("a")]).unwrap();
        let standing = memory.get_many(&ORDERS, &keys).await.unwrap();
        assert_eq!(standing[0].as_ref().map(|document| &document.version), Some(&version));
        assert_eq!((&standing[1], &standing[2]), (&None, &standing[0]));

        let versions = memory.transact(&ORDERS, &transaction(Condition::Absent)).await.unwrap();
        let standing = memory.get_many(&ORDERS, &keys).await.unwrap();
        assert_eq!(standing[1].as_ref().map(|document| vec![document.version.clone()]), Some(versions));
        assert_eq!(standing[0], None);
    }
}
