//! Faults of how a lease's record is read and written.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::{Body, Condition, Document, Documents, Key, Put, Version};
use anyport_ports::{Clock, CollectionName, ErrorKind, Result, Timestamp};
use async_trait::async_trait;
use serde_json::{Map, Value};

use super::tamper::{below, mutant};
use crate::built::LeaseHandle;
use crate::mutants::Mutant;
use crate::mutants::below::{Below, round_trip};

pub(super) fn mutants() -> Vec<Mutant<LeaseHandle>> {
    vec![
        mutant(
            "created_over_others",
            "LEA-ACQ-1",
            "A lease that nobody held yet is written without a condition.",
            |_| below(|_| Unconditional(|condition| *condition == Condition::Absent)),
        ),
        mutant(
            "taken_over_from_others",
            "LEA-EXP-2",
            "A lease whose time is over is written without a condition.",
            |_| below(|_| Unconditional(|condition| matches!(condition, Condition::Version(_)))),
        ),
        mutant(
            "expiry_inverted",
            "LEA-EXP-1",
            "A lease that runs is taken for free, and one that is over for held.",
            |_| {
                below(|clock| {
                    Reads(clock, |until, now| if until > now { now } else { now.plus(Duration::from_hours(1)) })
                })
            },
        ),
        mutant("never_expires", "LEA-EXP-1", "The end of a lease is not looked at.", |_| {
            below(|clock| Reads(clock, |_, now| now.plus(Duration::from_hours(1))))
        }),
        mutant(
            "over_at_its_last_millisecond",
            "LEA-EXP-1",
            "A lease is free one millisecond before its time is over.",
            |_| below(|clock| Reads(clock, |until, _| until.minus(Duration::from_millis(1)))),
        ),
        mutant("released_record_deleted", "LEA-TOK-1", "A release deletes the record, and tokens begin anew.", |_| {
            below(|_| DeletesReleased)
        }),
        mutant(
            "own_write_not_recognised",
            "LEA-DOUBT-1",
            "After a lost answer, the lease is taken for that of another.",
            |_| below(|_| ForgetsItself),
        ),
        mutant(
            "release_in_doubt_taken_for_done",
            "LEA-DOUBT-2",
            "A release whose outcome is unknown succeeds.",
            |_| below(|_| TrustsReleases),
        ),
    ]
}

fn fields_of(document: &Document) -> Map<String, Value> {
    document.body.fields().clone()
}

fn is_release(put: &Put) -> bool {
    put.body.fields().get("holder").is_some_and(Value::is_null)
}

/// Ignores these conditions, and takes a round trip in which others do so too.
struct Unconditional(fn(&Condition) -> bool);

#[async_trait]
impl Below for Unconditional {
    async fn put(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        if !self.0(&put.condition) {
            return sound.put(collection, key, put).await;
        }
        round_trip().await;
        sound.put(collection, key, &put.clone().when(Condition::Always)).await
    }
}

/// Reads another end than the one written.
struct Reads(Arc<dyn Clock>, fn(Timestamp, Timestamp) -> Timestamp);

#[async_trait]
impl Below for Reads {
    async fn get(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let Some(document) = sound.get(collection, key).await? else { return Ok(None) };
        let mut fields = fields_of(&document);
        let until = fields.get("until_ms").and_then(Value::as_i64).unwrap_or_default();
        let read = self.1(Timestamp::from_millis(until), self.0.now());
        fields.insert("until_ms".to_owned(), read.as_millis().into());
        Ok(Some(Document { body: Body::new(fields)?, ..document }))
    }
}

struct DeletesReleased;

#[async_trait]
impl Below for DeletesReleased {
    async fn put(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        if is_release(put) {
            sound.delete(collection, key, &put.condition).await?;
            return Ok(Version::new("deleted"));
        }
        sound.put(collection, key, put).await
    }
}

struct ForgetsItself;

#[async_trait]
impl Below for ForgetsItself {
    async fn get(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let Some(document) = sound.get(collection, key).await? else { return Ok(None) };
        let mut fields = fields_of(&document);
        if let Some(Value::String(holder)) = fields.get_mut("holder") {
            holder.push_str(" of another attempt");
        }
        Ok(Some(Document { body: Body::new(fields)?, ..document }))
    }
}

struct TrustsReleases;

#[async_trait]
impl Below for TrustsReleases {
    async fn put(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        match sound.put(collection, key, put).await {
            Err(error) if error.kind() == ErrorKind::Indeterminate && is_release(put) => Ok(Version::new("hoped for")),
            answer => answer,
        }
    }
}
