//! Around the calls of documents.

use async_trait::async_trait;

use super::Effect::{Once, Read, Repeatable};
use super::{Around, Call, Decorated, Effect};
use crate::documents::{
    Changes, Condition, Document, Documents, FeedPage, FeedPosition, FeedQuery, IndexQuery, Key, Keys, Operation, Page,
    Put, Query, Scan, ScanQuery, Transaction, Version,
};
use crate::{CollectionName, Result};

/// A write under a version is done at most once, since versions are not reused. Any other may undo what another writer did
/// between its first time and its second.
fn of_write(condition: &Condition) -> Effect {
    if matches!(condition, Condition::Version(_)) { Repeatable } else { Once }
}

/// One write under a version is enough. A check is not: it leaves the version that it requires.
fn of_transaction(transaction: &Transaction) -> Effect {
    let ends_a_version = |operation: &Operation| match operation {
        Operation::Put(put) => of_write(&put.condition) == Repeatable,
        Operation::Delete(condition) => of_write(condition) == Repeatable,
        Operation::Check(_) => false,
    };
    if transaction.operations().iter().any(|(_, operation)| ends_a_version(operation)) { Repeatable } else { Once }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<A: Around, P: Documents + ?Sized> Documents for Decorated<A, P> {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let call = Call::new("documents.get", collection.as_str(), Read);
        self.around.around(call, || self.port.get(collection, key)).await
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        let call = Call::new("documents.get_many", collection.as_str(), Read);
        self.around.around(call, || self.port.get_many(collection, keys)).await
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let call = Call::new("documents.put", collection.as_str(), of_write(&put.condition));
        self.around.around(call, || self.port.put(collection, key, put)).await
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        let call = Call::new("documents.delete", collection.as_str(), of_write(condition));
        self.around.around(call, || self.port.delete(collection, key, condition)).await
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        let call = Call::new("documents.query", collection.as_str(), Read);
        self.around.around(call, || self.port.query(collection, query)).await
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        let call = Call::new("documents.query_index", collection.as_str(), Read);
        self.around.around(call, || self.port.query_index(collection, query)).await
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        let call = Call::new("documents.transact", collection.as_str(), of_transaction(transaction));
        self.around.around(call, || self.port.transact(collection, transaction)).await
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<A: Around, P: Scan + ?Sized> Scan for Decorated<A, P> {
    async fn scan(&self, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        let call = Call::new("documents.scan", collection.as_str(), Read);
        self.around.around(call, || self.port.scan(collection, query)).await
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<A: Around, P: Changes + ?Sized> Changes for Decorated<A, P> {
    async fn latest(&self, collection: &CollectionName) -> Result<FeedPosition> {
        let call = Call::new("documents.latest", collection.as_str(), Read);
        self.around.around(call, || self.port.latest(collection)).await
    }

    async fn read(&self, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let call = Call::new("documents.changes", collection.as_str(), Read);
        self.around.around(call, || self.port.read(collection, query)).await
    }
}
