//! What is built from ports alone, put to the test on the ports of any adapter: an adapter that offers documents has the
//! checks of idempotency and leases, one that offers messages too has those of outbox and inbox.

mod clock;
mod handles;
mod idempotency;
mod ids;
mod leases;
mod namespace;
mod outbox;

use std::sync::Arc;

pub use idempotency::{IdempotencyHandle, MakeCache, MakeIdempotency, Parts};
pub use leases::{LeaseHandle, MakeLeases};
pub use outbox::{MakeInbox, MakeOutbox, OutboxHandle};

use crate::subject::{Adapter, Subject};
use namespace::{OnDocuments, OnDocumentsAndMessages};

impl Adapter {
    /// Idempotency on its documents.
    pub fn idempotency(&self) -> Option<Arc<dyn Subject<IdempotencyHandle>>> {
        self.documents.as_ref().map(|documents| Arc::new(OnDocuments(Arc::clone(documents))) as _)
    }

    /// Leases on its documents.
    pub fn leases(&self) -> Option<Arc<dyn Subject<LeaseHandle>>> {
        self.documents.as_ref().map(|documents| Arc::new(OnDocuments(Arc::clone(documents))) as _)
    }

    /// Outbox and inbox between its documents and its messages.
    pub fn outbox(&self) -> Option<Arc<dyn Subject<OutboxHandle>>> {
        let (documents, messages) = (self.documents.as_ref()?, self.messages.as_ref()?);
        Some(Arc::new(OnDocumentsAndMessages(Arc::clone(documents), Arc::clone(messages))))
    }
}
