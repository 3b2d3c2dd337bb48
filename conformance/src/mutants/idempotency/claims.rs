//! Faults of claims.

use std::sync::Arc;
use std::time::Duration;

use anyport_memory::{ManualClock, MemoryStore, SequentialIds};
use anyport_ports::documents::{Condition, Document, Documents, Key, Put, Version};
use anyport_ports::idempotency::{
    COLLECTION, Claim, Claimed, DocumentIdempotency, Fingerprint, Idempotency as _, IdempotencyKey, Lease, Owner,
    Release, Scope,
};
use anyport_ports::resources::{CollectionSpec, Provision as _, Resources};
use anyport_ports::{Clock as _, CollectionName, ErrorKind, Result};
use async_trait::async_trait;
use serde_json::json;

use super::records::with;
use super::tamper::{Sound, Tamper, above, below, mutant};
use crate::built::IdempotencyHandle;
use crate::mutants::Mutant;
use crate::mutants::below::{Below, round_trip};

pub(super) fn mutants() -> Vec<Mutant<IdempotencyHandle>> {
    let mut mutants = winners();
    mutants.extend(refusals());
    mutants.extend(doubts());
    mutants.extend(scopes());
    mutants
}

fn winners() -> Vec<Mutant<IdempotencyHandle>> {
    vec![
        mutant("two_winners", "IDM-CLAIM-1", "A claim looks whether there is a record, and writes one then.", |_| {
            below(|| LooksFirst)
        }),
        mutant(
            "in_progress_never_expires",
            "IDM-CLAIM-2",
            "Work in progress is in progress for good, whatever became of its owner.",
            |_| above(Refuses(|now, left| (now && left.is_none()).then_some(Duration::from_secs(1)))),
        ),
        mutant("retry_after_in_the_wrong_unit", "IDM-CLAIM-2", "Milliseconds are told as seconds.", |_| {
            above(Refuses(|_, left| left.map(|left| left * 1_000)))
        }),
        mutant("lease_of_another_owner_is_over_at_once", "IDM-CLAIM-1", "Work in progress is taken over.", |_| {
            above(Impatient)
        }),
        mutant("released_work_is_not_anybodys", "IDM-FREE-1", "A release leaves the record as it is.", |_| {
            above(NeverReleases)
        }),
    ]
}

fn refusals() -> Vec<Mutant<IdempotencyHandle>> {
    vec![
        mutant(
            "duplicate_deletes_the_owners_lock",
            "IDM-CLAIM-5",
            "Whoever is refused cleans up after itself, and deletes the record.",
            |_| above(Refused { deletes: true }),
        ),
        mutant("duplicate_writes_the_record_anew", "IDM-CLAIM-5", "Whoever is refused leaves its trace.", |_| {
            above(Refused { deletes: false })
        }),
        mutant("fails_open", "IDM-DOWN-1", "Where the store is away, whoever claims does the work.", |_| {
            above(FailsOpen)
        }),
        mutant("outage_taken_for_progress", "IDM-DOWN-1", "Where the store is away, the work is in progress.", |_| {
            above(OutageIsProgress)
        }),
    ]
}

fn doubts() -> Vec<Mutant<IdempotencyHandle>> {
    vec![
        mutant("lost_claim_taken_for_done", "IDM-DOUBT-1", "A claim whose answer was lost counts as acquired.", |_| {
            below(|| Believes)
        }),
        mutant(
            "own_claim_taken_for_anothers",
            "IDM-DOUBT-1",
            "A claim whose answer was lost finds its own record, and is refused for it.",
            |_| below(|| Estranged),
        ),
    ]
}

fn scopes() -> Vec<Mutant<IdempotencyHandle>> {
    vec![
        mutant("key_not_scoped", "IDM-SCOPE-1", "All tenants share their keys.", |_| {
            above(OtherPlace(|id| id.rsplit_once('#').map_or(id, |(_, key)| key).to_owned()))
        }),
        mutant("scope_split_by_its_content", "IDM-SCOPE-1", "The case of names does not count.", |_| {
            above(OtherPlace(str::to_lowercase))
        }),
    ]
}

/// Creates in two steps.
struct LooksFirst;

#[async_trait]
impl Below for LooksFirst {
    async fn put(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        if put.condition != Condition::Absent {
            return sound.put(collection, key, put).await;
        }
        let standing = sound.get(collection, key).await?;
        put.condition.check(standing.as_ref().map(|document| &document.version))?;
        round_trip().await;
        sound.put(collection, key, &put.clone().when(Condition::Always)).await
    }
}

/// Tells another time that is left, given whether there is an owner and what the lease has left.
struct Refuses(fn(bool, Option<Duration>) -> Option<Duration>);

#[async_trait]
impl Tamper for Refuses {
    async fn claim(&self, sound: &Sound, claim: &Claim) -> Result<Claimed> {
        let at = claim.address()?;
        let standing = sound.parts.documents.get(at.collection(), at.key()).await?;
        let in_progress = standing.is_some_and(|document| document.body.text("status") == Some("in_progress"));
        let told = |left| self.0(in_progress, left).map(|retry_after| Claimed::InProgress { retry_after });
        if let Some(claimed) = told(None) {
            return Ok(claimed);
        }
        Ok(match sound.idempotency.claim(claim).await? {
            Claimed::InProgress { retry_after } => {
                told(Some(retry_after)).unwrap_or(Claimed::InProgress { retry_after })
            }
            other => other,
        })
    }
}

/// Claims by a clock that is far ahead.
struct Impatient;

#[async_trait]
impl Tamper for Impatient {
    async fn claim(&self, sound: &Sound, claim: &Claim) -> Result<Claimed> {
        match sound.idempotency.claim(claim).await? {
            Claimed::InProgress { .. } => {
                let ahead = ManualClock::starting_at(sound.parts.clock.now().plus(claim.lease().duration()));
                let documents = Arc::clone(&sound.parts.documents);
                let ids = Arc::new(SequentialIds::new());
                DocumentIdempotency::new(documents, Arc::new(ahead), ids).claim(claim).await
            }
            other => Ok(other),
        }
    }
}

struct NeverReleases;

#[async_trait]
impl Tamper for NeverReleases {
    async fn release(&self, _sound: &Sound, _owner: &Owner) -> Result<Release> {
        Ok(Release::Released)
    }
}

/// Who is refused changes the record.
struct Refused {
    deletes: bool,
}

#[async_trait]
impl Tamper for Refused {
    async fn claim(&self, sound: &Sound, claim: &Claim) -> Result<Claimed> {
        let claimed = sound.idempotency.claim(claim).await?;
        if !matches!(claimed, Claimed::Acquired(_)) {
            let (at, documents) = (claim.address()?, &sound.parts.documents);
            if self.deletes {
                documents.delete(at.collection(), at.key(), &Condition::Always).await?;
            } else if let Some(standing) = documents.get(at.collection(), at.key()).await? {
                let put = Put::new(standing.body).expires_at(standing.expires_at);
                documents.put(at.collection(), at.key(), &put).await?;
            }
        }
        Ok(claimed)
    }
}

/// Asks a store of its own where the real one is away.
struct FailsOpen;

#[async_trait]
impl Tamper for FailsOpen {
    async fn claim(&self, sound: &Sound, claim: &Claim) -> Result<Claimed> {
        match sound.idempotency.claim(claim).await {
            Err(error) if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Throttled) => {
                let own = Arc::new(MemoryStore::new(Arc::clone(&sound.parts.clock)).handle());
                let collections = vec![CollectionSpec::new(COLLECTION, Vec::new())];
                own.provision(&Resources { collections, ..Resources::default() }).await?;
                let ids = Arc::new(SequentialIds::new());
                DocumentIdempotency::new(own, Arc::clone(&sound.parts.clock), ids).claim(claim).await
            }
            claimed => claimed,
        }
    }
}

struct OutageIsProgress;

#[async_trait]
impl Tamper for OutageIsProgress {
    async fn claim(&self, sound: &Sound, claim: &Claim) -> Result<Claimed> {
        match sound.idempotency.claim(claim).await {
            Err(error) if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Throttled) => {
                Ok(Claimed::InProgress { retry_after: Duration::from_secs(1) })
            }
            claimed => claimed,
        }
    }
}

/// A create in doubt is told to be done.
struct Believes;

#[async_trait]
impl Below for Believes {
    async fn put(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        match sound.put(collection, key, put).await {
            Err(error) if error.kind() == ErrorKind::Indeterminate && put.condition == Condition::Absent => {
                Ok(Version::new("believed"))
            }
            written => written,
        }
    }
}

/// Whoever reads a record takes its owner for another.
struct Estranged;

#[async_trait]
impl Below for Estranged {
    async fn get(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        let found = sound.get(collection, key).await?;
        found.map(|document| with(document, "owner", || json!("another"))).transpose()
    }
}

/// Claims under another id.
struct OtherPlace(fn(&str) -> String);

#[async_trait]
impl Tamper for OtherPlace {
    async fn claim(&self, sound: &Sound, claim: &Claim) -> Result<Claimed> {
        let key = IdempotencyKey::of_parts(&[&self.0(claim.address()?.id())]);
        let scope = Scope::new("all", "share");
        let fingerprint = Fingerprint::clone(claim.fingerprint());
        let (lease, retention): (Lease, _) = (claim.lease(), claim.retention());
        let instead = Claim::new(scope, key, fingerprint, lease, retention).correlated(claim.correlation_id());
        sound.idempotency.claim(&instead).await
    }
}
