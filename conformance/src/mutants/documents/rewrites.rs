//! Kinds of fault that several topics have in common: something is done, soundly, but it is not what was asked for.

use anyport_ports::documents::{Body, Condition, Document, Key, Keys, Operation, Put, Transaction, Version};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;
use serde_json::{Map, Value};

use super::tamper::Tamper;
use crate::subject::DocumentStore;

/// Puts something else than asked, given what stands there.
pub(super) struct Puts(pub(super) fn(Put, Option<&Document>) -> Put);

#[async_trait]
impl Tamper for Puts {
    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let standing = sound.documents.get(collection, key).await?;
        let instead = self.0(put.clone(), standing.as_ref());
        sound.documents.put(collection, key, &instead).await
    }
}

/// Deletes under another condition than asked, given what stands there.
pub(super) struct Deletes(pub(super) fn(Condition, Option<&Document>) -> Condition);

#[async_trait]
impl Tamper for Deletes {
    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        let standing = sound.documents.get(collection, key).await?;
        let instead = self.0(condition.clone(), standing.as_ref());
        sound.documents.delete(collection, key, &instead).await
    }
}

/// Reads one document as another, or as none.
pub(super) struct Reads(pub(super) fn(&Key, Option<Document>) -> Option<Document>);

#[async_trait]
impl Tamper for Reads {
    async fn get(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        Ok(self.0(key, sound.documents.get(collection, key).await?))
    }
}

/// Answers otherwise to many keys, given the sound answers.
pub(super) struct ReadsOfMany(pub(super) fn(&[Key], Answers) -> Answers);

/// One answer for each key.
pub(super) type Answers = Vec<Option<Document>>;

#[async_trait]
impl Tamper for ReadsOfMany {
    async fn get_many(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        keys: &Keys,
    ) -> Result<Vec<Option<Document>>> {
        Ok(self.0(keys.as_slice(), sound.documents.get_many(collection, keys).await?))
    }
}

/// Keeps another body than was written, by whatever operation.
pub(super) struct Bodies<F>(pub(super) F);

impl<F: Fn(Map<String, Value>) -> Map<String, Value>> Bodies<F> {
    fn kept(&self, mut put: Put) -> Result<Put> {
        put.body = Body::new(self.0(put.body.fields().clone()))?;
        Ok(put)
    }
}

#[async_trait]
impl<F> Tamper for Bodies<F>
where
    F: Fn(Map<String, Value>) -> Map<String, Value> + Send + Sync + 'static,
{
    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        sound.documents.put(collection, key, &self.kept(put.clone())?).await
    }

    async fn transact(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        let mut instead = Transaction::in_partition(transaction.partition().clone());
        for (key, operation) in transaction.operations() {
            let operation = match operation.clone() {
                Operation::Put(put) => Operation::Put(self.kept(put)?),
                other => other,
            };
            instead = instead.with(key.sort(), operation)?;
        }
        sound.documents.transact(collection, &instead).await
    }
}

/// Keeps documents at another place than asked, yet shows the key that was asked for.
pub(super) struct Places(pub(super) fn(&CollectionName, &Key) -> Result<(CollectionName, Key)>);

#[async_trait]
impl Tamper for Places {
    async fn get(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let (collection, place) = self.0(collection, key)?;
        let found = sound.documents.get(&collection, &place).await?;
        Ok(found.map(|document| Document { key: key.clone(), ..document }))
    }

    async fn get_many(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        keys: &Keys,
    ) -> Result<Vec<Option<Document>>> {
        let mut found = Vec::new();
        for key in keys.as_slice() {
            found.push(self.get(sound, collection, key).await?);
        }
        Ok(found)
    }

    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let (collection, place) = self.0(collection, key)?;
        sound.documents.put(&collection, &place, put).await
    }

    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        let (collection, place) = self.0(collection, key)?;
        sound.documents.delete(&collection, &place, condition).await
    }
}
