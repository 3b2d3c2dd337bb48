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

/// Leases, and the documents that they are kept in.
#[derive(Clone)]
pub struct LeaseHandle {
    /// The documents.
    pub store: DocumentStore,
    /// The time that leases run by.
    pub clock: Arc<dyn Clock>,
}

/// Outbox and inbox, and the documents and messages between which they stand.
#[derive(Clone)]
pub struct OutboxHandle {
    /// The documents.
    pub store: DocumentStore,
    /// The messages.
    pub messages: MessageStore,
    /// The time.
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

impl OfDocuments for LeaseHandle {
    fn of(store: DocumentStore, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

impl OfDocumentsAndMessages for OutboxHandle {
    fn of(store: DocumentStore, messages: MessageStore, clock: Arc<dyn Clock>) -> Self {
        Self { store, messages, clock }
    }
}

impl Faultable for IdempotencyHandle {
    fn through(self, faults: &Faults) -> Self {
        Self::of(self.store.through(faults), self.clock)
    }
}

impl Faultable for LeaseHandle {
    fn through(self, faults: &Faults) -> Self {
        Self::of(self.store.through(faults), self.clock)
    }
}

impl Faultable for OutboxHandle {
    fn through(self, faults: &Faults) -> Self {
        Self::of(self.store.through(faults), self.messages.through(faults), self.clock)
    }
}
