//! Faults in what is seen: changes that are missing, and documents that are told of wrongly.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use anyport_ports::documents::{Body, FeedPage, FeedQuery, Key, Operation, Transaction, Version};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;
use serde_json::Value;

use super::tamper::{Pages, Tamper, mutant, shared};
use crate::mutants::Mutant;
use crate::subject::ChangeStore;

pub(super) fn mutants() -> Vec<Mutant<ChangeStore>> {
    vec![
        mutant("change_lost", "CHG-SEEN-1", "A document that expires is not told of.", |_| {
            shared(Pages(|_, mut page| {
                page.changes.retain(|change| change.document.as_ref().is_none_or(|found| found.expires_at.is_none()));
                page
            }))
        }),
        mutant("change_without_expiry", "CHG-SEEN-1", "A document is told of without its expiry.", |_| {
            shared(Pages(|_, mut page| {
                page.changes
                    .iter_mut()
                    .filter_map(|change| change.document.as_mut())
                    .for_each(|found| found.expires_at = None);
                page
            }))
        }),
        mutant(
            "change_of_another_version",
            "CHG-SEEN-1",
            "The version in the feed is the feed's own number, not the one that `get` gives.",
            |_| {
                shared(Pages(|_, mut page| {
                    let documents = page.changes.iter_mut().filter_map(|change| change.document.as_mut());
                    for (number, found) in documents.enumerate() {
                        found.version = Version::new(format!("change-{number}"));
                    }
                    page
                }))
            },
        ),
        mutant("numbers_through_floats", "CHG-SEEN-1", "Numbers in the feed are floats.", |_| {
            shared(Pages(|_, mut page| {
                for found in page.changes.iter_mut().filter_map(|change| change.document.as_mut()) {
                    found.body = floated(&found.body);
                }
                page
            }))
        }),
        mutant("large_document_lost", "CHG-SEEN-1", "A document that is too large for the log is not told of.", |_| {
            shared(Pages(|_, mut page| {
                let fits = |body: &Body| body.to_json().len() < 64 * 1024;
                page.changes.retain(|change| change.document.as_ref().is_none_or(|found| fits(&found.body)));
                page
            }))
        }),
        mutant("deletion_lost", "CHG-SEEN-2", "Deletions are not told of.", |_| {
            shared(Pages(|_, mut page| {
                page.changes.retain(|change| change.document.is_some());
                page
            }))
        }),
        mutant(
            "deletion_shows_what_was",
            "CHG-SEEN-2",
            "A deletion is told of with the document as it was before, as the old image of a stream has it.",
            |_| shared(Pages(|_, page| with_the_old_image(page))),
        ),
        mutant(
            "merged_into_the_first",
            "CHG-SEEN-3",
            "Of changes of one document that come together the first is told, not the last.",
            |_| {
                shared(Pages(|_, mut page| {
                    let mut told = HashSet::new();
                    page.changes.retain(|change| told.insert(change.key.clone()));
                    page
                }))
            },
        ),
        mutant(
            "body_of_the_change_before",
            "CHG-SEEN-3",
            "A change that replaces a document has the body that it replaces.",
            |_| shared(Pages(|_, page| with_the_body_before(page))),
        ),
        mutant("transaction_told_by_its_first", "CHG-SEEN-4", "Of a transaction only the first put is told.", |_| {
            shared(FirstOfTransactions::default())
        }),
        mutant("deletion_in_transaction_lost", "CHG-SEEN-4", "What a transaction deletes is not told.", |_| {
            shared(DeletedByTransactions::default())
        }),
    ]
}

fn floated(body: &Body) -> Body {
    let mut fields = body.fields().clone();
    for value in fields.values_mut() {
        if let Some(number) = value.as_f64() {
            *value = Value::from(number);
        }
    }
    Body::of(&fields).unwrap_or_else(|_| body.clone())
}

fn with_the_old_image(mut page: FeedPage) -> FeedPage {
    for place in 1..page.changes.len() {
        let (before, rest) = page.changes.split_at_mut(place);
        let change = &mut rest[0];
        if change.document.is_none() {
            let was = before.iter().rev().find(|before| before.key == change.key);
            change.document = was.and_then(|was| was.document.clone());
        }
    }
    page
}

fn with_the_body_before(mut page: FeedPage) -> FeedPage {
    for place in (1..page.changes.len()).rev() {
        let (before, rest) = page.changes.split_at_mut(place);
        let change = &mut rest[0];
        let was = before.iter().rev().find(|before| before.key == change.key).and_then(|was| was.document.as_ref());
        if let (Some(found), Some(was)) = (&mut change.document, was) {
            found.body = was.body.clone();
        }
    }
    page
}

/// The versions that are kept back.
#[derive(Default)]
struct FirstOfTransactions(Mutex<HashSet<Version>>);

#[async_trait]
impl Tamper for FirstOfTransactions {
    async fn transact(
        &self,
        sound: &ChangeStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        let versions = sound.documents.transact(collection, transaction).await?;
        let mut untold = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        untold.extend(versions.iter().skip(1).cloned());
        Ok(versions)
    }

    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let mut page = sound.changes.read(collection, query).await?;
        let untold = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        page.changes.retain(|change| change.document.as_ref().is_none_or(|found| !untold.contains(&found.version)));
        Ok(page)
    }
}

/// The keys that a transaction deleted.
#[derive(Default)]
struct DeletedByTransactions(Mutex<HashSet<Key>>);

#[async_trait]
impl Tamper for DeletedByTransactions {
    async fn transact(
        &self,
        sound: &ChangeStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        let versions = sound.documents.transact(collection, transaction).await?;
        let deleted =
            transaction.operations().iter().filter(|(_, operation)| matches!(operation, Operation::Delete(_)));
        let mut untold = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        untold.extend(deleted.map(|(key, _)| key.clone()));
        Ok(versions)
    }

    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let mut page = sound.changes.read(collection, query).await?;
        let untold = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        page.changes.retain(|change| change.document.is_some() || !untold.contains(&change.key));
        Ok(page)
    }
}
