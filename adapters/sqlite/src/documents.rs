//! Documents and scans.

use anyport_ports::documents::{
    Condition, Document, Documents, IndexQuery, Key, Keys, Operation, Page, Put, Query, Scan, ScanQuery, Transaction,
    Version,
};
use anyport_ports::{CollectionName, Result, Timestamp};
use async_trait::async_trait;
use rusqlite::Connection;

use crate::document_rows::{self, check, clear_expired, collection};
use crate::error::Work;
use crate::store::SqliteStore;
use crate::{feed, indexes, listing};

/// Clears away what nobody sees any more.
fn clear_away(connection: &Connection, collection: i64, now: Timestamp) -> Work<()> {
    clear_expired(connection, now)?;
    feed::forget(connection, collection, now)
}

#[async_trait]
impl Documents for SqliteStore {
    async fn get(&self, name: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let (owned, wanted) = (name.clone(), key.clone());
        self.read(move |connection, now| document_rows::get(connection, collection(connection, &owned)?, &wanted, now))
            .await
            .map_err(|error| error.during("documents.get", format_args!("{name}/{key}")))
    }

    async fn get_many(&self, name: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        let (owned, keys) = (name.clone(), keys.clone());
        self.read(move |connection, now| {
            let id = collection(connection, &owned)?;
            keys.as_slice().iter().map(|key| document_rows::get(connection, id, key, now)).collect()
        })
        .await
        .map_err(|error| error.during("documents.get_many", name))
    }

    async fn put(&self, name: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let (owned, wanted, put) = (name.clone(), key.clone(), put.clone());
        self.write(move |connection, now| {
            let id = collection(connection, &owned)?;
            let version = document_rows::put(connection, id, &wanted, &put, now)?;
            clear_away(connection, id, now)?;
            Ok(version)
        })
        .await
        .map_err(|error| error.during("documents.put", format_args!("{name}/{key}")))
    }

    async fn delete(&self, name: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        let (owned, wanted, condition) = (name.clone(), key.clone(), condition.clone());
        self.write(move |connection, now| {
            let id = collection(connection, &owned)?;
            document_rows::delete(connection, id, &wanted, &condition, now)?;
            clear_away(connection, id, now)
        })
        .await
        .map_err(|error| error.during("documents.delete", format_args!("{name}/{key}")))
    }

    async fn query(&self, name: &CollectionName, query: &Query) -> Result<Page> {
        let (owned, wanted) = (name.clone(), query.clone());
        self.read(move |connection, now| {
            listing::by_sort_key(connection, collection(connection, &owned)?, &wanted, now)
        })
        .await
        .map(|documents| query.page(documents))
        .map_err(|error| error.during("documents.query", name))
    }

    async fn query_index(&self, name: &CollectionName, query: &IndexQuery) -> Result<Page> {
        let (owned, wanted) = (name.clone(), query.clone());
        self.read(move |connection, now| {
            let index = indexes::find(connection, collection(connection, &owned)?, &wanted)?;
            listing::by_index(connection, index, &wanted, now)
        })
        .await
        .map(|found| query.page(found))
        .map_err(|error| error.during("documents.query_index", format_args!("{name}/{}", query.index())))
    }

    async fn transact(&self, name: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        let (owned, transaction) = (name.clone(), transaction.clone());
        self.write(move |connection, now| {
            let id = collection(connection, &owned)?;
            let mut versions = Vec::new();
            for (key, operation) in transaction.operations() {
                match operation {
                    Operation::Put(put) => versions.push(document_rows::put(connection, id, key, put, now)?),
                    Operation::Delete(condition) => document_rows::delete(connection, id, key, condition, now)?,
                    Operation::Check(condition) => check(connection, id, key, condition, now)?,
                }
            }
            clear_away(connection, id, now)?;
            Ok(versions)
        })
        .await
        .map_err(|error| error.during("documents.transact", name))
    }
}

#[async_trait]
impl Scan for SqliteStore {
    async fn scan(&self, name: &CollectionName, query: &ScanQuery) -> Result<Page> {
        let (owned, wanted) = (name.clone(), query.clone());
        self.read(move |connection, now| listing::by_segment(connection, collection(connection, &owned)?, &wanted, now))
            .await
            .map(|documents| query.page(documents))
            .map_err(|error| error.during("documents.scan", name))
    }
}
