//! Faults of deleting.

use anyport_ports::documents::{Condition, Document, Key};
use anyport_ports::{CollectionName, ErrorKind, Result};
use async_trait::async_trait;

use super::ghosts::{Ghosts, Place};
use super::rewrites::Deletes;
use super::tamper::{Tamper, mutant, shared};
use crate::mutants::Mutant;
use crate::subject::DocumentStore;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("delete_absent_errors", "DOC-DEL-1", "A delete of nothing is not found.", |_| {
            shared(Deletes(|condition, _| if condition == Condition::Always { Condition::Present } else { condition }))
        }),
        mutant("delete_lazy", "DOC-DEL-2", "A deleted document can still be read.", |clock| {
            shared(Ghosts::of_deleted(clock, Place::Get))
        }),
        mutant("deleted_still_among_many", "DOC-DEL-2", "A deleted document can be read among many.", |clock| {
            shared(Ghosts::of_deleted(clock, Place::GetMany))
        }),
        mutant("deleted_still_listed", "DOC-DEL-2", "A deleted document is still listed.", |clock| {
            shared(Ghosts::of_deleted(clock, Place::Query))
        }),
        mutant("conditional_delete_ignores_the_token", "DOC-DEL-3", "A delete under a stale version deletes.", |_| {
            shared(Deletes(|condition, standing| match (&condition, standing) {
                (Condition::Version(_), Some(_)) => Condition::Present,
                _ => condition,
            }))
        }),
        mutant(
            "stale_delete_reported_done",
            "DOC-DEL-3",
            "A delete under a stale version does nothing, and succeeds.",
            |_| shared(Silent),
        ),
        mutant(
            "delete_present_of_absent_succeeds",
            "DOC-DEL-4",
            "A delete that needs a document does without.",
            |_| {
                shared(Deletes(
                    |condition, _| if condition == Condition::Present { Condition::Always } else { condition },
                ))
            },
        ),
        mutant("delete_version_of_absent_succeeds", "DOC-DEL-4", "A delete under a version needs no document.", |_| {
            shared(Deletes(|condition, standing| match (&condition, standing) {
                (Condition::Version(_), None) => Condition::Absent,
                _ => condition,
            }))
        }),
        mutant(
            "delete_version_of_absent_is_not_found",
            "DOC-DEL-4",
            "A delete of nothing names the wrong kind.",
            |_| {
                shared(Deletes(|condition, standing| match (&condition, standing) {
                    (Condition::Version(_), None) => Condition::Present,
                    _ => condition,
                }))
            },
        ),
        mutant("delete_absent_condition_ignored", "DOC-DEL-4", "A delete that needs absence deletes.", |_| {
            shared(Deletes(
                |condition, _: Option<&Document>| {
                    if condition == Condition::Absent { Condition::Always } else { condition }
                },
            ))
        }),
    ]
}

/// Keeps to itself that a version was stale.
struct Silent;

#[async_trait]
impl Tamper for Silent {
    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        match sound.documents.delete(collection, key, condition).await {
            Err(error) if error.kind() == ErrorKind::PreconditionFailed => Ok(()),
            answer => answer,
        }
    }
}
