//! What a fault of idempotency is written as: the operations that it gets wrong, over a sound one, or over its documents.

use std::sync::Arc;

use anyport_ports::Result;
use anyport_ports::documents::Operation;
use anyport_ports::idempotency::{Claim, Claimed, Completion, Idempotency, Owner, Release, Renewal, StoredResponse};
use async_trait::async_trait;

use super::fences::Unfenced;
use crate::built::{IdempotencyHandle, MakeIdempotency, Parts};
use crate::mutants::below::{Below, tampered};
use crate::mutants::{Mutant, Wrap};
use crate::subject::TestClock;

/// A fault: overrides the operations that it breaks; the others are the sound ones.
#[async_trait]
pub(super) trait Tamper: Send + Sync + 'static {
    async fn claim(&self, sound: &Sound, claim: &Claim) -> Result<Claimed> {
        sound.idempotency.claim(claim).await
    }

    async fn complete(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        sound.idempotency.complete(owner, response).await
    }

    async fn release(&self, sound: &Sound, owner: &Owner) -> Result<Release> {
        sound.idempotency.release(owner).await
    }

    async fn renew(&self, sound: &Sound, owner: &Owner) -> Result<Renewal> {
        sound.idempotency.renew(owner).await
    }

    async fn completion(&self, sound: &Sound, owner: &Owner, response: &StoredResponse) -> Result<(String, Operation)> {
        sound.idempotency.completion(owner, response).await
    }
}

/// Sound idempotency, one whose writes look at no version, and what both are made of.
pub(super) struct Sound {
    pub(super) idempotency: Arc<dyn Idempotency>,
    pub(super) unfenced: Arc<dyn Idempotency>,
    pub(super) parts: Parts,
}

struct Tampered<T> {
    sound: Sound,
    fault: Arc<T>,
}

#[async_trait]
impl<T: Tamper> Idempotency for Tampered<T> {
    async fn claim(&self, claim: &Claim) -> Result<Claimed> {
        self.fault.claim(&self.sound, claim).await
    }

    async fn complete(&self, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        self.fault.complete(&self.sound, owner, response).await
    }

    async fn release(&self, owner: &Owner) -> Result<Release> {
        self.fault.release(&self.sound, owner).await
    }

    async fn renew(&self, owner: &Owner) -> Result<Renewal> {
        self.fault.renew(&self.sound, owner).await
    }

    async fn completion(&self, owner: &Owner, response: &StoredResponse) -> Result<(String, Operation)> {
        self.fault.completion(&self.sound, owner, response).await
    }
}

/// Puts a fault before the idempotency of all handles.
pub(super) fn above(fault: impl Tamper) -> Wrap<IdempotencyHandle> {
    let fault = Arc::new(fault);
    Box::new(move |handle| {
        let (make, fault) = (handle.make, Arc::clone(&fault));
        let make: MakeIdempotency = Arc::new(move |parts| {
            let unfenced =
                Parts { documents: tampered(Arc::clone(&parts.documents), Arc::new(Unfenced)), ..parts.clone() };
            let sound = Sound { idempotency: make(parts.clone()), unfenced: make(unfenced), parts };
            Arc::new(Tampered { sound, fault: Arc::clone(&fault) })
        });
        IdempotencyHandle { make, ..handle }
    })
}

/// Puts a fault of its own between the idempotency of each handle and its documents.
pub(super) fn below<T: Below>(fault: impl Fn() -> T + Send + Sync + 'static) -> Wrap<IdempotencyHandle> {
    let fault = Arc::new(fault);
    Box::new(move |handle| {
        let (make, fault) = (handle.make, Arc::clone(&fault));
        let make: MakeIdempotency =
            Arc::new(move |parts| make(Parts { documents: tampered(parts.documents, Arc::new(fault())), ..parts }));
        IdempotencyHandle { make, ..handle }
    })
}

/// A seeded fault of this name, that breaks this clause.
pub(super) fn mutant(
    name: &'static str,
    breaks: &'static str,
    description: &'static str,
    seed: fn(Arc<dyn TestClock>) -> Wrap<IdempotencyHandle>,
) -> Mutant<IdempotencyHandle> {
    Mutant { name, description, breaks, seed }
}
