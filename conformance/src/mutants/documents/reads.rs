//! Faults of reading by key.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use anyport_ports::documents::{Body, Condition, Document, Key, Keys, Put, Transaction, Version};
use anyport_ports::{CollectionName, ErrorKind, Result, Timestamp};
use async_trait::async_trait;
use serde_json::Map;

use super::rewrites::{Reads, ReadsOfMany};
use super::tamper::{Tamper, mutant, per_handle, shared};
use crate::mutants::Mutant;
use crate::subject::DocumentStore;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("expiry_not_returned", "DOC-GET-1", "A document does not say when it expires.", |_| {
            shared(Reads(|_, found| Some(Document { expires_at: None, ..found? })))
        }),
        mutant("expiry_returned_in_seconds", "DOC-GET-1", "A document says its expiry to the second.", |_| {
            shared(Reads(|_, found| {
                let found = found?;
                let seconds = found.expires_at.map(|at| Timestamp::from_millis(at.as_millis() / 1_000 * 1_000));
                Some(Document { expires_at: seconds, ..found })
            }))
        }),
        mutant("version_quoted_by_get", "DOC-GET-1", "A read gives the version in quotes, a write without.", |_| {
            shared(Reads(|_, found| {
                let found = found?;
                let version = Version::new(format!("\"{}\"", found.version.as_str()));
                Some(Document { version, ..found })
            }))
        }),
        mutant("absent_reads_as_empty", "DOC-GET-1", "An absent document is an empty one.", |_| {
            shared(Reads(|key, found| found.or_else(|| empty(key))))
        }),
        mutant("stale_read", "DOC-GET-2", "A first read after a write is of a replica that lags behind.", |_| {
            shared(Lagging::default())
        }),
        mutant("per_handle_cache", "DOC-GET-3", "A handle shows what it has once read.", |_| {
            per_handle(|| Cached { read: Mutex::default(), absence_too: false })
        }),
        mutant("absence_cached", "DOC-GET-3", "A handle remembers that there was no document.", |_| {
            per_handle(|| Cached { read: Mutex::default(), absence_too: true })
        }),
        mutant("absent_keys_left_out", "DOC-MANY-1", "Absent keys have no answer.", |_| {
            shared(ReadsOfMany(|_, answers| answers.into_iter().flatten().map(Some).collect()))
        }),
        mutant("answers_in_key_order", "DOC-MANY-1", "The answers come in the order of the store.", |_| {
            shared(ReadsOfMany(|_, mut answers| {
                answers.sort_by_key(|answer| answer.as_ref().map(|document| document.key.clone()));
                answers
            }))
        }),
        mutant("repeated_keys_answered_once", "DOC-MANY-1", "A repeated key is answered as absent.", |_| {
            shared(ReadsOfMany(|keys, answers| {
                let first = |place: usize| !keys[..place].contains(&keys[place]);
                answers.into_iter().enumerate().map(|(place, answer)| answer.filter(|_| first(place))).collect()
            }))
        }),
        mutant(
            "batch_leftovers_dropped",
            "DOC-MANY-2",
            "What is beyond 16 MiB of answers is not asked for again.",
            |_| shared(ReadsOfMany(within_16_mib)),
        ),
        mutant("batch_refused_at_26", "DOC-MANY-2", "More than 25 keys are refused.", |_| shared(SmallBatches)),
    ]
}

fn empty(key: &Key) -> Option<Document> {
    let body = Body::new(Map::new()).ok()?;
    Some(Document { key: key.clone(), body, version: Version::new(""), expires_at: None })
}

fn within_16_mib(_: &[Key], answers: Vec<Option<Document>>) -> Vec<Option<Document>> {
    let mut room = 16 << 20_usize;
    answers
        .into_iter()
        .map(|answer| {
            let document = answer?;
            // Only text is ever that large.
            let bytes: usize = document.body.fields().values().filter_map(|value| value.as_str()).map(str::len).sum();
            room = usize::checked_sub(room, bytes)?;
            Some(document)
        })
        .collect()
}

type Place = (CollectionName, Key);

/// Shows what stood before the last write, once for each write.
#[derive(Default)]
struct Lagging {
    behind: Mutex<BTreeMap<Place, Option<Document>>>,
}

impl Lagging {
    async fn note(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key) -> Result<()> {
        let before = sound.documents.get(collection, key).await?;
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        behind.insert((collection.clone(), key.clone()), before);
        Ok(())
    }
}

#[async_trait]
impl Tamper for Lagging {
    async fn get(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let place = (collection.clone(), key.clone());
        let behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner).remove(&place);
        match behind {
            Some(before) => Ok(before),
            None => sound.documents.get(collection, key).await,
        }
    }

    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.note(sound, collection, key).await?;
        sound.documents.put(collection, key, put).await
    }

    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        self.note(sound, collection, key).await?;
        sound.documents.delete(collection, key, condition).await
    }
}

/// Reads each document once, and again only after a write of its own.
struct Cached {
    read: Mutex<BTreeMap<Place, Option<Document>>>,
    absence_too: bool,
}

impl Cached {
    fn forget(&self, collection: &CollectionName, key: &Key) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).remove(&(collection.clone(), key.clone()));
    }
}

#[async_trait]
impl Tamper for Cached {
    async fn get(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let place = (collection.clone(), key.clone());
        let known = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let found = sound.documents.get(collection, key).await?;
        if found.is_some() != self.absence_too {
            self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(place, found.clone());
        }
        Ok(found)
    }

    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.forget(collection, key);
        sound.documents.put(collection, key, put).await
    }

    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        self.forget(collection, key);
        sound.documents.delete(collection, key, condition).await
    }

    async fn transact(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        transaction.operations().iter().for_each(|(key, _)| self.forget(collection, key));
        sound.documents.transact(collection, transaction).await
    }
}

struct SmallBatches;

#[async_trait]
impl Tamper for SmallBatches {
    async fn get_many(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        keys: &Keys,
    ) -> Result<Vec<Option<Document>>> {
        if keys.as_slice().len() > 25 {
            return Err(anyport_ports::Error::new(ErrorKind::TooLarge, "more keys than a batch takes"));
        }
        sound.documents.get_many(collection, keys).await
    }
}
