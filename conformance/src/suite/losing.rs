//! Writes that are lost on their way, one by one.
//!
//! What is built from documents reads and writes in one operation: a check that means a certain write puts this between the
//! two, where an adapter cannot try again under the hood.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyport_ports::documents::{
    Condition, Document, Documents, IndexQuery, Key, Keys, Page, Put, Query, Transaction, Version,
};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use async_trait::async_trait;

/// What happens to a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// The request is lost: nothing happens.
    Request,
    /// It happens, and the answer is lost.
    Answer,
    /// It is on its way for so long that it happens just before the next write does.
    Late,
}

impl Loss {
    pub(super) const ALL: [Self; 3] = [Self::Request, Self::Answer, Self::Late];
}

enum Write {
    Put(CollectionName, Key, Put),
    Delete(CollectionName, Key, Condition),
    Transact(CollectionName, Transaction),
}

/// Documents, the next writes of which are lost.
pub(super) struct Losing {
    sound: Arc<dyn Documents>,
    losses: Mutex<VecDeque<Loss>>,
    late: Mutex<Option<Write>>,
}

impl Losing {
    /// Before these documents; nothing is lost yet.
    pub(super) fn before(sound: &Arc<dyn Documents>) -> Arc<Self> {
        Arc::new(Self { sound: Arc::clone(sound), losses: Mutex::default(), late: Mutex::default() })
    }

    /// Has the next write be lost; further ones queue up.
    pub(super) fn lose(&self, loss: Loss) {
        locked(&self.losses).push_back(loss);
    }

    /// Has what is late arrive.
    pub(super) async fn catch_up(&self) {
        let late = locked(&self.late).take();
        if let Some(late) = late {
            // Nobody waits for its answer any more.
            let _unseen = self.perform(&late).await;
        }
    }

    async fn perform(&self, write: &Write) -> Result<Vec<Version>> {
        match write {
            Write::Put(collection, key, put) => self.sound.put(collection, key, put).await.map(|version| vec![version]),
            Write::Delete(collection, key, condition) => {
                self.sound.delete(collection, key, condition).await.map(|()| Vec::new())
            }
            Write::Transact(collection, transaction) => self.sound.transact(collection, transaction).await,
        }
    }

    async fn send(&self, write: Write) -> Result<Vec<Version>> {
        self.catch_up().await;
        let loss = locked(&self.losses).pop_front();
        match loss {
            None => return self.perform(&write).await,
            Some(Loss::Request) => {}
            Some(Loss::Answer) => drop(self.perform(&write).await),
            Some(Loss::Late) => *locked(&self.late) = Some(write),
        }
        Err(Error::new(ErrorKind::Indeterminate, "no answer came to a write"))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Documents for Losing {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        self.sound.get(collection, key).await
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        self.sound.get_many(collection, keys).await
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let versions = self.send(Write::Put(collection.clone(), key.clone(), put.clone())).await?;
        versions.into_iter().next().ok_or_else(|| Error::new(ErrorKind::Internal, "a put without a version"))
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        self.send(Write::Delete(collection.clone(), key.clone(), condition.clone())).await.map(drop)
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        self.sound.query(collection, query).await
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        self.sound.query_index(collection, query).await
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        self.send(Write::Transact(collection.clone(), transaction.clone())).await
    }
}
