//! Which collections there are, and with which indexes and feeds. Firestore knows of no collection before its first
//! document, and of no index by name; so each has a document of its own in a collection beside them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyport_ports::documents::{FeedPage, Index};
use anyport_ports::resources::CollectionSpec;
use anyport_ports::{CollectionName, Error, ErrorKind, IndexName, Naming, Result};
use firestore::gcloud_sdk::google::firestore::v1::Document as Stored;
use firestore::gcloud_sdk::google::firestore::v1::value::ValueType;
use firestore::gcloud_sdk::tonic::Status;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::connection::Connection;
use super::errors::unexpected;
use super::value;

/// For this long what was read of a collection counts: whoever adds an index or a feed waits until no handle is unaware.
pub(super) const COPY_COUNTS: Duration = Duration::from_secs(10);

/// What is known of a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Collection {
    /// Its declared indexes.
    #[serde(default)]
    pub(super) indexes: Vec<Index>,
    /// Whether its changes are told.
    #[serde(default)]
    pub(super) feed: bool,
}

impl Collection {
    pub(super) fn of(spec: &CollectionSpec) -> Self {
        Self { indexes: spec.indexes.clone(), feed: spec.feed }
    }

    /// The index of this name; `NotFound` if it was not declared.
    pub(super) fn index(&self, name: &IndexName) -> Result<&Index> {
        self.indexes.iter().find(|index| index.name == *name).ok_or_else(|| {
            let message = format!("the collection has no index {name}: declare it and provision it");
            Error::new(ErrorKind::NotFound, message)
        })
    }

    /// With what this asks for beside what there is; `Conflict` over an index that is there over other fields.
    pub(super) fn joined(&self, spec: &CollectionSpec) -> Result<Self> {
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

    /// What is kept of it, as a document's fields.
    pub(super) fn fields(&self) -> Result<super::record::Fields> {
        let fields = serde_json::to_value(self).ok().and_then(|value| match value {
            Value::Object(fields) => value::native(&fields),
            _ => None,
        });
        match fields.and_then(|map| map.value_type) {
            Some(ValueType::MapValue(map)) => Ok(map.fields),
            _ => Err(Error::new(ErrorKind::Internal, "what is known of the collection cannot be stored")),
        }
    }

    /// What was kept of it.
    pub(super) fn read(stored: &Stored) -> Result<Self> {
        let fields = value::fields(&stored.fields)?;
        serde_json::from_value(Value::Object(fields)).map_err(|error| unexpected("a collection").caused_by(error))
    }
}

/// The id of the collection of Firestore that holds what is known of collections. No collection of the port has an
/// underscore in its name.
pub(super) fn id(naming: &Naming) -> String {
    naming.of("anyport_collections", super::MAX_ID_BYTES)
}

/// The path of the document that holds what is known of a collection.
pub(super) fn path(naming: &Naming, collection: &CollectionName) -> String {
    format!("{}/{collection}", id(naming))
}

/// What a handle knows of collections.
#[derive(Debug, Default)]
pub(super) struct Registry {
    /// Told by the workload, for good.
    declared: Mutex<HashMap<CollectionName, Arc<Collection>>>,
    /// Read, and when.
    read: Mutex<HashMap<CollectionName, (Arc<Collection>, Instant)>>,
}

impl Registry {
    /// Knows this collection from now on, whatever is stored.
    pub(super) fn declare(&self, spec: &CollectionSpec) {
        let known = Arc::new(Collection::of(spec));
        self.declared.lock().unwrap_or_else(PoisonError::into_inner).insert(spec.name.clone(), known);
    }

    /// Forgets what was read of a collection.
    pub(super) fn forget(&self, name: &CollectionName) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// The collection of this name; `NotFound` if it was not provisioned. `failed` makes the error of a read that failed.
    pub(super) async fn find(
        &self,
        connection: &Connection,
        name: &CollectionName,
        failed: fn(&Status) -> Error,
    ) -> Result<Arc<Collection>> {
        if let Some(known) = self.known(name) {
            return Ok(known);
        }
        let began = Instant::now();
        let stored = connection.name(path(connection.naming(), name));
        let found = connection.fetch(vec![stored]).await.map_err(|status| failed(&status))?;
        let Some(stored) = found.values().next() else {
            let message = "the collection does not exist: provision it first, or check the prefix of names";
            return Err(Error::new(ErrorKind::NotFound, message));
        };
        let collection = Arc::new(Collection::read(stored)?);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.insert(name.clone(), (Arc::clone(&collection), began));
        Ok(collection)
    }

    /// The collection of this name, to read its changes; `NotFound` if it was not provisioned with a feed.
    pub(super) async fn find_feed(
        &self,
        connection: &Connection,
        name: &CollectionName,
        failed: fn(&Status) -> Error,
    ) -> Result<()> {
        if self.find(connection, name, failed).await?.feed { Ok(()) } else { Err(FeedPage::no_feed()) }
    }

    fn known(&self, name: &CollectionName) -> Option<Arc<Collection>> {
        if let Some(declared) = self.declared.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Some(Arc::clone(declared));
        }
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.get(name).filter(|(_, at)| at.elapsed() < COPY_COUNTS).map(|(known, _)| Arc::clone(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(name: &'static str, sort: &str) -> Index {
        Index::new(IndexName::from_static(name), "state", sort)
    }

    fn spec(indexes: Vec<Index>) -> CollectionSpec {
        CollectionSpec::new(CollectionName::from_static("orders"), indexes)
    }

    #[test]
    fn what_is_known_of_a_collection_is_kept_as_a_document() {
        let collection = Collection { indexes: vec![index("by-rank", "rank"), index("by-x", "__x__")], feed: true };
        let stored = Stored { fields: collection.fields().unwrap(), ..Stored::default() };
        assert_eq!(Collection::read(&stored).unwrap(), collection);
        assert_eq!(Collection::read(&Stored::default()).unwrap(), Collection::default());
    }

    #[test]
    fn a_collection_keeps_what_it_has_and_gets_what_is_new() {
        let had = Collection::of(&spec(vec![index("by-rank", "rank")]).with_feed());
        let joined = had.joined(&spec(vec![index("by-name", "name")])).unwrap();
        assert_eq!(
            joined,
            Collection { indexes: vec![index("by-rank", "rank"), index("by-name", "name")], feed: true }
        );
        assert_eq!(had.joined(&spec(vec![index("by-rank", "other")])).unwrap_err().kind(), ErrorKind::Conflict);
    }

    #[test]
    fn the_registry_is_no_collection_of_the_port() {
        assert!(CollectionName::new(id(&Naming::default())).is_err());
    }
}
