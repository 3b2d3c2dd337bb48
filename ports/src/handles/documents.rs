//! Typed collections, and the handles that read and write them.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Access, Handle, Need, Ports};
use crate::documents::{
    Body, Condition, Document, Documents, Index, IndexQuery, Key, Keys, Operation, Partition, Put, Query, Transaction,
    Version,
};
use crate::{CollectionName, Cursor, Result, Timestamp};

/// A collection whose documents are all of one type (an enum where a partition holds several sorts).
pub trait Collection: Send + Sync + 'static {
    /// Its name.
    const NAME: CollectionName;

    /// What its documents hold.
    type Item: Serialize + DeserializeOwned + Send + Sync;

    /// Where an item is kept.
    fn key(item: &Self::Item) -> Result<Key>;

    /// When an item expires, if it does.
    fn expires_at(_item: &Self::Item) -> Option<Timestamp> {
        None
    }

    /// Its declared indexes.
    fn indexes() -> Vec<Index> {
        Vec::new()
    }
}

/// An item as it stands in its collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// The item.
    pub item: T,
    /// Its version.
    pub version: Version,
}

/// A page of items.
#[derive(Clone, Debug)]
pub struct Items<T> {
    /// The items in the listing's order.
    pub items: Vec<Stored<T>>,
    /// Where the listing goes on.
    pub next: Option<Cursor>,
}

/// Reads a collection; cannot write it.
pub struct Reader<C> {
    documents: Arc<dyn Documents>,
    collection: PhantomData<fn() -> C>,
}

impl<C: Collection> Reader<C> {
    /// A reader on these documents.
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self { documents, collection: PhantomData }
    }

    /// Reads one item; see [`Documents::get`].
    pub async fn get(&self, key: &Key) -> Result<Option<Stored<C::Item>>> {
        self.documents.get(&C::NAME, key).await?.map(stored).transpose()
    }

    /// Reads up to 100 items; see [`Documents::get_many`].
    pub async fn get_many(&self, keys: &Keys) -> Result<Vec<Option<Stored<C::Item>>>> {
        let found = self.documents.get_many(&C::NAME, keys).await?;
        found.into_iter().map(|document| document.map(stored).transpose()).collect()
    }

    /// Lists items of a partition; see [`Documents::query`].
    pub async fn query(&self, query: &Query) -> Result<Items<C::Item>> {
        let page = self.documents.query(&C::NAME, query).await?;
        Ok(Items { items: page.documents.into_iter().map(stored).collect::<Result<_>>()?, next: page.next })
    }

    /// Lists items of an index; see [`Documents::query_index`].
    pub async fn query_index(&self, query: &IndexQuery) -> Result<Items<C::Item>> {
        let page = self.documents.query_index(&C::NAME, query).await?;
        Ok(Items { items: page.documents.into_iter().map(stored).collect::<Result<_>>()?, next: page.next })
    }
}

fn stored<T: DeserializeOwned>(document: Document) -> Result<Stored<T>> {
    let item = document.body.parse().map_err(|error| error.during("documents.read", &document.key))?;
    Ok(Stored { item, version: document.version })
}

/// A step of a typed transaction.
#[derive(Clone, Debug)]
pub enum Change<T> {
    /// Writes an item at its key.
    Put(T, Condition),
    /// Deletes the document with this sort key.
    Delete(String, Condition),
    /// Requires a condition of the document with this sort key.
    Check(String, Condition),
}

/// Writes a collection; cannot read it.
pub struct Writer<C> {
    documents: Arc<dyn Documents>,
    collection: PhantomData<fn() -> C>,
}

impl<C: Collection> Writer<C> {
    /// A writer on these documents.
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self { documents, collection: PhantomData }
    }

    /// Writes an item at its key; see [`Documents::put`].
    pub async fn put(&self, item: &C::Item, condition: Condition) -> Result<Version> {
        self.documents.put(&C::NAME, &C::key(item)?, &put_of::<C>(item, condition)?).await
    }

    /// Deletes an item; see [`Documents::delete`].
    pub async fn delete(&self, key: &Key, condition: &Condition) -> Result<()> {
        self.documents.delete(&C::NAME, key, condition).await
    }

    /// Does all of these changes in one partition, or none; see [`Documents::transact`].
    pub async fn transact(&self, partition: Partition, changes: Vec<Change<C::Item>>) -> Result<Vec<Version>> {
        self.documents.transact(&C::NAME, &transaction_of::<C>(partition, changes)?).await
    }
}

/// These changes as one transaction; [`InvalidInput`](crate::ErrorKind::InvalidInput) if an item is of another partition.
pub fn transaction_of<C: Collection>(partition: Partition, changes: Vec<Change<C::Item>>) -> Result<Transaction> {
    changes.into_iter().try_fold(Transaction::in_partition(partition), |transaction, change| match change {
        Change::Put(item, condition) => {
            let (key, put) = (C::key(&item)?, put_of::<C>(&item, condition)?);
            if key.partition() != transaction.partition() {
                return Err(crate::Error::invalid(format!("{key} is of another partition than its transaction")));
            }
            transaction.with(key.sort(), Operation::Put(put))
        }
        Change::Delete(sort, condition) => transaction.delete(sort, condition),
        Change::Check(sort, condition) => transaction.check(sort, condition),
    })
}

fn put_of<C: Collection>(item: &C::Item, condition: Condition) -> Result<Put> {
    Ok(Put::new(Body::of(item)?).when(condition).expires_at(C::expires_at(item)))
}

fn need<C: Collection>(access: Access) -> Vec<Need> {
    vec![Need::Collection { name: C::NAME, access, indexes: C::indexes() }]
}

impl<C: Collection> Handle for Reader<C> {
    fn needs() -> Vec<Need> {
        need::<C>(Access::Read)
    }

    fn open(ports: &Ports) -> Self {
        Self::new(Arc::clone(&ports.documents))
    }
}

impl<C: Collection> Handle for Writer<C> {
    fn needs() -> Vec<Need> {
        need::<C>(Access::Write)
    }

    fn open(ports: &Ports) -> Self {
        Self::new(Arc::clone(&ports.documents))
    }
}

impl<C: Collection> fmt::Debug for Reader<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader({})", C::NAME)
    }
}

impl<C: Collection> fmt::Debug for Writer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Writer({})", C::NAME)
    }
}
