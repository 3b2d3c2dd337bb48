//! Faults of compare-and-swap.

use std::time::Duration;

use anyport_ports::documents::{Condition, Document, Key, Put, Version};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;

use super::rewrites::Puts;
use super::tamper::{Tamper, mutant, shared};
use crate::mutants::Mutant;
use crate::subject::DocumentStore;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("cas_ignores_the_token", "DOC-CAS-1", "A swap replaces whatever stands there.", |_| {
            shared(Puts(|put, standing| if_standing(put, standing, |_, _| true)))
        }),
        mutant("stale_version_is_conflict", "DOC-CAS-1", "A swap under a stale version names the wrong kind.", |_| {
            shared(Puts(|put, standing| match (&put.condition, standing) {
                (Condition::Version(version), Some(found)) if *version != found.version => put.when(Condition::Absent),
                _ => put,
            }))
        }),
        mutant("cas_succeeds_on_absent", "DOC-CAS-2", "A swap where there is nothing creates.", |_| {
            shared(Puts(|put, standing| match (&put.condition, standing) {
                (Condition::Version(_), None) => put.when(Condition::Absent),
                _ => put,
            }))
        }),
        mutant(
            "cas_on_absent_is_not_found",
            "DOC-CAS-2",
            "A swap where there is nothing names the wrong kind.",
            |_| {
                shared(Puts(|put, standing| match (&put.condition, standing) {
                    (Condition::Version(_), None) => put.when(Condition::Present),
                    _ => put,
                }))
            },
        ),
        mutant("star_matches_any_version", "DOC-CAS-3", "The version * is any, as in If-Match.", |_| {
            shared(Puts(|put, standing| if_standing(put, standing, |given, _| given == "*")))
        }),
        mutant("empty_version_is_no_condition", "DOC-CAS-3", "An empty version is taken for none.", |_| {
            shared(Puts(|put, standing| if_standing(put, standing, |given, _| given.is_empty())))
        }),
        mutant("quotes_around_versions_ignored", "DOC-CAS-3", "A version in quotes is the one within.", |_| {
            shared(Puts(|put, standing| if_standing(put, standing, |given, found| given.trim_matches('"') == found)))
        }),
        mutant("space_around_versions_ignored", "DOC-CAS-3", "A version between spaces is the one within.", |_| {
            shared(Puts(|put, standing| if_standing(put, standing, |given, found| given.trim() == found)))
        }),
        mutant("version_of_any_case", "DOC-CAS-3", "Versions that differ in case alone are equal.", |_| {
            shared(Puts(|put, standing| if_standing(put, standing, str::eq_ignore_ascii_case)))
        }),
        mutant("cas_not_atomic", "DOC-CAS-4", "Others may write between the look and the swap.", |_| {
            shared(Unguarded { creates: false })
        }),
        mutant("two_creators", "DOC-CAS-5", "Others may create between the look and the create.", |_| {
            shared(Unguarded { creates: true })
        }),
    ]
}

/// The put under no version, if there is a document whose version the one given is taken for.
fn if_standing(put: Put, standing: Option<&Document>, taken_for: fn(&str, &str) -> bool) -> Put {
    match (&put.condition, standing) {
        (Condition::Version(given), Some(found)) if taken_for(given.as_str(), found.version.as_str()) => {
            put.when(Condition::Present)
        }
        _ => put,
    }
}

/// Looks whether the condition holds, and then writes without one.
struct Unguarded {
    creates: bool,
}

#[async_trait]
impl Tamper for Unguarded {
    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let affected = if self.creates {
            put.condition == Condition::Absent
        } else {
            matches!(put.condition, Condition::Version(_))
        };
        if !affected {
            return sound.documents.put(collection, key, put).await;
        }
        let found = sound.documents.get(collection, key).await?;
        put.condition.check(found.as_ref().map(|found| &found.version))?;
        tokio::time::sleep(Duration::from_millis(1)).await;
        sound.documents.put(collection, key, &put.clone().when(Condition::Always)).await
    }
}
