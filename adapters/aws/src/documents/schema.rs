//! Which indexes a collection has: what each write must know.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use anyport_ports::documents::Index;
use anyport_ports::{CollectionName, Error, ErrorKind, IndexName, Result};
use aws_sdk_dynamodb::types::{GlobalSecondaryIndexDescription, KeyType, TableDescription};

use super::DynamoDocuments;

/// What the name of an index's GSI begins with: DynamoDB wants three characters, a name may have two.
const PREFIX: &str = "ix-";

/// The indexes of the collections met so far.
#[derive(Default)]
pub(super) struct Schemas(RwLock<HashMap<CollectionName, Arc<[Index]>>>);

impl Schemas {
    pub(super) fn declare(&self, collection: CollectionName, indexes: impl Into<Arc<[Index]>>) -> Arc<[Index]> {
        let indexes = indexes.into();
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(collection, Arc::clone(&indexes));
        indexes
    }

    fn known(&self, collection: &CollectionName) -> Option<Arc<[Index]>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(collection).cloned()
    }
}

impl DynamoDocuments {
    /// The indexes of a collection, as known or as its table tells.
    pub(super) async fn indexes(&self, operation: &'static str, collection: &CollectionName) -> Result<Arc<[Index]>> {
        match self.schemas.known(collection) {
            Some(indexes) => Ok(indexes),
            None => self.discover(operation, collection).await,
        }
    }

    /// One index. If it is not known, it may have been added since: the table is asked.
    pub(super) async fn index(
        &self,
        operation: &'static str,
        collection: &CollectionName,
        name: &IndexName,
    ) -> Result<Index> {
        let find = |indexes: &[Index]| indexes.iter().find(|index| index.name == *name).cloned();
        if let Some(index) = self.schemas.known(collection).and_then(|indexes| find(&indexes)) {
            return Ok(index);
        }
        find(&self.discover(operation, collection).await?).ok_or_else(|| {
            let message = format!("the collection has no index {name}: declare it and provision it");
            Error::new(ErrorKind::NotFound, message).during(operation, format_args!("{collection}/{name}"))
        })
    }

    async fn discover(&self, operation: &'static str, collection: &CollectionName) -> Result<Arc<[Index]>> {
        let table = self.describe(operation, collection).await?;
        Ok(self.schemas.declare(collection.clone(), indexes_of(&table)))
    }

    /// The table of a collection; `NotFound` if there is none.
    pub(super) async fn describe(
        &self,
        operation: &'static str,
        collection: &CollectionName,
    ) -> Result<TableDescription> {
        let answer = self.client.describe_table().table_name(self.table(collection)).send().await;
        let answer = answer.map_err(|failure| self.failure(operation, collection, collection, &failure))?;
        answer.table.ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the service described no table").during(operation, collection)
        })
    }
}

/// The GSI of an index.
pub(super) fn gsi_name(index: &IndexName) -> String {
    format!("{PREFIX}{index}")
}

/// The indexes that a table's GSIs are, in this adapter's terms; other GSIs are somebody else's.
pub(super) fn indexes_of(table: &TableDescription) -> Vec<Index> {
    table.global_secondary_indexes().iter().filter_map(index_of).collect()
}

fn index_of(gsi: &GlobalSecondaryIndexDescription) -> Option<Index> {
    let name = gsi.index_name()?.strip_prefix(PREFIX)?;
    let field = |kind: &KeyType, part: &str| {
        let element = gsi.key_schema().iter().find(|element| element.key_type() == kind)?;
        Some(element.attribute_name().strip_prefix(name)?.strip_prefix(part)?.to_owned())
    };
    let (partition, sort) = (field(&KeyType::Hash, ":p:")?, field(&KeyType::Range, ":s:")?);
    Some(Index::new(IndexName::new(name).ok()?, partition, sort))
}
