//! What a fault of the outbox is written as: the operations that it gets wrong, over a sound outbox, or over the documents or
//! the messages that it stands between.

use std::sync::Arc;

use anyport_ports::documents::{Documents, Partition, Transaction, Version};
use anyport_ports::messages::{Batch, Delay, Delivery, Lease, Messages, Outgoing, Receipt, Receive, Subscription};
use anyport_ports::outbox::{OutboxStore, Relayed};
use anyport_ports::{CollectionName, Result, TopicName};
use async_trait::async_trait;

use crate::built::{MakeOutbox, OutboxHandle};
use crate::mutants::below::{Below, tampered};
use crate::mutants::{Mutant, Wrap};
use crate::subject::TestClock;

/// A sound outbox, and the documents that it keeps its records in.
pub(super) struct Sound {
    pub(super) outbox: Arc<dyn OutboxStore>,
    pub(super) documents: Arc<dyn Documents>,
}

/// A fault: overrides the operations that it breaks; the others are those of the sound outbox.
#[async_trait]
pub(super) trait Tamper: Send + Sync + 'static {
    async fn commit(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        transaction: Transaction,
        topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>> {
        sound.outbox.commit(collection, transaction, topic, events).await
    }

    async fn relay(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        topic: &TopicName,
        limit: usize,
    ) -> Result<Relayed> {
        sound.outbox.relay(collection, topic, limit).await
    }

    async fn relay_partition(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        partition: &Partition,
        topic: &TopicName,
    ) -> Result<Relayed> {
        sound.outbox.relay_partition(collection, partition, topic).await
    }
}

struct Tampered<T> {
    sound: Sound,
    fault: T,
}

#[async_trait]
impl<T: Tamper> OutboxStore for Tampered<T> {
    async fn commit(
        &self,
        collection: &CollectionName,
        transaction: Transaction,
        topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>> {
        self.fault.commit(&self.sound, collection, transaction, topic, events).await
    }

    async fn relay(&self, collection: &CollectionName, topic: &TopicName, limit: usize) -> Result<Relayed> {
        self.fault.relay(&self.sound, collection, topic, limit).await
    }

    async fn relay_partition(
        &self,
        collection: &CollectionName,
        partition: &Partition,
        topic: &TopicName,
    ) -> Result<Relayed> {
        self.fault.relay_partition(&self.sound, collection, partition, topic).await
    }
}

/// A fault of how messages are published.
#[async_trait]
pub(super) trait Publishing: Send + Sync + 'static {
    async fn publish(
        &self,
        sound: &dyn Messages,
        documents: &dyn Documents,
        topic: &TopicName,
        batch: &Batch<Outgoing>,
    ) -> Result<Vec<Result<()>>>;
}

struct Beyond<T> {
    sound: Arc<dyn Messages>,
    documents: Arc<dyn Documents>,
    fault: Arc<T>,
}

#[async_trait]
impl<T: Publishing> Messages for Beyond<T> {
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        self.fault.publish(&*self.sound, &*self.documents, topic, batch).await
    }

    async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        self.sound.receive(subscription, receive).await
    }

    async fn ack(&self, subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        self.sound.ack(subscription, receipts).await
    }

    async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        self.sound.nack(subscription, receipt, delay).await
    }

    async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()> {
        self.sound.extend(subscription, receipt, lease).await
    }

    async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        self.sound.dead_letter(subscription, receipt, reason).await
    }

    async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        self.sound.redrive(subscription, max).await
    }
}

fn making(remake: impl Fn(&MakeOutbox) -> MakeOutbox + Send + Sync + 'static) -> Wrap<OutboxHandle> {
    Box::new(move |handle| OutboxHandle { make_outbox: remake(&handle.make_outbox), ..handle })
}

/// Puts a fault of its own before each outbox.
pub(super) fn above<T: Tamper>(fault: impl Fn() -> T + Send + Sync + 'static) -> Wrap<OutboxHandle> {
    let fault = Arc::new(fault);
    making(move |make| {
        let (make, fault) = (Arc::clone(make), Arc::clone(&fault));
        Arc::new(move |documents, messages, clock| {
            let outbox = make(Arc::clone(&documents), messages, clock);
            Arc::new(Tampered { sound: Sound { outbox, documents }, fault: fault() })
        })
    })
}

/// Puts a fault between the outbox and its documents.
pub(super) fn below(fault: impl Below) -> Wrap<OutboxHandle> {
    let fault: Arc<dyn Below> = Arc::new(fault);
    making(move |make| {
        let (make, fault) = (Arc::clone(make), Arc::clone(&fault));
        Arc::new(move |documents, messages, clock| make(tampered(documents, Arc::clone(&fault)), messages, clock))
    })
}

/// Puts a fault between the outbox and its messages.
pub(super) fn beyond(fault: impl Publishing) -> Wrap<OutboxHandle> {
    let fault = Arc::new(fault);
    making(move |make| {
        let (make, fault) = (Arc::clone(make), Arc::clone(&fault));
        Arc::new(move |documents, messages, clock| {
            let fault = Arc::clone(&fault);
            let messages = Arc::new(Beyond { sound: messages, documents: Arc::clone(&documents), fault });
            make(documents, messages, clock)
        })
    })
}

/// A mutant by its parts.
pub(super) fn mutant(
    name: &'static str,
    breaks: &'static str,
    description: &'static str,
    seed: fn(Arc<dyn TestClock>) -> Wrap<OutboxHandle>,
) -> Mutant<OutboxHandle> {
    Mutant { name, description, breaks, seed }
}
