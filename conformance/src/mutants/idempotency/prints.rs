//! Faults of the fingerprint: records are read as if they had the one that was just asked with.

use anyport_ports::documents::{Condition, Document, Documents, Key, Put, Version};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;
use serde_json::Value;

use super::records::{Remembered, with};
use super::tamper::{below, mutant};
use crate::built::IdempotencyHandle;
use crate::mutants::Mutant;
use crate::mutants::below::Below;

pub(super) fn mutants() -> Vec<Mutant<IdempotencyHandle>> {
    vec![
        mutant("other_payload_accepted", "IDM-PRINT-1", "What is asked for under a key does not count.", |_| {
            below(|| Blind::to(|_| true))
        }),
        mutant(
            "other_payload_told_in_progress",
            "IDM-PRINT-1",
            "What is asked for counts when the work is completed, and not before.",
            |_| below(|| Blind::to(|status| status == "in_progress")),
        ),
        mutant(
            "other_payload_replayed",
            "IDM-PRINT-1",
            "What is asked for counts while the work is in progress, and not after.",
            |_| below(|| Blind::to(|status| status == "completed")),
        ),
    ]
}

/// Does not see what records of a certain status were asked for.
struct Blind {
    to: fn(&str) -> bool,
    asked: Remembered<Option<Value>>,
}

impl Blind {
    fn to(status: fn(&str) -> bool) -> Self {
        Self { to: status, asked: Remembered::default() }
    }
}

#[async_trait]
impl Below for Blind {
    async fn get(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let found = sound.get(collection, key).await?;
        match (found, self.asked.get()) {
            (Some(document), Some(asked)) if document.body.text("status").is_some_and(self.to) => {
                with(document, "fingerprint", || asked).map(Some)
            }
            (found, _) => Ok(found),
        }
    }

    async fn put(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        // Every claim begins with a create.
        if put.condition == Condition::Absent {
            self.asked.set(put.body.fields().get("fingerprint").cloned());
        }
        sound.put(collection, key, put).await
    }
}
