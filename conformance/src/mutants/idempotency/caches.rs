//! Faults of the memory in front of the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyport_ports::documents::Operation;
use anyport_ports::idempotency::{
    Claim, Claimed, Completion, Fingerprint, Idempotency, Owner, Release, Renewal, StoredResponse,
};
use anyport_ports::{Clock, Result};
use async_trait::async_trait;

use super::tamper::mutant;
use crate::built::{IdempotencyHandle, MakeCache};
use crate::mutants::{Mutant, Wrap};

pub(super) fn mutants() -> Vec<Mutant<IdempotencyHandle>> {
    vec![
        mutant("in_progress_remembered", "IDM-CACHE-1", "Work is remembered as in progress.", |_| {
            remembering(Memory { in_progress: true, ..SOUND })
        }),
        mutant("remembered_before_it_is_looked_at", "IDM-CACHE-1", "What is asked for does not count.", |_| {
            remembering(Memory { fingerprint: false, ..SOUND })
        }),
        mutant("remembered_for_good", "IDM-CACHE-1", "An answer is remembered past its retention.", |_| {
            remembering(Memory { expiry: false, ..SOUND })
        }),
        mutant("nothing_remembered", "IDM-CACHE-1", "Every claim goes to the store.", |_| {
            Box::new(|handle| IdempotencyHandle { make_cache: Arc::new(|below, _| below), ..handle })
        }),
    ]
}

/// What a memory looks at.
#[derive(Clone, Copy)]
struct Memory {
    in_progress: bool,
    fingerprint: bool,
    expiry: bool,
}

const SOUND: Memory = Memory { in_progress: false, fingerprint: true, expiry: true };

fn remembering(memory: Memory) -> Wrap<IdempotencyHandle> {
    let make_cache: MakeCache =
        Arc::new(move |below, clock| Arc::new(Faulty { below, clock, memory, remembered: Mutex::default() }));
    Box::new(move |handle| IdempotencyHandle { make_cache: Arc::clone(&make_cache), ..handle })
}

struct Faulty {
    below: Arc<dyn Idempotency>,
    clock: Arc<dyn Clock>,
    memory: Memory,
    remembered: Mutex<HashMap<String, (Fingerprint, Claimed)>>,
}

#[async_trait]
impl Idempotency for Faulty {
    async fn claim(&self, claim: &Claim) -> Result<Claimed> {
        let id = claim.address()?.id().to_owned();
        let known = self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some((fingerprint, claimed)) = known {
            let live = match &claimed {
                Claimed::Replay(replay) => self.clock.now() < replay.expires_at,
                _ => true,
            };
            if (live || !self.memory.expiry) && (fingerprint == *claim.fingerprint() || !self.memory.fingerprint) {
                return Ok(claimed);
            }
        }
        let claimed = self.below.claim(claim).await?;
        let remembers = match &claimed {
            Claimed::Replay(_) => true,
            Claimed::InProgress { .. } => self.memory.in_progress,
            _ => false,
        };
        if remembers {
            let entry = (claim.fingerprint().clone(), claimed.clone());
            self.remembered.lock().unwrap_or_else(PoisonError::into_inner).insert(id, entry);
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
