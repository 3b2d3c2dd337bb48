//! Faults of expiry.

use anyport_ports::documents::{Condition, Document, Key, Operation, Put, Transaction, Version};
use anyport_ports::{CollectionName, Result, Timestamp};
use async_trait::async_trait;

use super::ghosts::{Ghosts, Place};
use super::rewrites::Puts;
use super::tamper::{Tamper, mutant, shared};
use crate::mutants::Mutant;
use crate::subject::DocumentStore;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    let mut mutants = instants();
    mutants.extend(lingering());
    mutants.extend(overwriting());
    mutants
}

fn instants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("ttl_in_the_wrong_unit", "DOC-EXP-1", "Milliseconds are taken for seconds.", |_| {
            shared(Expiry { kept: |at| at.saturating_mul(1_000), shown: |at| at / 1_000 })
        }),
        mutant(
            "expiry_one_instant_late",
            "DOC-EXP-1",
            "A document is still seen at the instant of its expiry.",
            |_| shared(Expiry { kept: |at| at.saturating_add(1), shown: |at| at - 1 }),
        ),
        mutant("expiry_rounded_up", "DOC-EXP-1", "A document expires at the next whole second.", |_| {
            shared(Expiry { kept: |at| at.saturating_add(999) / 1_000 * 1_000, shown: |at| at })
        }),
        mutant("expiry_rounded_down", "DOC-EXP-1", "A document expires at the last whole second.", |_| {
            shared(Expiry { kept: |at| at / 1_000 * 1_000, shown: |at| at })
        }),
        mutant("expired_still_among_many", "DOC-EXP-1", "An expired document can be read among many.", |clock| {
            shared(Ghosts::of_expired(clock, Place::GetMany))
        }),
    ]
}

fn lingering() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("expired_still_listed", "DOC-EXP-2", "A query lists expired documents.", |clock| {
            shared(Ghosts::of_expired(clock, Place::Query))
        }),
        mutant("expired_still_in_the_index", "DOC-EXP-2", "An index lists expired documents.", |clock| {
            shared(Ghosts::of_expired(clock, Place::Index))
        }),
        mutant("expired_still_scanned", "DOC-EXP-2", "A scan lists expired documents.", |clock| {
            shared(Ghosts::of_expired(clock, Place::Scan))
        }),
        mutant("expired_still_conflicts", "DOC-EXP-3", "A create finds an expired document in its way.", |clock| {
            shared(Ghosts::of_expired(clock, Place::Create))
        }),
        mutant("expired_version_still_matches", "DOC-EXP-3", "A swap revives an expired document.", |clock| {
            shared(Ghosts::of_expired(clock, Place::Swap))
        }),
        mutant(
            "expired_still_deletable",
            "DOC-EXP-3",
            "A delete that needs a document takes an expired one.",
            |clock| shared(Ghosts::of_expired(clock, Place::Delete)),
        ),
        mutant(
            "expired_still_in_transactions",
            "DOC-EXP-3",
            "A transaction finds an expired document there.",
            |clock| shared(Ghosts::of_expired(clock, Place::Transaction)),
        ),
    ]
}

fn overwriting() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("ttl_kept_by_update", "DOC-EXP-4", "A write without an expiry leaves the old one.", |_| {
            shared(Puts(|put, standing| {
                let old = standing.and_then(|found| found.expires_at);
                let expires_at = put.expires_at.or(old);
                put.expires_at(expires_at)
            }))
        }),
        mutant("ttl_cleared_by_update", "DOC-EXP-5", "A write over a document loses its expiry.", |_| {
            shared(Puts(|put, standing| if standing.is_some() { put.expires_at(None) } else { put }))
        }),
        mutant("ttl_cleared_by_swap", "DOC-EXP-5", "A write under a version loses its expiry.", |_| {
            shared(Puts(|put, _| match put.condition {
                Condition::Version(_) => put.expires_at(None),
                _ => put,
            }))
        }),
        mutant("ttl_never_shortened", "DOC-EXP-5", "Of two expiries the later one stands.", |_| {
            shared(Puts(|put, standing| {
                let old = standing.and_then(|found| found.expires_at);
                let later = put.expires_at.map(|new| old.map_or(new, |old| old.max(new)));
                put.expires_at(later)
            }))
        }),
        mutant("ttl_lost_in_transactions", "DOC-EXP-5", "What a transaction puts never expires.", |_| {
            shared(EverlastingTransactions)
        }),
    ]
}

/// Keeps another expiry than was asked for, in milliseconds, and shows it so that nobody sees that.
struct Expiry {
    kept: fn(i64) -> i64,
    shown: fn(i64) -> i64,
}

fn moved(expires_at: Option<Timestamp>, by: fn(i64) -> i64) -> Option<Timestamp> {
    expires_at.map(|at| Timestamp::from_millis(by(at.as_millis())))
}

#[async_trait]
impl Tamper for Expiry {
    async fn get(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let found = sound.documents.get(collection, key).await?;
        Ok(found.map(|found| Document { expires_at: moved(found.expires_at, self.shown), ..found }))
    }

    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let instead = put.clone().expires_at(moved(put.expires_at, self.kept));
        sound.documents.put(collection, key, &instead).await
    }
}

struct EverlastingTransactions;

#[async_trait]
impl Tamper for EverlastingTransactions {
    async fn transact(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        let mut instead = Transaction::in_partition(transaction.partition().clone());
        for (key, operation) in transaction.operations() {
            let operation = match operation.clone() {
                Operation::Put(put) => Operation::Put(put.expires_at(None)),
                other => other,
            };
            instead = instead.with(key.sort(), operation)?;
        }
        sound.documents.transact(collection, &instead).await
    }
}
