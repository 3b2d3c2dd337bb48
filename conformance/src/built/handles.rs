//! What handles on what is built from ports are made of: the ports below, which a check may look into as well.

use std::sync::Arc;

use anyport_ports::Clock;

use crate::faults::Faultable;
use crate::subject::{DocumentStore, MessageStore};

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
