//! What a fault of leases is written as: the operations that it gets wrong, over sound leases, or over their documents.

use std::sync::Arc;

use anyport_ports::leases::{Held, LeaseName, LeaseTtl, Leases};
use anyport_ports::{Clock, Result};
use async_trait::async_trait;

use crate::built::{LeaseHandle, MakeLeases};
use crate::mutants::below::{Below, tampered};
use crate::mutants::{Mutant, Wrap};
use crate::subject::TestClock;

/// A fault: overrides the operations that it breaks; the others are those of the sound leases.
#[async_trait]
pub(super) trait Tamper: Send + Sync + 'static {
    async fn acquire(&self, sound: &Sound, name: &LeaseName, ttl: LeaseTtl) -> Result<Option<Held>> {
        sound.leases.acquire(name, ttl).await
    }

    async fn renew(&self, sound: &Sound, held: &Held, ttl: LeaseTtl) -> Result<Option<Held>> {
        sound.leases.renew(held, ttl).await
    }

    async fn release(&self, sound: &Sound, held: &Held) -> Result<()> {
        sound.leases.release(held).await
    }
}

/// Sound leases, and what they are made of.
pub(super) struct Sound {
    pub(super) leases: Arc<dyn Leases>,
    pub(super) documents: Arc<dyn anyport_ports::documents::Documents>,
    pub(super) clock: Arc<dyn Clock>,
}

struct Tampered<T> {
    sound: Sound,
    fault: T,
}

#[async_trait]
impl<T: Tamper> Leases for Tampered<T> {
    async fn acquire(&self, name: &LeaseName, ttl: LeaseTtl) -> Result<Option<Held>> {
        self.fault.acquire(&self.sound, name, ttl).await
    }

    async fn renew(&self, held: &Held, ttl: LeaseTtl) -> Result<Option<Held>> {
        self.fault.renew(&self.sound, held, ttl).await
    }

    async fn release(&self, held: &Held) -> Result<()> {
        self.fault.release(&self.sound, held).await
    }
}

/// Puts a fault of its own before the leases of each handle.
pub(super) fn above<T: Tamper>(fault: impl Fn() -> T + Send + Sync + 'static) -> Wrap<LeaseHandle> {
    let fault = Arc::new(fault);
    Box::new(move |handle| {
        let (make, fault) = (handle.make, Arc::clone(&fault));
        let make: MakeLeases = Arc::new(move |documents, clock| {
            let leases = make(Arc::clone(&documents), Arc::clone(&clock));
            Arc::new(Tampered { sound: Sound { leases, documents, clock }, fault: fault() })
        });
        LeaseHandle { make, ..handle }
    })
}

/// Puts a fault that knows the time between the leases and their documents.
pub(super) fn below<T: Below>(fault: impl Fn(Arc<dyn Clock>) -> T + Send + Sync + 'static) -> Wrap<LeaseHandle> {
    let fault = Arc::new(fault);
    Box::new(move |handle| {
        let (make, fault) = (handle.make, Arc::clone(&fault));
        let make: MakeLeases =
            Arc::new(move |documents, clock| make(tampered(documents, Arc::new(fault(Arc::clone(&clock)))), clock));
        LeaseHandle { make, ..handle }
    })
}

/// A mutant by its parts.
pub(super) fn mutant(
    name: &'static str,
    breaks: &'static str,
    description: &'static str,
    seed: fn(Arc<dyn TestClock>) -> Wrap<LeaseHandle>,
) -> Mutant<LeaseHandle> {
    Mutant { name, description, breaks, seed }
}
