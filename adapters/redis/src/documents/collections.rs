//! Which collections there are, and with which indexes.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::{FeedPage, Index};
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
    /// Whether its changes are kept.
    #[serde(default)]
    pub(crate) feed: bool,
}

impl Collection {
    /// The index of this name; `NotFound` if it was not declared.
    pub(super) fn index(&self, name: &IndexName) -> Result<&Index> {
        self.indexes.iter().find(|index| index.name == *name).ok_or_else(|| {
            let message = format!("the collection has no index {name}: declare it and provision it");
            Error::new(ErrorKind::NotFound, message)
        })
    }

    /// With what this asks for beside what there is; `Conflict` over an index that is there over other fields.
    fn joined(&self, spec: &CollectionSpec) -> Result<Self> {
        let mut joined = self.clone();
        joined.feed |= spec.feed;
        for index in &spec.indexes {
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

/// The collection of this name, to read its changes; `NotFound` if it was not provisioned with a feed.
pub(super) async fn to_follow(store: &RedisStore, name: &CollectionName) -> Result<()> {
    if to_read(store, name).await?.value.feed { Ok(()) } else { Err(FeedPage::no_feed()) }
}

fn provisioned(found: Option<Arc<Entry<Collection>>>) -> Result<Arc<Entry<Collection>>> {
    found.ok_or_else(|| Error::new(ErrorKind::NotFound, "the collection does not exist: provision it first"))
}

/// How long after an index or a feed was declared some handle may still write without it: until its copy of the registry counts no
/// more, and the write that it then begins has ended.
const UNAWARE: Duration = Duration::from_secs(COPY_COUNTS.as_secs() + 2 * RESPONSE_TIMEOUT.as_secs());

/// Makes the collections that there are not yet. An index that is added to a collection is filled from the documents
/// there are, once every handle knows of it, which takes some 20 seconds; as long as a feed takes that is added to one.
pub(crate) async fn provision(store: &RedisStore, specs: &[CollectionSpec]) -> Result<()> {
    let (mut added, mut feeds) = (Vec::new(), false);
    for spec in specs {
        let Added { indexes, feed } = declare(store, spec).await?;
        added.extend(indexes.into_iter().map(|index| (&spec.name, index)));
        feeds |= feed;
    }
    if feeds || !added.is_empty() {
        tokio::time::sleep(UNAWARE).await;
    }
    for (collection, index) in added {
        indexes::fill(store, collection, &index).await?;
    }
    Ok(())
}

/// What was added to a collection that was there.
#[derive(Default)]
struct Added {
    indexes: Vec<Index>,
    feed: bool,
}

/// Makes the collection, or adds to it what it lacks.
async fn declare(store: &RedisStore, spec: &CollectionSpec) -> Result<Added> {
    loop {
        store.collections.refresh(Failure::of_read).await?;
        let standing = store.collections.find(spec.name.as_str(), Failure::of_read).await?;
        let before = standing.as_ref().map(|entry| entry.value.clone());
        let collection = before.clone().unwrap_or_default().joined(spec)?;
        if before.as_ref() == Some(&collection) {
            return Ok(Added::default());
        }
        if store.collections.declare(spec.name.as_str(), standing.as_deref(), &collection).await? {
            let Some(before) = before else { return Ok(Added::default()) };
            let indexes = collection.indexes.into_iter().skip(before.indexes.len()).collect();
            return Ok(Added { indexes, feed: collection.feed && !before.feed });
        }
    }
}
