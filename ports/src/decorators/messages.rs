//! Around the calls of messages.

use async_trait::async_trait;

use super::Effect::{Once, Repeatable};
use super::batches::Entries;
use super::{Around, Call, Decorated};
use crate::messages::{Batch, Delay, Delivery, Lease, Messages, Outgoing, Receipt, Receive, Subscription};
use crate::{Result, TopicName};

/// A message published twice is delivered at least once, as one published once is. A receipt settles its own delivery, so
/// that settling it again changes nothing. What was received twice has used up two attempts.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<A: Around, P: Messages + ?Sized> Messages for Decorated<A, P> {
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        let call = Call::new("messages.publish", topic.as_str(), Repeatable);
        let entries = Entries::of(batch);
        let attempt = || entries.attempt(async |part| self.port.publish(topic, &part).await);
        let ended = self.around.around(call, attempt).await;
        entries.results(ended)
    }

    async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let call = Call::new("messages.receive", subscription.topic().as_str(), Once);
        self.around.around(call, || self.port.receive(subscription, receive)).await
    }

    async fn ack(&self, subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        let call = Call::new("messages.ack", subscription.topic().as_str(), Repeatable);
        let entries = Entries::of(receipts);
        let attempt = || entries.attempt(async |part| self.port.ack(subscription, &part).await);
        let ended = self.around.around(call, attempt).await;
        entries.results(ended)
    }

    async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        let call = Call::new("messages.nack", subscription.topic().as_str(), Repeatable);
        self.around.around(call, || self.port.nack(subscription, receipt, delay)).await
    }

    async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()> {
        let call = Call::new("messages.extend", subscription.topic().as_str(), Repeatable);
        self.around.around(call, || self.port.extend(subscription, receipt, lease)).await
    }

    async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        let call = Call::new("messages.dead_letter", subscription.topic().as_str(), Repeatable);
        self.around.around(call, || self.port.dead_letter(subscription, receipt, reason)).await
    }

    async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        let call = Call::new("messages.redrive", subscription.topic().as_str(), Once);
        self.around.around(call, || self.port.redrive(subscription, max)).await
    }
}
