//! Containers, and what a collection's indexing policy tells: its indexes, and whether it has a feed.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use anyport_ports::documents::Index;
use anyport_ports::{CollectionName, Error, ErrorKind, IndexName, Result};
use azure_data_cosmos::ContainerClient;
use azure_data_cosmos::models::{
    CompositeIndex, CompositeIndexOrder, CompositeIndexProperty, ContainerProperties, IndexingMode, IndexingPolicy,
};

use super::call::Call;
use super::failure::Failure;
use super::item::{DELETED, ID, INDEXES, PARTITION, index_field};
use super::{CosmosDocuments, identifier};

/// Longest name of a container, in bytes.
const NAME_LIMIT: usize = 255;

/// The container of a collection.
pub(super) struct Container {
    pub(super) client: ContainerClient,
    pub(super) indexes: Vec<Index>,
    /// Whether a deletion leaves a mark, which the feed tells of.
    pub(super) feed: bool,
}

/// The containers met so far.
#[derive(Default)]
pub(super) struct Containers(RwLock<HashMap<CollectionName, Arc<Container>>>);

impl Containers {
    fn known(&self, collection: &CollectionName) -> Option<Arc<Container>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(collection).cloned()
    }

    fn learn(&self, collection: &CollectionName, container: &Arc<Container>) {
        let mut containers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        containers.insert(collection.clone(), Arc::clone(container));
    }

    pub(super) fn forget(&self, collection: &CollectionName) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(collection);
    }
}

impl CosmosDocuments {
    /// The name of a collection's container.
    pub(super) fn container_name(&self, collection: &CollectionName) -> String {
        self.shared.naming.of(collection.as_str(), NAME_LIMIT)
    }

    /// The container of a collection, as known or as the service tells.
    pub(super) async fn container(&self, call: &Call, collection: &CollectionName) -> Result<Arc<Container>> {
        match self.shared.containers.known(collection) {
            Some(container) => Ok(container),
            None => self.discover(call, collection).await,
        }
    }

    /// One index and the container. If it is not known, it may have been added since: the service is asked.
    pub(super) async fn index(
        &self,
        call: &Call,
        collection: &CollectionName,
        name: &IndexName,
    ) -> Result<(Arc<Container>, Index)> {
        let find = |container: &Container| container.indexes.iter().find(|index| index.name == *name).cloned();
        let container = self.container(call, collection).await?;
        if let Some(index) = find(&container) {
            return Ok((container, index));
        }
        let container = self.discover(call, collection).await?;
        let index = find(&container).ok_or_else(|| {
            let message = format!("the collection has no index {name}: declare it and provision it");
            call.named(Error::new(ErrorKind::NotFound, message))
        })?;
        Ok((container, index))
    }

    /// The container of a collection as the service tells now.
    pub(super) async fn discover(&self, call: &Call, collection: &CollectionName) -> Result<Arc<Container>> {
        let (client, properties) = self.describe(call, collection).await?;
        let container = Arc::new(Container { client, indexes: indexes_of(&properties), feed: has_feed(&properties) });
        self.shared.containers.learn(collection, &container);
        Ok(container)
    }

    /// The properties of a collection's container; `NotFound` if there is none.
    pub(super) async fn describe(
        &self,
        call: &Call,
        collection: &CollectionName,
    ) -> Result<(ContainerClient, ContainerProperties)> {
        let answer = call
            .read(|| {
                let (database, name) = (self.database(), self.container_name(collection));
                Box::pin(async move {
                    let client = database.container_client(name, None).await?;
                    let properties = client.read(None).await?.into_model()?;
                    Ok((client, properties))
                })
            })
            .await;
        answer.map_err(|failure| self.absent(call, collection, &failure))
    }

    /// The error of a request that failed, where that something is not there can only be said of the container.
    pub(super) fn absent(&self, call: &Call, collection: &CollectionName, failure: &Failure) -> Error {
        let error = call.error(failure);
        if error.kind() != ErrorKind::NotFound {
            return error;
        }
        self.shared.containers.forget(collection);
        let (container, database) = (self.container_name(collection), &self.shared.place.database);
        let message = format!(
            "there is no container {container} in the database {database} of {}: provision it, or check the prefix of \
             names, the database and the endpoint",
            self.shared.place.endpoint
        );
        call.named(Error::new(ErrorKind::NotFound, message).caused_by(error))
    }
}

/// How a container of this adapter is indexed: by what its queries ask for, and nothing of the bodies.
pub(super) fn policy(indexes: &[Index], feed: bool) -> IndexingPolicy {
    let both = [ID, PARTITION].into_iter().fold(CompositeIndex::default(), |composite, field| {
        composite.with_property(CompositeIndexProperty::new(format!("/{field}"), CompositeIndexOrder::Ascending))
    });
    let mut policy = IndexingPolicy::default()
        .with_indexing_mode(IndexingMode::Consistent)
        .with_included_path(format!("/{PARTITION}/?"))
        .with_excluded_path("/*")
        .with_composite_index(both);
    policy.automatic = true;
    if feed {
        policy = policy.with_included_path(format!("/{DELETED}/?"));
    }
    indexes.iter().fold(policy, |policy, index| policy.with_included_path(path(index)))
}

fn path(index: &Index) -> String {
    format!("/{INDEXES}/{}/?", index_field(index))
}

/// Whether deletions leave marks: their path is indexed.
pub(super) fn has_feed(properties: &ContainerProperties) -> bool {
    let marks = format!("/{DELETED}/?");
    paths(properties).any(|path| path == marks)
}

/// The indexes that a container's paths tell of; other paths are somebody else's.
pub(super) fn indexes_of(properties: &ContainerProperties) -> Vec<Index> {
    paths(properties).filter_map(index_of).collect()
}

fn paths(properties: &ContainerProperties) -> impl Iterator<Item = &str> {
    properties.indexing_policy.iter().flat_map(|policy| &policy.included_paths).map(|included| included.path.as_str())
}

fn index_of(path: &str) -> Option<Index> {
    let field = path.strip_prefix(&format!("/{INDEXES}/"))?.strip_suffix("/?")?;
    let mut parts = field.split(identifier::BETWEEN).map(identifier::text);
    let (name, partition, sort) = (parts.next()??, parts.next()??, parts.next()??);
    Some(Index::new(IndexName::new(name).ok()?, partition, sort))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_tells_what_it_was_made_for() {
        let index =
            |name: &str, partition: &str, sort: &str| Index::new(IndexName::new(name).unwrap(), partition, sort);
        let indexes = [index("by-state", "state", "rank"), index("odd", "a_\"/,*", "é ")];
        for feed in [false, true] {
            let properties = ContainerProperties::new("things", format!("/{PARTITION}").into())
                .with_indexing_policy(policy(&indexes, feed));
            assert_eq!(indexes_of(&properties), indexes);
            assert_eq!(has_feed(&properties), feed);
        }
        assert_eq!(path(&indexes[0]), "/ix/by_2Dstate__state__rank/?");
        assert_eq!(index_of("/body/*"), None);
    }
}
