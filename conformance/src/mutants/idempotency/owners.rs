//! Faults of what an owner is told, and of what it may still do.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use anyport_ports::documents::{Condition, Document, Documents, Key, Put, Version};
use anyport_ports::idempotency::{Completion, Owner, Release, Renewal, StoredResponse};
use anyport_ports::{Clock as _, CollectionName, ErrorKind, Result};
use async_trait::async_trait;

use super::records::Remembered;
use super::tamper::{Sound, Tamper, above, below, mutant};
use crate::built::IdempotencyHandle;
use crate::mutants::Mutant;
use crate::mutants::below::Below;

pub(super) fn mutants() -> Vec<Mutant<IdempotencyHandle>> {
    vec![
        mutant("fenced_told_completed", "IDM-DONE-4", "Who was taken over is told to have completed.", |_| {
            above(Tells(|_| Completion::Completed))
        }),
        mutant("winners_answer_withheld", "IDM-DONE-4", "Who was taken over is not told the other's answer.", |_| {
            above(Tells(|_| Completion::Fenced(None)))
        }),
        mutant(
            "slow_owner_refused",
            "IDM-DONE-4",
            "An owner past its lease cannot complete, though it is alone.",
            |_| above(PastItsLease),
        ),
        mutant("second_completion_fenced", "IDM-DONE-3", "Who completes again is told to be fenced.", |_| {
            above(OnlyOnce::default())
        }),
        mutant("second_completion_overwrites", "IDM-DONE-3", "Who completes again writes its answer anew.", |_| {
            above(Overwrites)
        }),
        mutant(
            "lost_answer_fences_the_owner",
            "IDM-DOUBT-2",
            "An owner whose write is in doubt counts as fenced.",
            |_| below(LosesSight::default),
        ),
        mutant("late_release_told_released", "IDM-FREE-2", "Whoever releases is told that it did.", |_| {
            above(ToldReleased)
        }),
        mutant("renewal_does_nothing", "IDM-RENEW-1", "A renewal is told to be done, and is not.", |_| {
            above(Renews { writes: false, outdates: false, superseded: Mutex::default() })
        }),
        mutant("renewal_outdates_its_owner", "IDM-RENEW-1", "After a renewal the owner as it was is fenced.", |_| {
            above(Renews { writes: true, outdates: true, superseded: Mutex::default() })
        }),
        mutant("failed_completion_acknowledged", "IDM-CRASH-1", "A completion that failed is told to be done.", |_| {
            above(Acknowledges)
        }),
    ]
}

/// Tells something else to those who are fenced.
struct Tells(fn(Option<StoredResponse>) -> Completion);

#[async_trait]
impl Tamper for Tells {
    async fn complete(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        Ok(match sound.idempotency.complete(owner, response).await? {
            Completion::Fenced(by) => self.0(by),
            Completion::Completed => Completion::Completed,
        })
    }
}

struct PastItsLease;

#[async_trait]
impl Tamper for PastItsLease {
    async fn complete(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        let fenced = sound.parts.clock.now() >= owner.lease_until();
        if fenced { Ok(Completion::Fenced(None)) } else { sound.idempotency.complete(owner, response).await }
    }
}

/// Who has completed.
#[derive(Default)]
struct OnlyOnce(Mutex<HashSet<String>>);

#[async_trait]
impl Tamper for OnlyOnce {
    async fn complete(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        let completion = sound.idempotency.complete(owner, response).await?;
        let is_first = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(owner.id().to_owned());
        Ok(if is_first { completion } else { Completion::Fenced(None) })
    }
}

struct Overwrites;

#[async_trait]
impl Tamper for Overwrites {
    async fn complete(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        let completion = sound.idempotency.complete(owner, response).await?;
        if completion == Completion::Completed {
            return sound.unfenced.complete(owner, response).await;
        }
        Ok(completion)
    }
}

/// After a write in doubt the record is not found.
#[derive(Default)]
struct LosesSight(Remembered<bool>);

#[async_trait]
impl Below for LosesSight {
    async fn get(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let found = sound.get(collection, key).await?;
        let lost = self.0.get();
        self.0.set(false);
        Ok(found.filter(|_| !lost))
    }

    async fn put(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let written = sound.put(collection, key, put).await;
        let in_doubt = written.as_ref().is_err_and(|error| error.kind() == ErrorKind::Indeterminate);
        if in_doubt && matches!(put.condition, Condition::Version(_)) {
            self.0.set(true);
        }
        written
    }
}

struct ToldReleased;

#[async_trait]
impl Tamper for ToldReleased {
    async fn release(&self, sound: &Sound, owner: &Owner) -> Result<Release> {
        sound.idempotency.release(owner).await.map(|_| Release::Released)
    }
}

/// Renewals that do too little or too much.
struct Renews {
    writes: bool,
    outdates: bool,
    superseded: Mutex<HashSet<String>>,
}

#[async_trait]
impl Tamper for Renews {
    async fn renew(&self, sound: &Sound, owner: &Owner) -> Result<Renewal> {
        if !self.writes {
            return Ok(Renewal::Renewed(owner.clone()));
        }
        let renewal = sound.idempotency.renew(owner).await?;
        if self.outdates && matches!(renewal, Renewal::Renewed(_)) {
            let outdated = owner.version().as_str().to_owned();
            self.superseded.lock().unwrap_or_else(PoisonError::into_inner).insert(outdated);
        }
        Ok(renewal)
    }

    async fn complete(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        let outdated =
            self.superseded.lock().unwrap_or_else(PoisonError::into_inner).contains(owner.version().as_str());
        if outdated { Ok(Completion::Fenced(None)) } else { sound.idempotency.complete(owner, response).await }
    }
}

struct Acknowledges;

#[async_trait]
impl Tamper for Acknowledges {
    async fn complete(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        Ok(sound.idempotency.complete(owner, response).await.unwrap_or(Completion::Completed))
    }
}
