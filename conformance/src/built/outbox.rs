//! Outbox and inbox as a handle under test.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::Clock;
use anyport_ports::documents::Documents;
use anyport_ports::inbox::{DocumentInbox, InboxStore, RETENTION};
use anyport_ports::messages::Messages;
use anyport_ports::outbox::{DocumentOutbox, OutboxStore};

use super::handles::OfDocumentsAndMessages;
use super::ids::UniqueIds;
use crate::faults::{Faultable, Faults};
use crate::subject::{DocumentStore, MessageStore};

/// Makes an outbox between documents and messages, by a clock.
pub type MakeOutbox =
    Arc<dyn Fn(Arc<dyn Documents>, Arc<dyn Messages>, Arc<dyn Clock>) -> Arc<dyn OutboxStore> + Send + Sync>;

/// Makes an inbox on documents, by a clock, that remembers messages for this long.
pub type MakeInbox = Arc<dyn Fn(Arc<dyn Documents>, Arc<dyn Clock>, Duration) -> Arc<dyn InboxStore> + Send + Sync>;

/// Outbox and inbox, and the documents and messages between which they stand.
#[derive(Clone)]
pub struct OutboxHandle {
    /// The documents.
    pub store: DocumentStore,
    /// The messages.
    pub messages: MessageStore,
    /// The adapters' time.
    pub clock: Arc<dyn Clock>,
    /// How outboxes are made.
    pub make_outbox: MakeOutbox,
    /// How inboxes are made.
    pub make_inbox: MakeInbox,
}

impl OutboxHandle {
    /// An outbox to the adapter's messages, by its time.
    pub fn outbox(&self) -> Arc<dyn OutboxStore> {
        self.outbox_to(Arc::clone(&self.messages.messages), Arc::clone(&self.clock))
    }

    /// An outbox to these messages, by this clock.
    pub fn outbox_to(&self, messages: Arc<dyn Messages>, clock: Arc<dyn Clock>) -> Arc<dyn OutboxStore> {
        (self.make_outbox)(Arc::clone(&self.store.documents), messages, clock)
    }

    /// An outbox on documents that the check has put something in front of.
    pub fn outbox_over(&self, documents: Arc<dyn Documents>, messages: Arc<dyn Messages>) -> Arc<dyn OutboxStore> {
        (self.make_outbox)(documents, messages, Arc::clone(&self.clock))
    }

    /// An inbox by the adapter's time, that remembers for as long as they do.
    pub fn inbox(&self) -> Arc<dyn InboxStore> {
        self.inbox_over(Arc::clone(&self.store.documents), RETENTION)
    }

    /// An inbox on documents that the check may have put something in front of, that remembers for this long.
    pub fn inbox_over(&self, documents: Arc<dyn Documents>, remembers: Duration) -> Arc<dyn InboxStore> {
        (self.make_inbox)(documents, Arc::clone(&self.clock), remembers)
    }
}

impl OfDocumentsAndMessages for OutboxHandle {
    fn of(store: DocumentStore, messages: MessageStore, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            messages,
            clock,
            make_outbox: Arc::new(|documents, messages, clock| {
                Arc::new(DocumentOutbox::new(documents, messages, clock, Arc::new(UniqueIds)))
            }),
            make_inbox: Arc::new(|documents, clock, remembers| {
                Arc::new(DocumentInbox::new(documents, clock).remembering(remembers))
            }),
        }
    }
}

impl Faultable for OutboxHandle {
    fn through(self, faults: &Faults) -> Self {
        Self { store: self.store.through(faults), messages: self.messages.through(faults), ..self }
    }
}
