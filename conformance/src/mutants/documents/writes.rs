//! Faults of writing and of versions.

use std::collections::BTreeMap;

use anyport_ports::documents::{Body, Condition, Document, Key, Put, Version};
use anyport_ports::{CollectionName, ErrorKind, Result, Timestamp};
use async_trait::async_trait;
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::rewrites::Puts;
use super::tamper::{Tamper, mutant, shared};
use crate::mutants::Mutant;
use crate::subject::DocumentStore;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("put_merges", "DOC-PUT-1", "Fields that a write does not name stay.", |_| {
            shared(Puts(|put, standing| merged(put, standing, false)))
        }),
        mutant(
            "put_merges_deeply",
            "DOC-PUT-1",
            "Fields of an object within stay if a write does not name them.",
            |_| shared(Puts(|put, standing| merged(put, standing, true))),
        ),
        mutant("create_overwrites", "DOC-PUT-2", "A create replaces what stands there.", |_| {
            shared(Puts(|put, _| if put.condition == Condition::Absent { put.when(Condition::Always) } else { put }))
        }),
        mutant(
            "create_again_is_precondition_failed",
            "DOC-PUT-2",
            "A create of what exists names the wrong kind.",
            |_| {
                shared(Puts(|put, standing| match (&put.condition, standing) {
                    (Condition::Absent, Some(_)) => put.when(Condition::Version(Version::new("none"))),
                    _ => put,
                }))
            },
        ),
        mutant(
            "equal_create_succeeds",
            "DOC-PUT-2",
            "A create of what exists succeeds if the bodies are equal.",
            |_| {
                shared(Puts(|put, standing| match (&put.condition, standing) {
                    (Condition::Absent, Some(found)) if found.body == put.body => put.when(Condition::Always),
                    _ => put,
                }))
            },
        ),
        mutant("update_upserts", "DOC-PUT-3", "A replace of nothing creates.", |_| {
            shared(Puts(|put, _| if put.condition == Condition::Present { put.when(Condition::Always) } else { put }))
        }),
        mutant(
            "update_of_absent_is_precondition_failed",
            "DOC-PUT-3",
            "A replace of nothing names the wrong kind.",
            |_| {
                shared(Puts(|put, standing| match (&put.condition, standing) {
                    (Condition::Present, None) => put.when(Condition::Version(Version::new("none"))),
                    _ => put,
                }))
            },
        ),
        mutant("failed_cas_bumps_the_version", "DOC-PUT-4", "A swap that is refused makes a new version.", |_| {
            shared(Refused { kind: ErrorKind::PreconditionFailed, body: false, expiry: false })
        }),
        mutant("failed_create_replaces_the_body", "DOC-PUT-4", "A create that is refused writes its body.", |_| {
            shared(Refused { kind: ErrorKind::Conflict, body: true, expiry: false })
        }),
        mutant("failed_create_sets_the_expiry", "DOC-PUT-4", "A create that is refused writes its expiry.", |_| {
            shared(Refused { kind: ErrorKind::Conflict, body: false, expiry: true })
        }),
        mutant("token_unchanged_by_put", "DOC-VER-1", "A write of what stands already is left out.", |_| {
            shared(Unrewritten)
        }),
        mutant("token_reused_after_recreate", "DOC-VER-2", "Versions count from 1 again after a delete.", |_| {
            shared(Renumbered::by(|last, _| last.map_or(1, |last| last + 1)))
        }),
        mutant("token_is_a_hash_of_the_body", "DOC-VER-2", "Equal bodies have equal versions.", |_| {
            shared(Renumbered::by(|_, body| body.to_json().bytes().map(u64::from).sum()))
        }),
    ]
}

/// The put with the fields that stand and that it lacks: at the top, or also within objects.
fn merged(put: Put, standing: Option<&Document>, deeply: bool) -> Put {
    let Some(found) = standing else { return put };
    let mut fields = put.body.fields().clone();
    if deeply {
        for (name, value) in &mut fields {
            if let (Value::Object(inner), Some(Value::Object(old))) = (value, found.body.fields().get(name)) {
                add_missing(inner, old);
            }
        }
    } else {
        add_missing(&mut fields, found.body.fields());
    }
    let body = Body::new(fields).unwrap_or_else(|_| put.body.clone());
    Put::new(body).when(put.condition).expires_at(put.expires_at)
}

fn add_missing(fields: &mut Map<String, Value>, old: &Map<String, Value>) {
    for (name, value) in old {
        fields.entry(name.clone()).or_insert_with(|| value.clone());
    }
}

/// A put that is refused with this kind leaves something behind all the same: a new version at least.
struct Refused {
    kind: ErrorKind,
    body: bool,
    expiry: bool,
}

#[async_trait]
impl Tamper for Refused {
    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let outcome = sound.documents.put(collection, key, put).await;
        if outcome.as_ref().is_err_and(|error| error.kind() == self.kind)
            && let Some(found) = sound.documents.get(collection, key).await?
        {
            let body = if self.body { put.body.clone() } else { found.body };
            let expires_at: Option<Timestamp> = if self.expiry { put.expires_at } else { found.expires_at };
            sound.documents.put(collection, key, &Put::new(body).expires_at(expires_at)).await?;
        }
        outcome
    }
}

/// Does not write what stands already.
struct Unrewritten;

#[async_trait]
impl Tamper for Unrewritten {
    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        match sound.documents.get(collection, key).await? {
            Some(found) if found.body == put.body && found.expires_at == put.expires_at => {
                put.condition.check(Some(&found.version))?;
                Ok(found.version)
            }
            _ => sound.documents.put(collection, key, put).await,
        }
    }
}

/// The number of a version, given that of the last and the body.
type Numbering = fn(Option<u64>, &Body) -> u64;

/// Shows versions as numbers of its own. What is written by other operations than `put` keeps the sound versions.
struct Renumbered {
    number: Numbering,
    /// The number shown and the sound version of each document.
    versions: Mutex<BTreeMap<(CollectionName, Key), (u64, Version)>>,
}

impl Renumbered {
    fn by(number: Numbering) -> Self {
        Self { number, versions: Mutex::default() }
    }
}

/// The sound condition for one that holds a shown version.
fn sound_condition(condition: &Condition, numbered: Option<&(u64, Version)>) -> Condition {
    match (condition, numbered) {
        (Condition::Version(shown), Some((number, version))) if shown.as_str() == number.to_string() => {
            Condition::Version(version.clone())
        }
        _ => condition.clone(),
    }
}

#[async_trait]
impl Tamper for Renumbered {
    async fn get(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let versions = self.versions.lock().await;
        let found = sound.documents.get(collection, key).await?;
        let numbered = versions.get(&(collection.clone(), key.clone()));
        Ok(found.map(|found| match numbered {
            Some((number, version)) if *version == found.version => {
                Document { version: Version::new(number.to_string()), ..found }
            }
            _ => found,
        }))
    }

    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let mut versions = self.versions.lock().await;
        let place = (collection.clone(), key.clone());
        let last = versions.get(&place);
        let version = {
            let put = put.clone().when(sound_condition(&put.condition, last));
            sound.documents.put(collection, key, &put).await?
        };
        let number = (self.number)(last.map(|(number, _)| *number), &put.body);
        versions.insert(place, (number, version));
        Ok(Version::new(number.to_string()))
    }

    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        let mut versions = self.versions.lock().await;
        let place = (collection.clone(), key.clone());
        let condition = sound_condition(condition, versions.get(&place));
        sound.documents.delete(collection, key, &condition).await?;
        versions.remove(&place);
        Ok(())
    }
}
