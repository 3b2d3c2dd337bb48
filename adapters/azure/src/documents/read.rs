//! Reading documents by their keys.

use std::collections::{HashMap, HashSet};

use anyport_ports::documents::{Document, Key, Keys};
use anyport_ports::{CollectionName, Result};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::CosmosDocuments;
use super::call::Call;
use super::containers::Container;
use super::failure::Failure;
use super::item::{self, Item};

/// Documents read at once.
const WIDTH: usize = 16;

impl CosmosDocuments {
    pub(super) async fn read_one(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let call = self.call("documents.get", format_args!("{collection}/{key}"));
        let container = self.container(&call, collection).await?;
        let standing = self.standing(&call, collection, &container, key).await?;
        self.seen(&call, standing.as_ref())
    }

    pub(super) async fn read_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        let call = self.call("documents.get_many", collection);
        let container = self.container(&call, collection).await?;
        let mut met = HashSet::new();
        let unique = keys.as_slice().iter().filter(|key| met.insert(*key));
        let reading = unique.map(|key| {
            let (call, container) = (&call, &container);
            async move { Ok((key, self.standing(call, collection, container, key).await?)) }
        });
        let found: HashMap<&Key, Option<Item>> =
            stream::iter(reading.collect::<Vec<_>>()).buffer_unordered(WIDTH).try_collect().await?;
        let document = |key: &Key| self.seen(&call, found.get(key).and_then(Option::as_ref));
        keys.as_slice().iter().map(document).collect()
    }

    /// The document of an item, if it stands and has not expired.
    pub(super) fn seen(&self, call: &Call, standing: Option<&Item>) -> Result<Option<Document>> {
        let Some(standing) = standing else { return Ok(None) };
        let document = item::document(standing).map_err(|error| call.named(error))?;
        let now = self.shared.clock.now();
        Ok(document.filter(|document| document.is_live(now)))
    }

    /// The item of a key as it stands, expired or the mark of a deletion, too.
    pub(super) async fn standing(
        &self,
        call: &Call,
        collection: &CollectionName,
        container: &Container,
        key: &Key,
    ) -> Result<Option<Item>> {
        self.find(call, container, key).await.map_err(|failure| self.absent(call, collection, &failure))
    }

    /// Likewise, for the writing that goes by it.
    pub(super) async fn standing_before(
        &self,
        call: &mut Call,
        collection: &CollectionName,
        container: &Container,
        key: &Key,
    ) -> Result<Option<Item>> {
        match self.find(call, container, key).await {
            Ok(standing) => Ok(standing),
            Err(failure) => {
                let error = self.absent(call, collection, &failure);
                Err(call.judge_reading(&failure, error))
            }
        }
    }

    /// The item of a key, if there is one.
    pub(super) async fn find(
        &self,
        call: &Call,
        container: &Container,
        key: &Key,
    ) -> std::result::Result<Option<Item>, Failure> {
        let answer = call
            .read(|| {
                let (client, partition, id) = (&container.client, key.partition().as_str().to_owned(), item::id(key));
                Box::pin(async move { client.read_item(partition, &id, None).await?.into_model::<Item>() })
            })
            .await;
        match answer {
            Ok(item) => Ok(Some(item)),
            Err(failure) if failure.is_refusal(404) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}
