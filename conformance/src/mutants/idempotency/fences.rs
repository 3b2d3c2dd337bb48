//! Faults of fencing: what an owner writes that is not, or no longer, the owner.

use anyport_ports::documents::{Condition, Documents, Key, Operation, Put, Version};
use anyport_ports::idempotency::{Claim, Claimed, Completion, Owner, Release, Renewal, StoredResponse};
use anyport_ports::{Clock as _, CollectionName, Result};
use async_trait::async_trait;

use super::tamper::{Sound, Tamper, above, mutant};
use crate::built::IdempotencyHandle;
use crate::mutants::Mutant;
use crate::mutants::below::Below;

pub(super) fn mutants() -> Vec<Mutant<IdempotencyHandle>> {
    vec![
        mutant(
            "zombie_completes_without_owner",
            "IDM-DONE-4",
            "A completion does not look at whose the work is: who was taken over writes its answer over the other's.",
            |_| above(Zombie { deed: Deed::Complete }),
        ),
        mutant(
            "late_release_deletes_the_new_owners_record",
            "IDM-FREE-2",
            "A release does not look at whose the work is.",
            |_| above(Zombie { deed: Deed::Release }),
        ),
        mutant("zombie_renews", "IDM-RENEW-2", "A renewal does not look at whose the work is.", |_| {
            above(Zombie { deed: Deed::Renew })
        }),
        mutant(
            "takeover_by_a_stale_snapshot",
            "IDM-CLAIM-4",
            "A takeover writes over what stands, though it has read something else.",
            |_| above(Zombie { deed: Deed::Claim }),
        ),
        mutant(
            "fenced_by_the_clock",
            "IDM-SKEW-1",
            "An owner whose lease lasts by its own clock completes without looking at the record.",
            |_| above(ByTheClock),
        ),
        mutant(
            "transaction_without_fence",
            "IDM-TXN-1",
            "A completion in a transaction does not look at whose the work is.",
            |_| above(UnfencedTransaction),
        ),
    ]
}

/// Writes look at no version.
pub(super) struct Unfenced;

fn unfenced(condition: &Condition) -> Condition {
    if matches!(condition, Condition::Version(_)) { Condition::Always } else { condition.clone() }
}

#[async_trait]
impl Below for Unfenced {
    async fn put(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let condition = unfenced(&put.condition);
        sound.put(collection, key, &put.clone().when(condition)).await
    }

    async fn delete(
        &self,
        sound: &dyn Documents,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        sound.delete(collection, key, &unfenced(condition)).await
    }
}

#[derive(PartialEq)]
enum Deed {
    Claim,
    Complete,
    Release,
    Renew,
}

/// Does one thing without a fence.
struct Zombie {
    deed: Deed,
}

#[async_trait]
impl Tamper for Zombie {
    async fn claim(&self, sound: &Sound, claim: &Claim) -> Result<Claimed> {
        let by = if self.deed == Deed::Claim { &sound.unfenced } else { &sound.idempotency };
        by.claim(claim).await
    }

    async fn complete(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        let by = if self.deed == Deed::Complete { &sound.unfenced } else { &sound.idempotency };
        by.complete(owner, response).await
    }

    async fn release(&self, sound: &Sound, owner: &Owner) -> Result<Release> {
        let by = if self.deed == Deed::Release { &sound.unfenced } else { &sound.idempotency };
        by.release(owner).await
    }

    async fn renew(&self, sound: &Sound, owner: &Owner) -> Result<Renewal> {
        let by = if self.deed == Deed::Renew { &sound.unfenced } else { &sound.idempotency };
        by.renew(owner).await
    }
}

struct ByTheClock;

#[async_trait]
impl Tamper for ByTheClock {
    async fn complete(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        let believes = sound.parts.clock.now() < owner.lease_until();
        let by = if believes { &sound.unfenced } else { &sound.idempotency };
        by.complete(owner, response).await
    }
}

struct UnfencedTransaction;

#[async_trait]
impl Tamper for UnfencedTransaction {
    async fn completion(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<(String, Operation)> {
        let (sort, operation) = sound.idempotency.completion(owner, response).await?;
        Ok((
            sort,
            match operation {
                Operation::Put(put) => Operation::Put(put.when(Condition::Always)),
                other => other,
            },
        ))
    }
}
