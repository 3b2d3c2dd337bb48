//! Messages on Pub/Sub: a topic is a topic, a subscription a pull subscription that delivers exactly once, and its dead
//! letters a topic and a subscription of their own.
//!
//! # What is where
//!
//! | | called |
//! |---|---|
//! | topic `orders` | topic `{prefix}orders` |
//! | subscription `orders/fulfil` | subscription `{prefix}orders.fulfil` of it |
//! | what it is to be given later | subscription `{prefix}orders.fulfil.later` of it |
//! | its dead letters | topic and subscription `{prefix}orders.fulfil.dead` |
//!
//! A name that would begin with `goog`, which Pub/Sub keeps for Google, is written with `x.` before it. What a message
//! looks like stands in [`wire`]: the CloudEvent in structured JSON mode, and attributes that say how it is to be handled.
//! A message that is none, from a producer of another house, is handed out as the data of an event of the type
//! [`FOREIGN_MESSAGE`]; one too large for that goes to the dead letters, for people to look at.
//!
//! # Which client does what
//!
//! Google's client (`google-cloud-pubsub`) publishes, creates topics and subscriptions. It does not receive: it has but a
//! stream, which hands out a message with a handler that lives in one process, acknowledges or gives back without a delay,
//! and clamps a lease to 10 seconds and more. The contract's receipts settle from any handle, a lease is as long as the
//! consumer says, can be extended and ended, and nobody holds more messages than were asked for. So receiving is Pub/Sub's
//! own `Pull`, `ModifyAckDeadline` and `Acknowledge` over gRPC, by the public proto. The client's retries are off: it tells
//! only the last of its failures, and one answer lost before that puts a publish in doubt.
//!
//! # Exactly
//!
//! - *Attempts*: Pub/Sub counts deliveries where a subscription has a policy of dead letters, which must allow 5 to 100. So
//!   every subscription has one, its own number stands in a label (`anyport-attempts`), and who receives a message once
//!   more than that moves it to the dead letters, as Pub/Sub does by itself from the fifth on. Where more than 100 are
//!   allowed, who receives publishes a message anew before Pub/Sub has counted to its end, with what was counted so far.
//! - *Delay*: Pub/Sub has none. A message with a delay is kept from its subscription by a filter, and taken by `.later`;
//!   who receives looks there at most twice a second, holds what is early until it is due, and publishes what is due once
//!   more, for this subscription alone. So a delay uses up no attempt. Giving back with a delay lets the lease run on for
//!   that long; beyond the 10 minutes that Pub/Sub allows, the message waits in `.later` and goes on counting.
//!   A dead letter may wait where it is: nobody counts there, so that each of its deliveries is said to be the first.
//! - *One subscription alone* gets what is driven back from its dead letters, though a topic gives to all: by a filter.
//! - *Leases*: with exactly-once delivery nothing that is held is delivered, and a stale receipt does nothing.
//!
//! # What it costs
//!
//! - A receive is three requests: for what is due, for messages, and for their lease; two if there are none.
//! - The first receive of a subscription reads how it is made, for which the caller needs `pubsub.subscriptions.get`
//!   beside the right to consume `{subscription}` and `{subscription}.later`, and to publish to the topic and to the dead
//!   letters. A label that is changed is seen after a restart.
//! - A publish is one request, whatever is subscribed.
//!
//! # What Pub/Sub does not promise
//!
//! - It delivers exactly once within a region: clients that reach it in different ones may get a message twice.
//! - Its count of deliveries is its best effort. Consumers have to be idempotent, as everywhere.
//! - It dates a message when it is published, and who receives says when it is due: clocks that differ shift a delay by as
//!   much.
//! - A message whose attempts are used up is moved when somebody receives from its subscription, not before.
//! - What nobody receives is kept for 7 days, dead letters too, unless who makes the subscription says longer: 31 at most.
//! - Leases and delays of what is given back are whole seconds: others are rounded up.
//! - To a *push* subscription Pub/Sub delivers by itself. It must have the filter that leaves out what is to come later,
//!   and somebody must still receive, if only to bring that when it is due.

#[cfg(test)]
mod failures;
mod later;
mod names;
mod provision;
mod publish;
mod publisher;
mod receipt;
mod receive;
mod redrive;
mod seconds;
mod settle;
mod subscriber;
mod wire;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyport_ports::messages::{Batch, Delay, Delivery, Lease, Messages, Outgoing, Receipt, Receive, Subscription};
use anyport_ports::{Result, TopicName};
use async_trait::async_trait;

use crate::access::{Access, Service, ServiceSettings, variable};
use names::Names;
use publisher::Publishers;
use subscriber::Subscriber;

pub use wire::FOREIGN_MESSAGE;

const PUBSUB: Service = Service { emulator: "PUBSUB_EMULATOR_HOST", url: "https://pubsub.googleapis.com" };

/// Messages on Pub/Sub. Clones share connections and what was looked up.
///
/// A call takes 12 seconds at most, and the time that it is told to wait; it is attempted three times at most with growing,
/// random pauses between.
#[derive(Clone)]
pub struct PubSubMessages(Arc<Services>);

struct Services {
    access: Access,
    names: Names,
    publishers: Publishers,
    subscriber: Subscriber,
    /// How often each subscription lets a message be delivered.
    allowed: Mutex<HashMap<Subscription, u32>>,
    /// When was last looked for what is due.
    looked: Mutex<HashMap<Subscription, Instant>>,
}

impl PubSubMessages {
    /// Finds project and credentials; no service is called yet.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if no project is set anywhere, the prefix is no prefix or the endpoint none; `Unauthenticated` if
    /// there are no credentials.
    #[expect(clippy::unused_async, reason = "connections and tokens need a runtime, which who awaits is in")]
    pub async fn connect(settings: &ServiceSettings) -> Result<Self> {
        let access = Access::find(settings, &PUBSUB, variable)?;
        Ok(Self(Arc::new(Services {
            names: Names::new(&access.project, access.naming.clone()),
            publishers: Publishers::new(&access),
            subscriber: Subscriber::new(&access)?,
            allowed: Mutex::default(),
            looked: Mutex::default(),
            access,
        })))
    }
}

impl Services {
    fn allowed(&self) -> MutexGuard<'_, HashMap<Subscription, u32>> {
        self.allowed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn looked(&self) -> MutexGuard<'_, HashMap<Subscription, Instant>> {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for PubSubMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PubSubMessages").field("access", &self.0.access).finish_non_exhaustive()
    }
}

#[async_trait]
impl Messages for PubSubMessages {
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        self.0.publish(topic, batch.as_slice()).await
    }

    async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        Box::pin(self.0.receive(subscription, receive)).await
    }

    async fn ack(&self, subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        self.0.ack(subscription, receipts.as_slice()).await
    }

    async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        self.0.nack(subscription, receipt, delay.length()).await
    }

    async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()> {
        self.0.extend(subscription, receipt, lease.length()).await
    }

    async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        self.0.dead_letter(subscription, receipt, reason).await
    }

    async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        self.0.redrive(subscription, max).await
    }
}
