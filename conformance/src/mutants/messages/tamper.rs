//! A store of messages with one operation or two gone wrong.

use std::sync::Arc;

use anyport_ports::messages::{Batch, Delay, Delivery, Lease, Messages, Outgoing, Receipt, Receive, Subscription};
use anyport_ports::{Result, TopicName};
use async_trait::async_trait;

use crate::mutants::{Mutant, Wrap};
use crate::subject::{MessageStore, TestClock};

/// A fault: every operation does the right thing unless it says otherwise.
#[async_trait]
pub(super) trait Tamper: Send + Sync + 'static {
    async fn publish(
        &self,
        sound: &dyn Messages,
        topic: &TopicName,
        batch: &Batch<Outgoing>,
    ) -> Result<Vec<Result<()>>> {
        sound.publish(topic, batch).await
    }

    async fn receive(
        &self,
        sound: &dyn Messages,
        subscription: &Subscription,
        receive: Receive,
    ) -> Result<Vec<Delivery>> {
        sound.receive(subscription, receive).await
    }

    async fn ack(
        &self,
        sound: &dyn Messages,
        subscription: &Subscription,
        receipts: &Batch<Receipt>,
    ) -> Result<Vec<Result<()>>> {
        sound.ack(subscription, receipts).await
    }

    async fn nack(
        &self,
        sound: &dyn Messages,
        subscription: &Subscription,
        receipt: &Receipt,
        delay: Delay,
    ) -> Result<()> {
        sound.nack(subscription, receipt, delay).await
    }

    async fn extend(
        &self,
        sound: &dyn Messages,
        subscription: &Subscription,
        receipt: &Receipt,
        lease: Lease,
    ) -> Result<()> {
        sound.extend(subscription, receipt, lease).await
    }

    async fn dead_letter(
        &self,
        sound: &dyn Messages,
        subscription: &Subscription,
        receipt: &Receipt,
        reason: &str,
    ) -> Result<()> {
        sound.dead_letter(subscription, receipt, reason).await
    }

    async fn redrive(&self, sound: &dyn Messages, subscription: &Subscription, max: usize) -> Result<usize> {
        sound.redrive(subscription, max).await
    }
}

/// A sound store and what is wrong with it.
struct Tampered<T> {
    sound: Arc<dyn Messages>,
    tamper: Arc<T>,
}

#[async_trait]
impl<T: Tamper> Messages for Tampered<T> {
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        self.tamper.publish(&*self.sound, topic, batch).await
    }

    async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        self.tamper.receive(&*self.sound, subscription, receive).await
    }

    async fn ack(&self, subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        self.tamper.ack(&*self.sound, subscription, receipts).await
    }

    async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        self.tamper.nack(&*self.sound, subscription, receipt, delay).await
    }

    async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()> {
        self.tamper.extend(&*self.sound, subscription, receipt, lease).await
    }

    async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        self.tamper.dead_letter(&*self.sound, subscription, receipt, reason).await
    }

    async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        self.tamper.redrive(&*self.sound, subscription, max).await
    }
}

/// Puts the fault between every handle of a namespace and its store.
pub(super) fn tampered<T: Tamper>(tamper: T) -> Wrap<MessageStore> {
    let tamper = Arc::new(tamper);
    Box::new(move |store| MessageStore {
        messages: Arc::new(Tampered { sound: store.messages, tamper: Arc::clone(&tamper) }),
    })
}

/// A seeded fault of this name, that breaks this clause.
pub(super) fn mutant(
    name: &'static str,
    breaks: &'static str,
    description: &'static str,
    seed: fn(Arc<dyn TestClock>) -> Wrap<MessageStore>,
) -> Mutant<MessageStore> {
    Mutant { name, description, breaks, seed }
}
