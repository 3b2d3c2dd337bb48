//! Faults of transactions.

use std::time::Duration;

use anyport_ports::documents::{Condition, Key, Operation, Put, Transaction, Version};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, shared};
use crate::mutants::Mutant;
use crate::subject::DocumentStore;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("transaction_drops_deletes", "DOC-TXN-1", "A transaction that puts does not delete.", |_| {
            shared(Otherwise(|_, operation| match operation {
                Operation::Delete(condition) => Operation::Check(condition),
                other => other,
            }))
        }),
        mutant("transaction_versions_out_of_order", "DOC-TXN-1", "The versions come back last first.", |_| {
            shared(Backwards)
        }),
        mutant("transaction_partial", "DOC-TXN-2", "What comes before the operation that fails has happened.", |_| {
            shared(OneByOne { looks_first: false })
        }),
        mutant(
            "transaction_delete_ignores_its_condition",
            "DOC-TXN-2",
            "A delete in a transaction happens anyway.",
            |_| {
                shared(Otherwise(|_, operation| match operation {
                    Operation::Delete(_) => Operation::Delete(Condition::Always),
                    other => other,
                }))
            },
        ),
        mutant("transaction_create_overwrites", "DOC-TXN-2", "A create in a transaction replaces.", |_| {
            shared(Otherwise(|_, operation| match operation {
                Operation::Put(put) if put.condition == Condition::Absent => {
                    Operation::Put(put.when(Condition::Always))
                }
                other => other,
            }))
        }),
        mutant("transaction_error_of_one_kind", "DOC-TXN-2", "Whatever a transaction fails on is a conflict.", |_| {
            shared(OneKind)
        }),
        mutant("transaction_in_batches", "DOC-TXN-3", "Twenty-five operations at a time are done as one.", |_| {
            shared(InBatches)
        }),
        mutant(
            "transaction_keeps_the_first_25",
            "DOC-TXN-3",
            "Operations beyond the twenty-fifth are left out.",
            |_| {
                shared(Otherwise(
                    |place, operation| {
                        if place < 25 { operation } else { Operation::Check(operation.condition().clone()) }
                    },
                ))
            },
        ),
        mutant("check_ignored", "DOC-TXN-4", "A check in a transaction requires nothing.", |_| {
            shared(Otherwise(|_, operation| match operation {
                Operation::Check(_) => Operation::Check(Condition::Always),
                other => other,
            }))
        }),
        mutant("check_makes_a_version", "DOC-TXN-4", "A check writes its document as it is.", |_| shared(Touching)),
        mutant(
            "transaction_not_isolated",
            "DOC-TXN-5",
            "The operations happen one by one, once all conditions held.",
            |_| shared(OneByOne { looks_first: true }),
        ),
    ]
}

/// Does other operations than asked, by their place.
struct Otherwise(fn(usize, Operation) -> Operation);

#[async_trait]
impl Tamper for Otherwise {
    async fn transact(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        let operations = transaction.operations().iter().enumerate();
        let instead = operations.map(|(place, (key, operation))| (key.clone(), self.0(place, operation.clone())));
        sound.documents.transact(collection, &assembled(transaction, instead)?).await
    }
}

/// A transaction of these operations in the same partition.
fn assembled(like: &Transaction, operations: impl IntoIterator<Item = (Key, Operation)>) -> Result<Transaction> {
    operations
        .into_iter()
        .try_fold(Transaction::in_partition(like.partition().clone()), |transaction, (key, operation)| {
            transaction.with(key.sort(), operation)
        })
}

struct Backwards;

#[async_trait]
impl Tamper for Backwards {
    async fn transact(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        let mut versions = sound.documents.transact(collection, transaction).await?;
        versions.reverse();
        Ok(versions)
    }
}

struct OneKind;

#[async_trait]
impl Tamper for OneKind {
    async fn transact(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        sound.documents.transact(collection, transaction).await.map_err(|error| match error.kind() {
            // A collection that does not exist is told apart.
            ErrorKind::PreconditionFailed => Error::new(ErrorKind::Conflict, "the transaction was cancelled"),
            _ => error,
        })
    }
}

struct InBatches;

#[async_trait]
impl Tamper for InBatches {
    async fn transact(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        let mut versions = Vec::new();
        for batch in transaction.operations().chunks(25) {
            let batch = assembled(transaction, batch.iter().cloned())?;
            versions.extend(sound.documents.transact(collection, &batch).await?);
        }
        Ok(versions)
    }
}

/// Writes what it checks.
struct Touching;

#[async_trait]
impl Tamper for Touching {
    async fn transact(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        let versions = sound.documents.transact(collection, transaction).await?;
        for (key, operation) in transaction.operations() {
            if matches!(operation, Operation::Check(_))
                && let Some(found) = sound.documents.get(collection, key).await?
            {
                let again = Put::new(found.body).expires_at(found.expires_at);
                sound.documents.put(collection, key, &again).await?;
            }
        }
        Ok(versions)
    }
}

/// Does one operation after another, each by itself.
struct OneByOne {
    looks_first: bool,
}

#[async_trait]
impl Tamper for OneByOne {
    async fn transact(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        if self.looks_first {
            for (key, operation) in transaction.operations() {
                let found = sound.documents.get(collection, key).await?;
                operation.condition().check(found.as_ref().map(|found| &found.version))?;
            }
        }
        let mut versions = Vec::new();
        for (key, operation) in transaction.operations() {
            match operation {
                Operation::Put(put) => versions.push(sound.documents.put(collection, key, put).await?),
                Operation::Delete(condition) => sound.documents.delete(collection, key, condition).await?,
                Operation::Check(condition) => {
                    let found = sound.documents.get(collection, key).await?;
                    condition.check(found.as_ref().map(|found| &found.version))?;
                }
            }
            if self.looks_first {
                // Time enough for others to see what is done so far.
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
        }
        Ok(versions)
    }
}
