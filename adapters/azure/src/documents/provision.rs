//! Making the database, containers and their indexes, for development, tests and emulators.

use anyport_ports::documents::Index;
use anyport_ports::resources::{CollectionSpec, Provision, Resources};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use async_trait::async_trait;
use azure_data_cosmos::FeedScope;
use azure_data_cosmos::models::{ContainerProperties, IndexingPolicy, TimeToLive};

use super::CosmosDocuments;
use super::call::{Call, Repeat};
use super::containers::{Container, has_feed, indexes_of, policy};
use super::item::{self, INDEXES, Item, PARTITION};
use super::query::Asked;
use super::write::{others_were_faster, under};

#[async_trait]
impl Provision for CosmosDocuments {
    /// Makes the database and the containers of the collections, with their indexes and native expiry. An index that is
    /// added to a standing container is built over the documents that are there. Entra ID's data roles do not allow this:
    /// it needs the account's key, as an emulator has.
    async fn provision(&self, resources: &Resources) -> Result<()> {
        if resources.collections.is_empty() {
            return Ok(());
        }
        self.create_database().await?;
        for spec in &resources.collections {
            self.provision_collection(spec).await?;
        }
        Ok(())
    }
}

impl CosmosDocuments {
    async fn create_database(&self) -> Result<()> {
        let database = &self.shared.place.database;
        let mut call = self.call("provision", database);
        let answer =
            call.write(Repeat::Harmless, || Box::pin(self.shared.client.create_database(database, None))).await;
        match answer {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_refusal(409) => Ok(()),
            Err(failure) => Err(call.judge(call.error(&failure))),
        }
    }

    async fn provision_collection(&self, spec: &CollectionSpec) -> Result<()> {
        let name = self.container_name(&spec.name);
        let mut call = self.call("provision", format_args!("{} (container {name})", spec.name));
        let properties = ContainerProperties::new(name, format!("/{PARTITION}").into())
            .with_default_ttl(TimeToLive::NoDefault)
            .with_indexing_policy(policy(&spec.indexes, spec.feed));
        let answer = call
            .write(Repeat::Harmless, || {
                let (database, properties) = (self.database(), properties.clone());
                Box::pin(async move { database.create_container(properties, None).await })
            })
            .await;
        match answer {
            Ok(_) => {}
            Err(failure) if failure.is_refusal(409) => self.complete(&mut call, spec).await?,
            Err(failure) => return Err(call.judge(self.absent(&call, &spec.name, &failure))),
        }
        self.discover(&call, &spec.name).await.map(drop)
    }

    /// Gives a standing container what it lacks.
    async fn complete(&self, call: &mut Call, spec: &CollectionSpec) -> Result<()> {
        let (client, mut properties) = self.describe(call, &spec.name).await?;
        let conflict = |message: String| call.named(Error::new(ErrorKind::Conflict, message));
        if properties.partition_key.paths() != [format!("/{PARTITION}")] {
            return Err(conflict(format!("the container is of another shape: its partition key must be /{PARTITION}")));
        }
        let mut indexes = indexes_of(&properties);
        let mut new = Vec::new();
        for index in &spec.indexes {
            match indexes.iter().find(|other| other.name == index.name) {
                Some(other) if other == index => {}
                Some(other) => {
                    let message = format!(
                        "the index {} is over {} and {}, not over {} and {}: name the other one differently",
                        index.name, other.partition_field, other.sort_field, index.partition_field, index.sort_field
                    );
                    return Err(conflict(message));
                }
                None => {
                    indexes.push(index.clone());
                    new.push(index.clone());
                }
            }
        }
        let feed = spec.feed && !has_feed(&properties);
        if new.is_empty() && !feed && properties.default_ttl != TimeToLive::Forever {
            return Ok(());
        }
        let standing = properties.indexing_policy.take();
        properties.indexing_policy = Some(joined(standing, policy(&new, feed)));
        if properties.default_ttl == TimeToLive::Forever {
            properties.default_ttl = TimeToLive::NoDefault;
        }
        let answer = call
            .write(Repeat::Harmless, || {
                let (client, properties) = (client.clone(), properties.clone());
                Box::pin(async move { client.replace(properties, None).await })
            })
            .await;
        answer.map_err(|failure| call.judge(self.absent(call, &spec.name, &failure)))?;
        let container = self.discover(call, &spec.name).await?;
        if new.is_empty() { Ok(()) } else { self.build(&spec.name, &container, &indexes).await }
    }

    /// Gives every document its places in these indexes. Body, version and expiry stay as they are; a document that is
    /// written meanwhile gets its places from that write.
    async fn build(&self, collection: &CollectionName, container: &Container, indexes: &[Index]) -> Result<()> {
        let call = self.call("provision", collection);
        let asked = Asked::ordered(container, "c.id ASC, c.pk ASC");
        let items = self.items(&call, collection, container, &asked, &FeedScope::full_container(), |_| false).await?;
        for item in items {
            self.place(collection, container, indexes, item).await?;
        }
        Ok(())
    }

    async fn place(
        &self,
        collection: &CollectionName,
        container: &Container,
        indexes: &[Index],
        mut item: Item,
    ) -> Result<()> {
        let Some(document) = item::document(&item)? else { return Ok(()) };
        let places = item::places(indexes, &document.key, &document.body);
        if item.get(INDEXES).map_or(places.is_empty(), |standing| standing.as_object() == Some(&places)) {
            return Ok(());
        }
        item.insert(INDEXES.to_owned(), places.into());
        let etag = item::stamp(&item).etag;
        let (id, partition) = (item::id(&document.key), document.key.partition().as_str());
        let mut call = self.call("provision", format_args!("{collection}/{}", document.key));
        let answer = call
            .write(Repeat::Harmless, || {
                Box::pin(container.client.replace_item(partition.to_owned(), &id, &item, Some(under(&etag))))
            })
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(failure) if others_were_faster(&failure) => Ok(()),
            Err(failure) => Err(call.judge(self.absent(&call, collection, &failure))),
        }
    }
}

/// What stands, and what is new beside it.
fn joined(standing: Option<IndexingPolicy>, new: IndexingPolicy) -> IndexingPolicy {
    let Some(mut standing) = standing else { return new };
    for path in new.included_paths {
        if !standing.included_paths.contains(&path) {
            standing.included_paths.push(path);
        }
    }
    for composite in new.composite_indexes {
        if !standing.composite_indexes.contains(&composite) {
            standing.composite_indexes.push(composite);
        }
    }
    standing
}
