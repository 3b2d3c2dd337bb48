//! Documents.
//!
//! A partition is a hash of records by sort key, a sorted set that has the sort keys in order, and one of those that
//! expire; all in one slot of a cluster, so that a script reads or writes any of it as one step. Every read and write
//! goes to a master, and expiry by its clock.
//!
//! Partitions are spread over a fixed number of shards, each of which is in one slot. So the changes of a shard have one
//! stream, which the same script appends to, and a reader has as many to look at however many partitions there are.

mod changes;
mod chores;
pub(crate) mod collections;
mod index_listing;
mod indexes;
mod keys;
mod listing;
mod partitions;
mod place;
mod read;
mod record;
mod scan;
mod scripts;
mod write;

use anyport_ports::documents::{
    Condition, Document, Documents, IndexQuery, Key, Keys, Page, Put, Query, Scan, ScanQuery, Transaction, Version,
};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;

pub(crate) use self::chores::Chores;
use self::write::Step;
use crate::error::unexpected;
use crate::store::RedisStore;

#[async_trait]
impl Documents for RedisStore {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let get = async {
            collections::to_read(self, collection).await?;
            let mut found = read::documents(self, collection, std::slice::from_ref(key)).await?;
            Ok(found.pop().flatten())
        };
        get.await
            .map_err(|error: anyport_ports::Error| error.during("documents.get", format_args!("{collection}/{key}")))
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        let get = async {
            collections::to_read(self, collection).await?;
            read::documents(self, collection, keys.as_slice()).await
        };
        get.await.map_err(|error: anyport_ports::Error| error.during("documents.get_many", collection))
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let steps = [(key, Step::Put(put))].into_iter();
        let written = write::steps(self, collection, key.partition(), steps).await.map_err(|(_, error)| error);
        let version = written.and_then(|mut versions| versions.pop().ok_or_else(|| unexpected("no version")));
        version.map_err(|error| error.during("documents.put", format_args!("{collection}/{key}")))
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        let steps = [(key, Step::Delete(condition))].into_iter();
        let deleted = write::steps(self, collection, key.partition(), steps).await;
        deleted.map(drop).map_err(|(_, error)| error.during("documents.delete", format_args!("{collection}/{key}")))
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        let (partition, range) = (query.partition_key(), query.remaining());
        let list = async {
            collections::to_read(self, collection).await?;
            let wanted = query.page_limit() + 1;
            listing::documents(self, collection, partition, &range, query.runs(), wanted).await
        };
        let resource = format_args!("{collection}/{}", partition.as_str().escape_debug()).to_string();
        list.await
            .map(|documents| query.page(documents))
            .map_err(|error: anyport_ports::Error| error.during("documents.query", resource))
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        let list = async {
            let found = collections::to_read(self, collection).await?;
            index_listing::documents(self, collection, found.value.index(query.index())?, query).await
        };
        list.await.map(|found| query.page(found)).map_err(|error: anyport_ports::Error| {
            error.during("documents.query_index", format_args!("{collection}/{}", query.index()))
        })
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        let steps = transaction.operations().iter().map(|(key, operation)| (key, Step::from(operation)));
        let written = write::steps(self, collection, transaction.partition(), steps).await;
        written.map_err(|(key, error)| {
            let partition = transaction.partition().as_str().escape_debug();
            let resource = key.map_or_else(|| format!("{collection}/{partition}"), |key| format!("{collection}/{key}"));
            error.during("documents.transact", resource)
        })
    }
}

#[async_trait]
impl Scan for RedisStore {
    async fn scan(&self, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        let list = async {
            collections::to_read(self, collection).await?;
            scan::documents(self, collection, query).await
        };
        list.await
            .map(|documents| query.page(documents))
            .map_err(|error: anyport_ports::Error| error.during("documents.scan", collection))
    }
}
