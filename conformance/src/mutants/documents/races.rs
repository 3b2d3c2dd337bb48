//! Faults that only concurrent callers, or only a certain sequence of calls, meet.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use anyport_ports::documents::{Condition, Document, Key, Keys, Put, Version};
use anyport_ports::{CollectionName, ErrorKind, Result};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, shared};
use crate::mutants::Mutant;
use crate::subject::DocumentStore;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant(
            "lost_update_by_delete",
            "DOC-LIN-1",
            "A conditional delete looks at the version first and deletes then, whatever was written in between.",
            |_| shared(DeletesLater),
        ),
        mutant(
            "reads_coalesced",
            "DOC-LIN-1",
            "A read joins another that is under way, and may see what stood before a write that it began after.",
            |_| shared(Coalesced::default()),
        ),
        mutant(
            "refused_delete_hides_from_batches",
            "DOC-MODEL-1",
            "A document whose delete was refused for its version is missing from batch reads until it is written again.",
            |_| shared(Hides::default()),
        ),
    ]
}

/// Lets others run, as a round trip to a store would.
async fn round_trip() {
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
}

struct DeletesLater;

#[async_trait]
impl Tamper for DeletesLater {
    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        let standing = sound.documents.get(collection, key).await?;
        condition.check(standing.as_ref().map(|document| &document.version))?;
        round_trip().await;
        sound.documents.delete(collection, key, &Condition::Always).await
    }
}

/// What reads under way have found.
#[derive(Default)]
struct Coalesced(Mutex<HashMap<(CollectionName, Key), Option<Document>>>);

#[async_trait]
impl Tamper for Coalesced {
    async fn get(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let address = (collection.clone(), key.clone());
        let joined = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&address).cloned();
        if let Some(found) = joined {
            return Ok(found);
        }
        let found = sound.documents.get(collection, key).await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(address.clone(), found.clone());
        round_trip().await;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&address);
        Ok(found)
    }
}

/// Documents whose delete was refused.
#[derive(Default)]
struct Hides(Mutex<HashSet<Key>>);

#[async_trait]
impl Tamper for Hides {
    async fn get_many(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        keys: &Keys,
    ) -> Result<Vec<Option<Document>>> {
        let mut found = sound.documents.get_many(collection, keys).await?;
        let hidden = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for slot in &mut found {
            slot.take_if(|document| hidden.contains(&document.key));
        }
        Ok(found)
    }

    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        sound.documents.put(collection, key, put).await
    }

    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        let answer = sound.documents.delete(collection, key, condition).await;
        if answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::PreconditionFailed) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        }
        answer
    }
}
