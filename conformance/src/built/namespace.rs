//! Namespaces of what is built, out of those of the ports below.

use std::sync::Arc;

use anyport_memory::MemoryStore;
use anyport_ports::resources::Resources;
use anyport_ports::{Clock, Result, Timestamp};
use async_trait::async_trait;

use super::clock::Both;
use super::handles::{OfDocuments, OfDocumentsAndMessages};
use super::{IdempotencyHandle, LeaseHandle, OutboxHandle};
use crate::embedded::HandOut;
use crate::faults::Faults;
use crate::subject::{DocumentStore, MessageStore, Namespace, Subject, TestClock};

/// Built on an adapter's documents.
pub(super) struct OnDocuments(pub(super) Arc<dyn Subject<DocumentStore>>);

/// Built on an adapter's documents and messages.
pub(super) struct OnDocumentsAndMessages(
    pub(super) Arc<dyn Subject<DocumentStore>>,
    pub(super) Arc<dyn Subject<MessageStore>>,
);

struct DocumentsBelow(Arc<dyn Namespace<DocumentStore>>);

struct BothBelow {
    documents: Arc<dyn Namespace<DocumentStore>>,
    messages: Arc<dyn Namespace<MessageStore>>,
    clock: Arc<Both>,
}

/// What is built takes a clock; a test's is one.
struct AsClock(Arc<dyn TestClock>);

impl Clock for AsClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

#[async_trait]
impl<H: OfDocuments> Subject<H> for OnDocuments {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<H>>> {
        Ok(Arc::new(DocumentsBelow(self.0.fresh(resources).await?)))
    }
}

#[async_trait]
impl<H: OfDocuments> Namespace<H> for DocumentsBelow {
    async fn connect(&self) -> Result<H> {
        let clock = Arc::new(AsClock(Namespace::clock(&*self.0)));
        Ok(H::of(self.0.connect().await?, clock))
    }

    async fn connect_through(&self, faults: &Faults) -> Result<H> {
        let clock = Arc::new(AsClock(Namespace::clock(&*self.0)));
        Ok(H::of(self.0.connect_through(faults).await?, clock))
    }

    fn clock(&self) -> Arc<dyn TestClock> {
        self.0.clock()
    }
}

#[async_trait]
impl<H: OfDocumentsAndMessages> Subject<H> for OnDocumentsAndMessages {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<H>>> {
        let Resources { collections, topics, subscriptions, .. } = resources.clone();
        let documents = self.0.fresh(&Resources { collections, ..Resources::default() }).await?;
        let messages = self.1.fresh(&Resources { topics, subscriptions, ..Resources::default() }).await?;
        let clock = Arc::new(Both(documents.clock(), messages.clock()));
        Ok(Arc::new(BothBelow { documents, messages, clock }))
    }
}

#[async_trait]
impl<H: OfDocumentsAndMessages> Namespace<H> for BothBelow {
    async fn connect(&self) -> Result<H> {
        let (documents, messages) = (self.documents.connect().await?, self.messages.connect().await?);
        Ok(H::of(documents, messages, Arc::new(AsClock(Arc::clone(&self.clock) as _))))
    }

    async fn connect_through(&self, faults: &Faults) -> Result<H> {
        let documents = self.documents.connect_through(faults).await?;
        Ok(H::of(
            documents,
            self.messages.connect_through(faults).await?,
            Arc::new(AsClock(Arc::clone(&self.clock) as _)),
        ))
    }

    fn clock(&self) -> Arc<dyn TestClock> {
        Arc::clone(&self.clock) as _
    }
}

/// The reference model has one store for everything, and one clock.
macro_rules! on_the_reference {
    ($($handle:ty: ($($port:ty),+);)+) => {$(
        impl HandOut<$handle> for MemoryStore {
            fn hand_out(&self) -> Result<$handle> {
                Ok(<$handle>::of($(<Self as HandOut<$port>>::hand_out(self)?,)+ self.clock()))
            }
        }
    )+};
}

on_the_reference! {
    IdempotencyHandle: (DocumentStore);
    LeaseHandle: (DocumentStore);
    OutboxHandle: (DocumentStore, MessageStore);
}
