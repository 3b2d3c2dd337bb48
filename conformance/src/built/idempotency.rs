//! Idempotency as a handle under test.

use std::sync::Arc;

use anyport_ports::blobs::Blobs;
use anyport_ports::documents::Documents;
use anyport_ports::idempotency::{CachedIdempotency, DocumentIdempotency, Idempotency};
use anyport_ports::{BucketName, Clock};

use super::handles::OfDocuments;
use super::ids::UniqueIds;
use crate::faults::{Faultable, Faults};
use crate::subject::DocumentStore;

/// What idempotency is made of.
#[derive(Clone)]
pub struct Parts {
    /// Where the records are.
    pub documents: Arc<dyn Documents>,
    /// What leases and retentions are judged by.
    pub clock: Arc<dyn Clock>,
    /// Where large bodies are put.
    pub spill: Option<(Arc<dyn Blobs>, BucketName)>,
}

/// Makes idempotency.
pub type MakeIdempotency = Arc<dyn Fn(Parts) -> Arc<dyn Idempotency> + Send + Sync>;

/// Puts a memory of completed work before idempotency.
pub type MakeCache = Arc<dyn Fn(Arc<dyn Idempotency>, Arc<dyn Clock>) -> Arc<dyn Idempotency> + Send + Sync>;

/// Idempotency, and the documents that it keeps its records in.
#[derive(Clone)]
pub struct IdempotencyHandle {
    /// The documents.
    pub store: DocumentStore,
    /// The adapter's time.
    pub clock: Arc<dyn Clock>,
    /// How idempotency is made.
    pub make: MakeIdempotency,
    /// How a memory is put before it.
    pub make_cache: MakeCache,
}

/// What the memories of checks hold.
const CACHE_CAPACITY: usize = 2;

impl IdempotencyHandle {
    /// Idempotency by the adapter's time.
    pub fn idempotency(&self) -> Arc<dyn Idempotency> {
        self.by(Arc::clone(&self.clock))
    }

    /// Idempotency by this clock. Its records are in the adapter's documents all the same: a check may have an owner's clock
    /// be wrong, and need not wait for time to pass.
    pub fn by(&self, clock: Arc<dyn Clock>) -> Arc<dyn Idempotency> {
        self.over(Parts { documents: Arc::clone(&self.store.documents), clock, spill: None })
    }

    /// Idempotency over what the check gives it.
    pub fn over(&self, below: Parts) -> Arc<dyn Idempotency> {
        (self.make)(below)
    }
}

impl OfDocuments for IdempotencyHandle {
    fn of(store: DocumentStore, clock: Arc<dyn Clock>) -> Self {
        let make = |below: Parts| {
            let made = DocumentIdempotency::new(below.documents, below.clock, Arc::new(UniqueIds));
            let made: Arc<dyn Idempotency> = match below.spill {
                Some((blobs, bucket)) => Arc::new(made.with_spill(blobs, bucket)),
                None => Arc::new(made),
            };
            made
        };
        let make_cache = |below, clock| Arc::new(CachedIdempotency::new(below, clock, CACHE_CAPACITY)) as _;
        Self { store, clock, make: Arc::new(make), make_cache: Arc::new(make_cache) }
    }
}

impl Faultable for IdempotencyHandle {
    fn through(self, faults: &Faults) -> Self {
        Self { store: self.store.through(faults), ..self }
    }
}
