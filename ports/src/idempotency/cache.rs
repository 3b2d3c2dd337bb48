//! A memory of completed work in front of the store.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{
    Address, Claim, Claimed, Completion, Fingerprint, Idempotency, Owner, Release, Renewal, Replay, StoredResponse,
};
use crate::documents::Operation;
use crate::{Clock, Result};

/// Answers claims of work that it knows to be completed without asking the store.
///
/// It remembers completed work alone, and gives its answer to those alone who ask for the same, until its retention is
/// over: what is completed stays so until then, whoever asks. Anything else it passes on.
///
/// - **IDM-CACHE-1**: through it every claim has the outcome that it has without it; a replay that it remembers does
///   not reach the store.
pub struct CachedIdempotency {
    below: Arc<dyn Idempotency>,
    clock: Arc<dyn Clock>,
    capacity: usize,
    remembered: Mutex<Remembered>,
}

#[derive(Default)]
struct Remembered {
    replays: HashMap<Address, (Fingerprint, Replay)>,
    oldest: VecDeque<Address>,
}

impl CachedIdempotency {
    /// In front of this, remembering up to so many pieces of work.
    pub fn new(below: Arc<dyn Idempotency>, clock: Arc<dyn Clock>, capacity: usize) -> Self {
        Self { below, clock, capacity, remembered: Mutex::default() }
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recall(&self, at: &Address, fingerprint: &Fingerprint) -> Option<Replay> {
        let remembered = self.remembered();
        let (of, replay) = remembered.replays.get(at)?;
        (of == fingerprint && self.clock.now() < replay.expires_at).then(|| replay.clone())
    }

    fn remember(&self, at: Address, fingerprint: Fingerprint, replay: Replay) {
        let mut remembered = self.remembered();
        if remembered.replays.insert(at.clone(), (fingerprint, replay)).is_none() {
            remembered.oldest.push_back(at);
        }
        while remembered.oldest.len() > self.capacity {
            if let Some(oldest) = remembered.oldest.pop_front() {
                remembered.replays.remove(&oldest);
            }
        }
    }
}

#[async_trait]
impl Idempotency for CachedIdempotency {
    async fn claim(&self, claim: &Claim) -> Result<Claimed> {
        let at = claim.address()?;
        if let Some(replay) = self.recall(&at, claim.fingerprint()) {
            return Ok(Claimed::Replay(replay));
        }
        let claimed = self.below.claim(claim).await?;
        if let Claimed::Replay(replay) = &claimed {
            self.remember(at, claim.fingerprint().clone(), replay.clone());
        }
        Ok(claimed)
    }

    async fn complete(&self, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        self.below.complete(owner, response).await
    }

    async fn release(&self, owner: &Owner) -> Result<Release> {
        self.below.release(owner).await
    }

    async fn renew(&self, owner: &Owner) -> Result<Renewal> {
        self.below.renew(owner).await
    }

    async fn completion(&self, owner: &Owner, response: &StoredResponse) -> Result<(String, Operation)> {
        self.below.completion(owner, response).await
    }
}
