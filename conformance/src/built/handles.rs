//! Handles on what is built from ports: each is made of the ports below it, which a check may look into as well.

use std::sync::Arc;

use anyport_ports::Clock;

use crate::faults::{Faultable, Faults};
use crate::subject::{DocumentStore, MessageStore};

/// Idempotency, and the documents that it keeps its records in.
#[derive(Clone)]
pub struct IdempotencyHandle {
    /// The documents.
    pub store: DocumentStore,
    /// The time that records are judged by.
    pub clock: Arc<dyn Clock>,
}

/// Made of documents alone.
pub(super) trait OfDocuments: Faultable {
    /// Makes it.
    fn of(store: DocumentStore, clock: Arc<dyn Clock>) -> Self;
}

/// Made of documents and messages.
pub(super) trait OfDocumentsAndMessages: Faultable {
    /// Makes it.
    fn of(store: DocumentStore, messages: MessageStore, clock: Arc<dyn Clock>) -> Self;
}

impl OfDocuments for IdempotencyHandle {
    fn of(store: DocumentStore, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

impl Faultable for IdempotencyHandle {
    fn through(self, faults: &Faults) -> Self {
        Self::of(self.store.through(faults), self.clock)
    }
}
