//! Faults in what is not to be seen, and of feeds that are not there.

use std::sync::{Mutex, PoisonError};

use anyport_ports::documents::{
    Condition, Document, DocumentChange, FeedPage, FeedPosition, FeedQuery, Key, Operation, Put, Transaction, Version,
};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, shared};
use crate::mutants::Mutant;
use crate::subject::ChangeStore;
use crate::suite::{OTHER_THINGS, THINGS};

pub(super) fn mutants() -> Vec<Mutant<ChangeStore>> {
    vec![
        mutant("refused_write_told", "CHG-NONE-1", "A write is told before its condition is judged.", |_| {
            shared(TellsTooMuch::of(Excess::Writes))
        }),
        mutant("refused_deletion_told", "CHG-NONE-1", "A deletion is told before its condition is judged.", |_| {
            shared(TellsTooMuch::of(Excess::Deletions))
        }),
        mutant(
            "refused_transaction_told",
            "CHG-NONE-2",
            "What a transaction did up to the condition that failed stays told.",
            |_| shared(TellsTooMuch::of(Excess::Transactions)),
        ),
        mutant("check_told", "CHG-NONE-2", "What a transaction only checks is told as deleted.", |_| {
            shared(TellsTooMuch::of(Excess::Checks))
        }),
        mutant("other_collection_told", "CHG-NONE-3", "The feed of a collection tells of another as well.", |_| {
            shared(TellsOfOthers)
        }),
        mutant("no_feed_is_an_empty_one", "CHG-COL-1", "A collection without a feed has an empty one.", |_| {
            shared(NoFeedIsEmpty { latest: false })
        }),
        mutant("latest_of_no_feed", "CHG-COL-1", "A collection without a feed has a latest position.", |_| {
            shared(NoFeedIsEmpty { latest: true })
        }),
    ]
}

/// What did not happen, and is told of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Excess {
    Writes,
    Deletions,
    Transactions,
    Checks,
}

/// Tells of it with the next page.
struct TellsTooMuch {
    of: Excess,
    told: Mutex<Vec<DocumentChange>>,
}

impl TellsTooMuch {
    fn of(of: Excess) -> Self {
        Self { of, told: Mutex::default() }
    }

    fn tell(&self, key: &Key, put: Option<&Put>) {
        let document = put.map(|put| Document {
            key: key.clone(),
            body: put.body.clone(),
            version: Version::new("never"),
            expires_at: put.expires_at,
        });
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.push(DocumentChange { key: key.clone(), document });
    }
}

fn is_refused(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::PreconditionFailed)
}

#[async_trait]
impl Tamper for TellsTooMuch {
    async fn put(&self, sound: &ChangeStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let answer = sound.documents.put(collection, key, put).await;
        if self.of == Excess::Writes && answer.as_ref().is_err_and(is_refused) {
            self.tell(key, Some(put));
        }
        answer
    }

    async fn delete(
        &self,
        sound: &ChangeStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        let answer = sound.documents.delete(collection, key, condition).await;
        if self.of == Excess::Deletions && answer.as_ref().is_err_and(is_refused) {
            self.tell(key, None);
        }
        answer
    }

    async fn transact(
        &self,
        sound: &ChangeStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        let answer = sound.documents.transact(collection, transaction).await;
        let refused = answer.as_ref().is_err_and(is_refused);
        for (key, operation) in transaction.operations() {
            match operation {
                Operation::Put(put) if self.of == Excess::Transactions && refused => self.tell(key, Some(put)),
                Operation::Check(_) if self.of == Excess::Checks && !refused => self.tell(key, None),
                _ => {}
            }
        }
        answer
    }

    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let mut page = sound.changes.read(collection, query).await?;
        page.changes.append(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(page)
    }
}

struct TellsOfOthers;

#[async_trait]
impl Tamper for TellsOfOthers {
    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let mut page = sound.changes.read(collection, query).await?;
        if query.position().is_none() && *collection == THINGS {
            page.changes.extend(sound.changes.read(&OTHER_THINGS, query).await?.changes);
        }
        Ok(page)
    }
}

struct NoFeedIsEmpty {
    latest: bool,
}

#[async_trait]
impl Tamper for NoFeedIsEmpty {
    async fn latest(&self, sound: &ChangeStore, collection: &CollectionName) -> Result<FeedPosition> {
        match sound.changes.latest(collection).await {
            Err(error) if self.latest && error.kind() == ErrorKind::NotFound => Ok(FeedPosition::from_text("none")),
            answer => answer,
        }
    }

    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        match sound.changes.read(collection, query).await {
            Err(error) if !self.latest && error.kind() == ErrorKind::NotFound => {
                Ok(FeedPage { changes: Vec::new(), next: FeedPosition::from_text("none") })
            }
            answer => answer,
        }
    }
}
