//! Calls functions for the messages of their subscriptions.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::Result;
use anyport_ports::messages::{
    Batch, Delivery, LEASE, Lease, MAX_BATCH, Messages, Outcome, Receipt, Receive, Subscription,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

use crate::backoff::Backoff;
use crate::claims::LEASE_MARGIN;
use crate::events::EventFunction;
use crate::layers::HostContext;

/// The least time between two looks that found nothing, whatever the adapter waits.
const IDLE: Duration = Duration::from_millis(50);

/// How often settling is tried while the store fails; after that the lease runs out, and the message comes again.
const SETTLE_ATTEMPTS: u32 = 5;

/// One subscription's function on one replica.
#[derive(Clone)]
pub(super) struct Consumer {
    pub(super) function: EventFunction<Delivery>,
    pub(super) subscription: Subscription,
    pub(super) messages: Arc<dyn Messages>,
    pub(super) wait: Duration,
    pub(super) retry_base: Duration,
}

impl Consumer {
    /// Consumes until told to stop, and then until what was received is settled. No error of the store ends it.
    pub(super) async fn run(self, stop: CancellationToken) {
        let consumer = Arc::new(self);
        let permits =
            usize::try_from(consumer.function.limits().concurrency).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let permits = Arc::new(Semaphore::new(permits));
        let (mut tasks, mut backoff) = (JoinSet::new(), Backoff::default());
        loop {
            while tasks.try_join_next().is_some() {}
            let mut held = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                permit = Arc::clone(&permits).acquire_owned() => Vec::from_iter(permit.ok()),
            };
            while held.len() < MAX_BATCH
                && let Ok(permit) = Arc::clone(&permits).try_acquire_owned()
            {
                held.push(permit);
            }
            let looked = Instant::now();
            let pause = match consumer.receive(held.len()).await {
                Ok(deliveries) => {
                    backoff.succeeded();
                    let found_none = deliveries.is_empty();
                    for (delivery, permit) in deliveries.into_iter().zip(held) {
                        tasks.spawn(Arc::clone(&consumer).consume(delivery, permit));
                    }
                    if found_none { IDLE.saturating_sub(looked.elapsed()) } else { Duration::ZERO }
                }
                Err(error) => {
                    tracing::warn!(function = consumer.function.name(), %error, "messages could not be received");
                    backoff.failed(&error)
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    fn lease(&self) -> Duration {
        (self.function.limits().timeout + LEASE_MARGIN).min(*LEASE.end())
    }

    /// It is not cut short by the drain: what the store has leased by then would be held back from everyone.
    async fn receive(&self, most: usize) -> Result<Vec<Delivery>> {
        let receive = Receive::new(most, self.lease())?.waiting(self.wait);
        self.messages.receive(&self.subscription, receive).await
    }

    async fn consume(self: Arc<Self>, delivery: Delivery, permit: OwnedSemaphorePermit) {
        let receipt = delivery.receipt.clone();
        let (outcome, span) = self.outcome(delivery).await;
        self.settle(&receipt, &outcome).instrument(span).await;
        drop(permit);
    }

    /// What is to become of a message, and the span of the call.
    async fn outcome(&self, delivery: Delivery) -> (Outcome, Span) {
        let receipt = delivery.receipt.clone();
        let host = HostContext { lease: Some(self.lease()), ..HostContext::default() };
        tokio::select! {
            judged = self.function.judged(delivery, self.retry_base, host) => judged,
            never = self.keep_leased(&receipt) => match never {},
        }
    }

    /// Extends the lease for as long as the function runs.
    async fn keep_leased(&self, receipt: &Receipt) -> std::convert::Infallible {
        loop {
            tokio::time::sleep(self.lease() / 2).await;
            let extended = match Lease::new(self.lease()) {
                Ok(lease) => self.messages.extend(&self.subscription, receipt, lease).await,
                Err(error) => Err(error),
            };
            if let Err(error) = extended {
                tracing::warn!(%error, "the lease could not be extended");
            }
        }
    }

    async fn settle(&self, receipt: &Receipt, outcome: &Outcome) {
        let mut backoff = Backoff::default();
        for _ in 0..SETTLE_ATTEMPTS {
            let messages = &self.messages;
            let settled = match outcome {
                Outcome::Ack => {
                    let results = messages.ack(&self.subscription, &Batch::one(receipt.clone())).await;
                    results.and_then(|results| results.into_iter().collect())
                }
                Outcome::Retry { after } => messages.nack(&self.subscription, receipt, *after).await,
                Outcome::DeadLetter { reason } => messages.dead_letter(&self.subscription, receipt, reason).await,
            };
            let Err(error) = settled else { return };
            tracing::warn!(%error, "the message could not be settled yet");
            tokio::time::sleep(backoff.failed(&error)).await;
        }
        tracing::error!("the message could not be settled: it will be delivered again");
    }
}
