//! Faults of the record, as it is written and as it is read.

use std::sync::Mutex;

use anyport_ports::documents::{Body, Document, Documents, Key, Put, Version};
use anyport_ports::{CollectionName, Result, Timestamp};
use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::tamper::{below, mutant};
use crate::built::IdempotencyHandle;
use crate::mutants::Mutant;
use crate::mutants::below::Below;

type Fields = Map<String, Value>;

pub(super) fn mutants() -> Vec<Mutant<IdempotencyHandle>> {
    let mut mutants = read_leniently();
    mutants.extend(written_wrong());
    mutants
}

fn read_leniently() -> Vec<Mutant<IdempotencyHandle>> {
    vec![
        mutant(
            "null_lease_taken_for_an_orphan",
            "IDM-RECORD-1",
            "A record without a lease is one that nobody holds, and is taken over.",
            |_| below(|| Read(|fields| over_where(fields, |lease| lease.as_i64().is_none()))),
        ),
        mutant("zero_lease_taken_for_an_orphan", "IDM-RECORD-1", "A lease until 0 is over.", |_| {
            below(|| Read(|fields| over_where(fields, |lease| lease.as_i64().is_some_and(|until| until <= 0))))
        }),
        mutant("seconds_taken_for_milliseconds", "IDM-RECORD-1", "A lease until 1970 and some days is over.", |_| {
            below(|| Read(|fields| over_where(fields, |lease| is_seconds(lease.as_i64()))))
        }),
        mutant("unreadable_record_overwritten", "IDM-RECORD-1", "What cannot be read is taken for nothing.", |_| {
            below(|| Overwrites)
        }),
        mutant("form_not_looked_at", "IDM-RECORD-1", "A record of another form is read as one of this.", |_| {
            below(|| Read(|fields| drop(fields.insert("v".to_owned(), json!(1)))))
        }),
    ]
}

fn written_wrong() -> Vec<Mutant<IdempotencyHandle>> {
    vec![
        mutant("completed_expires_early", "IDM-CLAIM-3", "The retention begins with the claim.", |_| {
            below(|| {
                Written(|fields, was| {
                    if is_completed(fields) {
                        keep(fields, was, "expires_at_ms");
                    }
                })
            })
        }),
        mutant("completed_expires_with_its_lease", "IDM-CLAIM-3", "An answer is kept for the lease.", |_| {
            below(|| {
                Written(|fields, _| {
                    let lease = fields.get("lease_until_ms").cloned();
                    if let (true, Some(lease)) = (is_completed(fields), lease) {
                        fields.insert("expires_at_ms".to_owned(), lease);
                    }
                })
            })
        }),
        mutant("expiry_is_left_to_the_store", "IDM-CLAIM-3", "A record counts for as long as it is shown.", |_| {
            below(|| Read(never_expires))
        }),
        mutant("expiry_comparison_inverted", "IDM-CLAIM-3", "A record counts from its expiry on.", |_| {
            below(|| Read(expired))
        }),
        mutant(
            "completion_drops_the_fingerprint",
            "IDM-PRINT-1",
            "A completed record has another fingerprint.",
            |_| {
                below(|| {
                    Written(|fields, _| {
                        if is_completed(fields) {
                            fields.insert("fingerprint".to_owned(), json!("0".repeat(64)));
                        }
                    })
                })
            },
        ),
        mutant("attempts_begin_anew", "IDM-CLAIM-2", "A takeover is attempt 1.", |_| {
            below(|| {
                Written(|fields, was| {
                    if was.is_some() {
                        fields.insert("attempt".to_owned(), json!(1));
                    }
                })
            })
        }),
        mutant("attempts_are_counted_up_to_three", "IDM-MODEL-1", "The attempt after the third is the third.", |_| {
            below(|| {
                Read(|fields| {
                    let attempt = fields.get("attempt").and_then(Value::as_u64);
                    if attempt.is_some_and(|attempt| attempt > 2) {
                        fields.insert("attempt".to_owned(), json!(2));
                    }
                })
            })
        }),
    ]
}

/// The document with this field of its body replaced, if it has it.
pub(super) fn with(document: Document, field: &str, value: impl FnOnce() -> Value) -> Result<Document> {
    let mut fields = document.body.fields().clone();
    if let Some(standing) = fields.get_mut(field) {
        *standing = value();
    }
    Ok(Document { body: Body::new(fields)?, ..document })
}

fn is_completed(fields: &Fields) -> bool {
    fields.get("status").and_then(Value::as_str) == Some("completed")
}

fn keep(fields: &mut Fields, was: Option<&Fields>, field: &str) {
    if let Some(old) = was.and_then(|was| was.get(field)) {
        fields.insert(field.to_owned(), old.clone());
    }
}

fn is_seconds(until: Option<i64>) -> bool {
    until.is_some_and(|until| (1..100_000_000_000).contains(&until))
}

/// A lease that ended just after its claim, where it is like this.
fn over_where(fields: &mut Fields, is_over: fn(&Value) -> bool) {
    let lease = fields.get("lease_until_ms").cloned().unwrap_or_default();
    if let (true, Some(claimed)) = (is_over(&lease), fields.get("claimed_at_ms").and_then(Value::as_i64)) {
        fields.insert("lease_until_ms".to_owned(), json!(claimed + 1));
    }
}

fn never_expires(fields: &mut Fields) {
    fields.insert("expires_at_ms".to_owned(), json!(Timestamp::from_millis(i64::MAX)));
}

/// One that has just begun is over, so that whatever counts does not.
fn expired(fields: &mut Fields) {
    if let (true, Some(claimed)) = (is_completed(fields), fields.get("claimed_at_ms").and_then(Value::as_i64)) {
        fields.insert("expires_at_ms".to_owned(), json!(claimed + 1));
    }
}

/// Records are read otherwise than they were written.
struct Read(fn(&mut Fields));

#[async_trait]
impl Below for Read {
    async fn get(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let Some(document) = sound.get(collection, key).await? else { return Ok(None) };
        let mut fields = document.body.fields().clone();
        self.0(&mut fields);
        Ok(Some(Document { body: Body::new(fields)?, ..document }))
    }
}

/// Records are written otherwise, given what was last written.
struct Written(fn(&mut Fields, Option<&Fields>));

#[async_trait]
impl Below for Written {
    async fn put(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let was = sound.get(collection, key).await?.map(|document| document.body.fields().clone());
        let mut fields = put.body.fields().clone();
        self.0(&mut fields, was.as_ref());
        let instead = Put::new(Body::new(fields)?).when(put.condition.clone()).expires_at(put.expires_at);
        sound.put(collection, key, &instead).await
    }
}

/// A record that lacks what every record has is deleted before it is read.
struct Overwrites;

#[async_trait]
impl Below for Overwrites {
    async fn get(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        const FIELDS: [&str; 5] = ["v", "owner", "attempt", "fingerprint", "lease_until_ms"];
        let found = sound.get(collection, key).await?;
        let is_whole = |document: &Document| {
            FIELDS.iter().all(|field| document.body.fields().get(*field).is_some_and(|value| !value.is_null()))
        };
        match found {
            Some(document) if !is_whole(&document) => {
                sound.delete(collection, key, &anyport_ports::documents::Condition::Always).await?;
                Ok(None)
            }
            found => Ok(found),
        }
    }
}

/// Remembers one thing for as long as its handle lives.
#[derive(Default)]
pub(super) struct Remembered<T>(Mutex<T>);

impl<T: Clone> Remembered<T> {
    pub(super) fn set(&self, value: T) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = value;
    }

    pub(super) fn get(&self) -> T {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}
