//! Faults behind a store of messages.

use std::sync::Arc;

use anyport_ports::messages::{Batch, Delay, Delivery, Lease, Messages, Outgoing, Receipt, Receive, Subscription};
use anyport_ports::{Result, TopicName};
use async_trait::async_trait;

use super::{Call, Faultable, Faults, send};
use crate::subject::MessageStore;

struct Faulty {
    messages: Arc<dyn Messages>,
    faults: Faults,
}

impl Faultable for MessageStore {
    fn through(self, faults: &Faults) -> Self {
        Self { messages: Arc::new(Faulty { messages: self.messages, faults: faults.clone() }) }
    }
}

#[async_trait]
impl Messages for Faulty {
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        // A fault for each entry, so that one refused stands beside others accepted.
        let mut results = Vec::new();
        for entry in batch.as_slice() {
            let one = Batch::one(entry.clone());
            let sent = send(&self.faults, Call::Write, "messages.publish", || self.messages.publish(topic, &one)).await;
            results.push(sent.and_then(|answers| answers.into_iter().collect()));
        }
        Ok(results)
    }

    async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let request = || self.messages.receive(subscription, receive);
        send(&self.faults, Call::Write, "messages.receive", request).await
    }

    async fn ack(&self, subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        send(&self.faults, Call::Write, "messages.ack", || self.messages.ack(subscription, receipts)).await
    }

    async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        send(&self.faults, Call::Write, "messages.nack", || self.messages.nack(subscription, receipt, delay)).await
    }

    async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()> {
        send(&self.faults, Call::Write, "messages.extend", || self.messages.extend(subscription, receipt, lease)).await
    }

    async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        let request = || self.messages.dead_letter(subscription, receipt, reason);
        send(&self.faults, Call::Write, "messages.dead_letter", request).await
    }

    async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        send(&self.faults, Call::Write, "messages.redrive", || self.messages.redrive(subscription, max)).await
    }
}
