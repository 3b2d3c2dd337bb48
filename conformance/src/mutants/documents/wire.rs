//! Faults in what becomes of a request or an answer that was lost, and of a store that asks to slow down.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyport_ports::documents::{Condition, Document, Key, Keys, Page, Put, Query, Transaction, Version};
use anyport_ports::{CollectionName, Error, ErrorKind, Result, Retry};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, shared};
use crate::mutants::{Mutant, is_lost_request};
use crate::subject::DocumentStore;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant(
            "conflict_and_transient_swapped",
            "DOC-ERR-1",
            "A store that asks to slow down is a conflict, and a conflict asks to slow down.",
            |_| {
                shared(Errors(|error| match error.kind() {
                    ErrorKind::Throttled => Error::new(ErrorKind::Conflict, error.message()),
                    ErrorKind::Conflict => Error::new(ErrorKind::Throttled, error.message()),
                    _ => error,
                }))
            },
        ),
        mutant(
            "transient_not_to_be_retried",
            "DOC-ERR-1",
            "A store that is not reached is reported without the advice to try again.",
            |_| {
                shared(Errors(|error| match error.kind() {
                    ErrorKind::Unavailable => error.with_retry(Retry::Never),
                    _ => error,
                }))
            },
        ),
        mutant(
            "throttled_and_written",
            "DOC-ERR-1",
            "A write that is throttled is queued and done all the same.",
            |_| shared(ThrottledAndWritten::default()),
        ),
        mutant(
            "not_reached_reported_in_doubt",
            "DOC-ERR-1",
            "A write to a store that was never reached is reported as one that may have been done.",
            |_| {
                shared(Errors(|error| match error.kind() {
                    ErrorKind::Unavailable => Error::new(ErrorKind::Indeterminate, error.message()),
                    _ => error,
                }))
            },
        ),
        mutant(
            "lost_request_reported_failed",
            "DOC-ERR-2",
            "A connection that broke after the request was sent is taken for one that was never made.",
            |_| {
                shared(Errors(|error| {
                    if is_lost_request(&error) { Error::new(ErrorKind::Unavailable, error.message()) } else { error }
                }))
            },
        ),
        mutant(
            "unseen_taken_for_not_done",
            "DOC-ERR-2",
            "A write that got lost is looked for, and if it is not seen yet, reported as not done.",
            |_| shared(UnseenTakenForNotDone),
        ),
        mutant(
            "ambiguous_reported_failed",
            "DOC-ERR-2",
            "A write whose answer was lost is reported as not done.",
            |_| {
                shared(Errors(|error| match error.kind() {
                    ErrorKind::Indeterminate => Error::new(ErrorKind::Unavailable, error.message()),
                    _ => error,
                }))
            },
        ),
        mutant(
            "own_write_taken_for_anothers",
            "DOC-ERR-2",
            "A conditional write whose answer was lost is tried again, and refused for what it did itself.",
            |_| shared(TriesAgain),
        ),
        mutant("error_swallowed_by_get", "DOC-ERR-3", "A document that could not be read is absent.", |_| {
            shared(Swallows { by_get: true })
        }),
        mutant("error_swallowed_by_query", "DOC-ERR-3", "A listing that could not be read is empty.", |_| {
            shared(Swallows { by_get: false })
        }),
        mutant(
            "blind_retry",
            "DOC-LIN-2",
            "An unconditional write whose answer was lost is done again a little later, over what was written meanwhile.",
            |_| shared(BlindRetry),
        ),
    ]
}

/// Reports the errors of writes as others.
struct Errors(fn(Error) -> Error);

#[async_trait]
impl Tamper for Errors {
    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        sound.documents.put(collection, key, put).await.map_err(self.0)
    }

    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        sound.documents.delete(collection, key, condition).await.map_err(self.0)
    }
}

/// What was throttled waits here for a call that gets through.
#[derive(Default)]
struct ThrottledAndWritten(Mutex<Vec<(CollectionName, Transaction)>>);

#[async_trait]
impl Tamper for ThrottledAndWritten {
    async fn transact(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        let answer = sound.documents.transact(collection, transaction).await;
        if answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Throttled) {
            let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            queue.push((collection.clone(), transaction.clone()));
        }
        answer
    }

    async fn get_many(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        keys: &Keys,
    ) -> Result<Vec<Option<Document>>> {
        sound.documents.get_many(collection, keys).await?;
        let queue = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for (of, transaction) in queue {
            sound.documents.transact(&of, &transaction).await?;
        }
        sound.documents.get_many(collection, keys).await
    }
}

struct UnseenTakenForNotDone;

#[async_trait]
impl Tamper for UnseenTakenForNotDone {
    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        match sound.documents.put(collection, key, put).await {
            Err(error) if error.kind() == ErrorKind::Indeterminate => {
                match sound.documents.get(collection, key).await {
                    Ok(None) => Err(Error::new(ErrorKind::Unavailable, error.message())),
                    _ => Err(error),
                }
            }
            answer => answer,
        }
    }
}

struct TriesAgain;

#[async_trait]
impl Tamper for TriesAgain {
    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        match sound.documents.put(collection, key, put).await {
            Err(error) if error.kind() == ErrorKind::Indeterminate && put.condition != Condition::Always => {
                sound.documents.put(collection, key, put).await
            }
            answer => answer,
        }
    }
}

struct Swallows {
    by_get: bool,
}

#[async_trait]
impl Tamper for Swallows {
    async fn get(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        match sound.documents.get(collection, key).await {
            Err(error) if self.by_get && error.kind() == ErrorKind::Unavailable => Ok(None),
            answer => answer,
        }
    }

    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        match sound.documents.query(collection, query).await {
            Err(error) if !self.by_get && error.kind() == ErrorKind::Unavailable => Ok(query.page(Vec::new())),
            answer => answer,
        }
    }
}

struct BlindRetry;

impl BlindRetry {
    /// Whether the adapter believes that doing it twice is as good as once.
    fn goes_on(error: &Error, condition: &Condition) -> bool {
        error.kind() == ErrorKind::Indeterminate && matches!(condition, Condition::Always | Condition::Present)
    }

    async fn pause() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[async_trait]
impl Tamper for BlindRetry {
    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        match sound.documents.put(collection, key, put).await {
            Err(error) if Self::goes_on(&error, &put.condition) => {
                Self::pause().await;
                sound.documents.put(collection, key, put).await
            }
            answer => answer,
        }
    }

    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        match sound.documents.delete(collection, key, condition).await {
            Err(error) if Self::goes_on(&error, condition) => {
                Self::pause().await;
                sound.documents.delete(collection, key, condition).await
            }
            answer => answer,
        }
    }
}
