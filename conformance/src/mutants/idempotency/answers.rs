//! Faults of the answer that is kept.

use anyport_ports::Result;
use anyport_ports::documents::MAX_BODY_BYTES;
use anyport_ports::idempotency::{Claim, Claimed, Completion, Owner, StoredBody, StoredResponse};
use async_trait::async_trait;

use super::tamper::{Sound, Tamper, above, mutant};
use crate::built::IdempotencyHandle;
use crate::mutants::Mutant;

pub(super) fn mutants() -> Vec<Mutant<IdempotencyHandle>> {
    vec![
        mutant("result_lost", "IDM-DONE-1", "The body of an answer is not kept.", |_| {
            above(Keeps(|response| with_body(response, |_| Vec::new())))
        }),
        mutant("body_through_text", "IDM-DONE-1", "Bodies that are no text become text.", |_| {
            above(Keeps(|response| with_body(response, |bytes| String::from_utf8_lossy(bytes).into_owned().into())))
        }),
        mutant("repeated_headers_folded", "IDM-DONE-1", "Of a header that is repeated the last one is kept.", |_| {
            above(Keeps(|response| {
                let mut kept = response.clone();
                let later = |at: usize, name: &str| response.headers[at + 1..].iter().any(|(other, _)| other == name);
                let last = response.headers.iter().enumerate().filter(|(at, (name, _))| !later(*at, name));
                kept.headers = last.map(|(_, header)| header.clone()).collect();
                kept
            }))
        }),
        mutant("every_answer_is_a_success", "IDM-DONE-1", "The status of an answer is not kept.", |_| {
            above(Keeps(|response| with_status(response, 200)))
        }),
        mutant("failure_stored_as_success", "IDM-FAIL-1", "A failure that is kept is replayed as a success.", |_| {
            above(Keeps(|response| with_status(response, response.status.min(299))))
        }),
        mutant("failure_released_though_kept", "IDM-FAIL-1", "A failure is never kept.", |_| above(ReleasesFailures)),
        mutant("large_answer_truncated", "IDM-DONE-2", "Of a large body the beginning is kept.", |_| {
            above(Keeps(|response| with_body(response, |bytes| bytes[..bytes.len().min(MAX_BODY_BYTES / 2)].to_vec())))
        }),
        mutant("large_answer_not_kept_at_all", "IDM-DONE-2", "Work with a large answer is not completed.", |_| {
            above(DropsLarge)
        }),
        mutant("lost_body_is_an_empty_one", "IDM-DONE-2", "A body that is lost is replayed as none.", |_| {
            above(EmptyForLost)
        }),
    ]
}

fn with_body(response: &StoredResponse, body: impl Fn(&[u8]) -> Vec<u8>) -> StoredResponse {
    let mut kept = response.clone();
    if let Some(bytes) = response.bytes() {
        kept.body = StoredBody::Kept(body(bytes).into());
    }
    kept
}

fn with_status(response: &StoredResponse, status: u16) -> StoredResponse {
    let mut kept = response.clone();
    kept.status = status;
    kept
}

/// Keeps something else than the answer.
struct Keeps(fn(&StoredResponse) -> StoredResponse);

#[async_trait]
impl Tamper for Keeps {
    async fn complete(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        sound.idempotency.complete(owner, &self.0(response)).await
    }
}

struct ReleasesFailures;

#[async_trait]
impl Tamper for ReleasesFailures {
    async fn complete(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        if response.status < 400 {
            return sound.idempotency.complete(owner, response).await;
        }
        sound.idempotency.release(owner).await.map(|_| Completion::Completed)
    }
}

struct DropsLarge;

#[async_trait]
impl Tamper for DropsLarge {
    async fn complete(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        if response.bytes().is_some_and(|bytes| bytes.len() >= MAX_BODY_BYTES) {
            return Ok(Completion::Completed);
        }
        sound.idempotency.complete(owner, response).await
    }
}

struct EmptyForLost;

#[async_trait]
impl Tamper for EmptyForLost {
    async fn claim(&self, sound: &Sound, claim: &Claim) -> Result<Claimed> {
        let mut claimed = sound.idempotency.claim(claim).await?;
        if let Claimed::Replay(replay) = &mut claimed
            && replay.response.bytes().is_none()
        {
            replay.response.body = StoredBody::Kept(Vec::new().into());
        }
        Ok(claimed)
    }
}
