//! Documents on DynamoDB: one table per collection.
//!
//! # How a document is stored
//!
//! | attribute | type | what it holds |
//! |---|---|---|
//! | `partition`, `sort` | S | the key; hash and range key of the table |
//! | `body` | M | the body, natively: see below |
//! | `body_json` | S | instead of `body`, the body as JSON text, where a map cannot hold it: see below |
//! | `version` | S | the version, random and new on every write |
//! | `expires_at` | N | seconds since 1970, rounded up; the table's TTL attribute. Absent: the document stands |
//! | `expires_at_ms` | N | the same instant exactly, in milliseconds |
//! | `INDEX:p:FIELD`, `INDEX:s:FIELD` | S | the place in the index `INDEX`, on the key of its GSI `ix-INDEX` |
//!
//! Text, booleans, `null`, arrays and objects are S, BOOL, NULL, L and M. Integers, and floating-point numbers with a
//! fraction, are N. What N would not give back exactly (`1.0`, `-0.0`, anything beyond 1e±125) is the map
//! `{"$number": "1.0"}`; an object that looks like one has one more `$` before its field's name.
//!
//! A body is stored as JSON text if one of its fields has an empty name or one over 64 KiB, or if the map would take more
//! than [`value::MAX_NATIVE_BYTES`]: numbers and short texts take more room natively than as JSON, and an item holds 400 KB.
//!
//! # Documents that others wrote
//!
//! An item of `partition`, `sort` and `body`, as another program may put it, is a document. Sets are read as arrays, binary
//! as base64 text; they become arrays and text when the document is written again. Its version is a digest of its content,
//! so a write under that version holds exactly if the content is still the same. `expires_at` may stand without
//! `expires_at_ms`.

mod backfill;
mod batch;
#[cfg(test)]
mod failures;
mod feed;
mod guard;
mod item;
mod order;
#[cfg(test)]
mod patience;
mod placed;
mod provision;
mod query;
mod schema;
mod transact;
mod value;
mod write;

use std::fmt;
use std::sync::Arc;

use anyport_ports::documents::{
    Condition, Document, DocumentChange, Documents, IndexQuery, Key, Keys, Page, Put, Query, Scan, ScanQuery,
    Transaction, Version,
};
use anyport_ports::resources::CollectionSpec;
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

pub use self::feed::DynamoChanges;
use self::schema::Schemas;
use crate::connection::Aws;
use crate::error;

/// Documents on DynamoDB: strongly consistent, one table per collection.
///
/// A write must know its collection's indexes. It asks DynamoDB once per collection (`DescribeTable`), unless they are
/// [declared](Self::declaring). A running process does not learn of an index that is added later.
#[derive(Clone)]
pub struct DynamoDocuments {
    aws: Aws,
    client: Client,
    schemas: Arc<Schemas>,
}

impl DynamoDocuments {
    pub(crate) fn new(aws: &Aws) -> Self {
        Self { aws: aws.clone(), client: Client::new(aws.sdk()), schemas: Arc::default() }
    }

    /// Knows the indexes of these collections, as from the workload's manifest, and need not ask.
    #[must_use]
    pub fn declaring(self, collections: &[CollectionSpec]) -> Self {
        for spec in collections {
            self.schemas.declare(spec.name.clone(), spec.indexes.clone());
        }
        self
    }

    /// Opens a connection ahead of the first call, by reading a document that need not be there. A failure tells nothing
    /// that the first call would not tell better, so it is not reported.
    pub async fn warm(&self, collection: &CollectionName) {
        if let Ok(key) = Key::new("anyport", "warm") {
            let _connected = self.get(collection, &key).await;
        }
    }

    /// The change that a record of a table's stream tells of, as AWS Lambda is given it: one element of an event's `Records`, in
    /// JSON.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if it is no such record, `Internal` if it is of an item that is no document, or of a stream that
    /// does not show new images.
    pub fn change_of(record: &str) -> Result<DocumentChange> {
        feed::change_of(record)
    }

    /// The collection's table.
    fn table(&self, collection: &CollectionName) -> String {
        /// Longest name of a table, in bytes.
        const LIMIT: usize = 255;
        self.aws.naming().of(collection.as_str(), LIMIT)
    }

    /// What a failed call says, as of a read.
    fn failure<E>(
        &self,
        operation: &'static str,
        collection: &CollectionName,
        resource: &dyn fmt::Display,
        failure: &SdkError<E, HttpResponse>,
    ) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let error = error::of(operation, resource, failure);
        if error.kind() != ErrorKind::NotFound {
            return error;
        }
        let (table, region) = (self.table(collection), self.aws.region());
        let message = format!(
            "the table {table} does not exist in {region}: provision it, or check the prefix of names, the region and the \
             endpoint"
        );
        Error::new(ErrorKind::NotFound, message).during(operation, resource).caused_by(error)
    }

    /// The item of a key as it stands, expired or not.
    async fn standing(
        &self,
        operation: &'static str,
        collection: &CollectionName,
        key: &Key,
    ) -> Result<Option<item::Item>> {
        let answer = self
            .client
            .get_item()
            .table_name(self.table(collection))
            .set_key(Some(item::key(key)))
            .consistent_read(true)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer.item),
            Err(failure) => Err(self.failure(operation, collection, &format_args!("{collection}/{key}"), &failure)),
        }
    }
}

impl fmt::Debug for DynamoDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoDocuments").field("aws", &self.aws).finish_non_exhaustive()
    }
}

#[async_trait]
impl Documents for DynamoDocuments {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        const OPERATION: &str = "documents.get";
        let Some(item) = self.standing(OPERATION, collection, key).await? else { return Ok(None) };
        let document =
            item::document(&item).map_err(|error| error.during(OPERATION, format_args!("{collection}/{key}")))?;
        Ok(Some(document).filter(|document| document.is_live(self.aws.clock().now())))
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        const OPERATION: &str = "documents.get_many";
        let found = self.read_many(OPERATION, collection, keys.as_slice()).await?;
        let now = self.aws.clock().now();
        Ok(keys.as_slice().iter().map(|key| found.get(key).filter(|found| found.is_live(now)).cloned()).collect())
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.put_one(collection, key, put).await
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        self.delete_one(collection, key, condition).await
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        self.list(collection, query).await
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        self.list_index(collection, query).await
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        self.transact_all(collection, transaction).await
    }
}

#[async_trait]
impl Scan for DynamoDocuments {
    async fn scan(&self, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        self.list_segment(collection, query).await
    }
}
