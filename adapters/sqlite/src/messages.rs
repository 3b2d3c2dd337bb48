//! Messages.

use std::time::Duration;

use anyport_ports::messages::{Batch, Delay, Delivery, Lease, Messages, Outgoing, Receipt, Receive, Subscription};
use anyport_ports::{Result, TopicName};
use async_trait::async_trait;
use tokio::time::{Instant, sleep};

use crate::deliveries::{self, queue};
use crate::store::SqliteStore;

/// How often a consumer that waits looks again: other processes cannot wake it.
const LOOKS_EVERY: Duration = Duration::from_millis(25);

#[async_trait]
impl Messages for SqliteStore {
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        let (owned, batch) = (topic.clone(), batch.clone());
        // One transaction: all entries are accepted, or none.
        self.write(move |connection, now| {
            deliveries::publish(connection, &owned, batch.as_slice(), now)?;
            Ok(batch.as_slice().iter().map(|_| Ok(())).collect())
        })
        .await
        .map_err(|error| error.during("messages.publish", topic))
    }

    async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let until = Instant::now() + receive.wait();
        loop {
            let taken = self.take(subscription, receive).await;
            let taken = taken.map_err(|error| error.during("messages.receive", subscription))?;
            let left = until.saturating_duration_since(Instant::now());
            if !taken.is_empty() || left.is_zero() {
                return Ok(taken);
            }
            sleep(LOOKS_EVERY.min(left)).await;
        }
    }

    async fn ack(&self, subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        let (owned, receipts) = (subscription.clone(), receipts.clone());
        self.write(move |connection, _| {
            let queue = queue(connection, &owned)?;
            for receipt in receipts.as_slice() {
                deliveries::acknowledge(connection, queue, receipt)?;
            }
            Ok(receipts.as_slice().iter().map(|_| Ok(())).collect())
        })
        .await
        .map_err(|error| error.during("messages.ack", subscription))
    }

    async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        let (owned, receipt) = (subscription.clone(), receipt.clone());
        self.write(move |connection, now| {
            deliveries::give_back(connection, queue(connection, &owned)?, &receipt, delay, now)
        })
        .await
        .map_err(|error| error.during("messages.nack", subscription))
    }

    async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()> {
        let (owned, receipt) = (subscription.clone(), receipt.clone());
        self.write(move |connection, now| {
            deliveries::extend(connection, queue(connection, &owned)?, &receipt, lease, now)
        })
        .await
        .map_err(|error| error.during("messages.extend", subscription))
    }

    async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        let (owned, receipt, reason) = (subscription.clone(), receipt.clone(), reason.to_owned());
        self.write(move |connection, now| {
            deliveries::bury(connection, queue(connection, &owned)?, &receipt, &reason, now)
        })
        .await
        .map_err(|error| error.during("messages.dead_letter", subscription))
    }

    async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        let owned = subscription.clone();
        self.write(move |connection, now| deliveries::redrive(connection, queue(connection, &owned)?, max, now))
            .await
            .map_err(|error| error.during("messages.redrive", subscription))
    }
}

impl SqliteStore {
    /// Takes what is due. It looks before it takes: consumers that wait do not hold up those who write.
    async fn take(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let owned = subscription.clone();
        let due = self.read(move |connection, now| deliveries::has_due(connection, queue(connection, &owned)?, now));
        if !due.await? {
            return Ok(Vec::new());
        }
        let owned = subscription.clone();
        self.write(move |connection, now| deliveries::take(connection, queue(connection, &owned)?, receive, now)).await
    }
}
