//! Which collections there are, and with which indexes.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::Index;
use anyport_ports::resources::CollectionSpec;
use anyport_ports::{CollectionName, Error, ErrorKind, IndexName, Result};
use serde::{Deserialize, Serialize};

use super::indexes;
use crate::connection::RESPONSE_TIMEOUT;
use crate::error::Failure;
use crate::registry::{COPY_COUNTS, Entry};
use crate::store::RedisStore;

/// What is known of a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Collection {
    /// Its declared indexes.
    pub(crate) indexes: Vec<Index>,
}

impl Collection {
    /// The index of this name; `NotFound` if it was not declared.
    pub(super) fn index(&self, name: &IndexName) -> Result<&Index> {
        self.indexes.iter().find(|index| index.name == *name).ok_or_else(|| {
            let message = format!("the collection has no index {name}: declare it and provision it");
            Error::new(ErrorKind::NotFound, message)
        })
    }

    /// These indexes beside those there are; `Conflict` over one that is there over other fields.
    fn joined(&self, indexes: &[Index]) -> Result<Self> {
        let mut joined = self.clone();
        for index in indexes {
            match self.indexes.iter().find(|standing| standing.name == index.name) {
                None => joined.indexes.push(index.clone()),
                Some(standing) if standing == index => {}
                Some(standing) => {
                    let message = format!(
                        "the index {} is there over the fields {:?} and {:?}: give the one over {:?} and {:?} another name",
                        index.name,
                        standing.partition_field,
                        standing.sort_field,
                        index.partition_field,
                        index.sort_field
                    );
                    return Err(Error::new(ErrorKind::Conflict, message));
                }
            }
        }
        Ok(joined)
    }
}

/// The collection of this name, to read from; `NotFound` if it was not provisioned.
pub(super) async fn to_read(store: &RedisStore, name: &CollectionName) -> Result<Arc<Entry<Collection>>> {
    provisioned(store.collections.find(name.as_str(), Failure::of_read).await?)
}

/// The collection of this name, to write to; `NotFound` if it was not provisioned. Losing the answer to this is losing
/// one on the way of the write: callers need not know of the two.
pub(super) async fn to_write(store: &RedisStore, name: &CollectionName) -> Result<Arc<Entry<Collection>>> {
    provisioned(store.collections.find(name.as_str(), Failure::of_write).await?)
}

fn provisioned(found: Option<Arc<Entry<Collection>>>) -> Result<Arc<Entry<Collection>>> {
    found.ok_or_else(|| Error::new(ErrorKind::NotFound, "the collection does not exist: provision it first"))
}

/// How long after an index was declared some handle may still write without it: until its copy of the registry counts no
/// more, and the write that it then begins has ended.
const UNAWARE: Duration = Duration::from_secs(COPY_COUNTS.as_secs() + 2 * RESPONSE_TIMEOUT.as_secs());

/// Makes the collections that there are not yet. An index that is added to a collection is filled from the documents
/// there are, once every handle knows of it, which takes some 20 seconds.
pub(crate) async fn provision(store: &RedisStore, specs: &[CollectionSpec]) -> Result<()> {
    let mut added = Vec::new();
    for spec in specs {
        for index in declare(store, spec).await? {
            added.push((&spec.name, index));
        }
    }
    if !added.is_empty() {
        tokio::time::sleep(UNAWARE).await;
    }
    for (collection, index) in added {
        indexes::fill(store, collection, &index).await?;
    }
    Ok(())
}

/// Returns the indexes that were added to a collection that was there.
async fn declare(store: &RedisStore, spec: &CollectionSpec) -> Result<Vec<Index>> {
    loop {
        store.collections.refresh(Failure::of_read).await?;
        let standing = store.collections.find(spec.name.as_str(), Failure::of_read).await?;
        let before = standing.as_ref().map(|entry| entry.value.clone());
        let collection = before.clone().unwrap_or_default().joined(&spec.indexes)?;
        if before.as_ref() == Some(&collection) {
            return Ok(Vec::new());
        }
        if store.collections.declare(spec.name.as_str(), standing.as_deref(), &collection).await? {
            let known = before.map_or(collection.indexes.len(), |before| before.indexes.len());
            return Ok(collection.indexes.into_iter().skip(known).collect());
        }
    }
}
