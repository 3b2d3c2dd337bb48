//! Faults in what becomes of reads that failed, and of writes in doubt.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use anyport_ports::documents::{Document, DocumentChange, FeedPage, FeedPosition, FeedQuery, Key, Put, Version};
use anyport_ports::{CollectionName, Error, ErrorKind, Result, Retry};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, shared};
use crate::mutants::{Mutant, is_lost_request};
use crate::subject::ChangeStore;

pub(super) fn mutants() -> Vec<Mutant<ChangeStore>> {
    vec![
        mutant("failed_read_is_an_empty_page", "CHG-ERR-1", "A page that could not be read is empty.", |_| {
            shared(Swallows)
        }),
        mutant("failed_latest_is_nowhere", "CHG-ERR-1", "If `latest` is not reached, it is not found.", |_| {
            shared(LatestNotFound)
        }),
        mutant(
            "failed_read_is_in_doubt",
            "CHG-ERR-1",
            "A page that could not be read is reported as a write is.",
            |_| shared(InDoubt),
        ),
        mutant(
            "lost_write_told",
            "CHG-ERR-2",
            "A write is told of before it is sent, and stays told if it got lost.",
            |_| shared(Doubtful { tells: true, of: Mutex::default() }),
        ),
        mutant(
            "write_in_doubt_untold",
            "CHG-ERR-2",
            "A write is told of once it was acknowledged: one whose answer was lost is not.",
            |_| shared(Doubtful { tells: false, of: Mutex::default() }),
        ),
    ]
}

struct Swallows;

#[async_trait]
impl Tamper for Swallows {
    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        match sound.changes.read(collection, query).await {
            Err(error) if error.retry() == Retry::Backoff => {
                let next = query.position().cloned().unwrap_or_else(|| FeedPosition::from_text("unknown"));
                Ok(FeedPage { changes: Vec::new(), next })
            }
            answer => answer,
        }
    }
}

struct LatestNotFound;

#[async_trait]
impl Tamper for LatestNotFound {
    async fn latest(&self, sound: &ChangeStore, collection: &CollectionName) -> Result<FeedPosition> {
        sound.changes.latest(collection).await.map_err(|error| Error::new(ErrorKind::NotFound, error.message()))
    }
}

struct InDoubt;

#[async_trait]
impl Tamper for InDoubt {
    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        sound.changes.read(collection, query).await.map_err(|error| match error.kind() {
            ErrorKind::Unavailable => Error::new(ErrorKind::Indeterminate, error.message()),
            _ => error,
        })
    }
}

/// What is known of writes in doubt, by their keys.
struct Doubtful {
    /// Whether they are told of, or kept back.
    tells: bool,
    of: Mutex<HashMap<Key, DocumentChange>>,
}

#[async_trait]
impl Tamper for Doubtful {
    async fn put(&self, sound: &ChangeStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let answer = sound.documents.put(collection, key, put).await;
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        match &answer {
            Err(error) if error.kind() == ErrorKind::Indeterminate && (!self.tells || is_lost_request(error)) => {
                let (body, version) = (put.body.clone(), Version::new("lost"));
                let document = Some(Document { key: key.clone(), body, version, expires_at: None });
                of.insert(key.clone(), DocumentChange { key: key.clone(), document });
            }
            _ => drop(of.remove(key)),
        }
        answer
    }

    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let mut page = sound.changes.read(collection, query).await?;
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if self.tells {
            page.changes.extend(of.drain().map(|(_, change)| change));
        } else {
            page.changes.retain(|change| !of.contains_key(&change.key));
        }
        Ok(page)
    }
}
