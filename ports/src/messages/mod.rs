//! Messages: CloudEvents over topics with named subscriptions.
//!
//! What a caller hands over is checked when it is made ([`Message`], [`Receive`], [`Delay`] ...), once for all adapters.

mod cloud_event;
mod delivery;
mod message;

use async_trait::async_trait;

pub use delivery::{
    Delay, Delivery, LEASE, Lease, MAX_REASON_BYTES, Outcome, Receipt, Receive, Subscription, bounded_reason,
};
pub use message::{MAX_ATTRIBUTE_BYTES, MAX_DELAY, MAX_EXTENSIONS, MAX_MESSAGE_BYTES, Message, Outgoing};

use crate::{Error, Result, TopicName};

/// Most messages in one call: SQS's limit for a batch.
pub const MAX_BATCH: usize = 10;

/// One to ten entries of a batched call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<T>(Vec<T>);

impl<T> Batch<T> {
    /// The entries, in the order of the answer; [`InvalidInput`](crate::ErrorKind::InvalidInput) for none or more than 10.
    pub fn new(entries: impl IntoIterator<Item = T>) -> Result<Self> {
        let entries: Vec<T> = entries.into_iter().collect();
        if entries.is_empty() || entries.len() > MAX_BATCH {
            return Err(Error::invalid(format!("a batch of {}: it takes 1 to {MAX_BATCH}, split it", entries.len())));
        }
        Ok(Self(entries))
    }

    /// A batch of one.
    pub fn one(entry: T) -> Self {
        Self(vec![entry])
    }

    /// The entries in order.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

/// A store of messages: topics, each with named subscriptions that every message is delivered to at least once.
///
/// # Behavior of every operation
///
/// - **MSG-LIN-1**: consumers on any handles compete: while a lease runs, no other delivery of its message is made.
///
/// # Errors of every operation
///
/// - **MSG-ERR-1**: a store that asks to slow down is `Throttled`, one that is not reached is `Unavailable`: both tell to
///   retry, and nothing was done.
/// - **MSG-ERR-2**: a publish that was lost on its way once it was sent, there or back, is `Indeterminate`, never another
///   kind; publishing the same message again delivers it at least once.
/// - `PermissionDenied`, `Unauthenticated` and `Internal` may come from any operation.
#[async_trait]
pub trait Messages: Send + Sync + 'static {
    /// Publishes up to ten messages; one result for each, in order.
    ///
    /// # Behavior
    ///
    /// - **MSG-PUB-1**: a message accepted is delivered to every subscription of the topic.
    /// - **MSG-PUB-2**: each entry has its own result: one refused is reported as refused, and the others are delivered.
    /// - **MSG-PUB-3**: data comes back exactly: any bytes, none, up to the limit.
    /// - **MSG-PUB-4**: attributes come back exactly, those that are not set as not set; none is added.
    /// - **MSG-PUB-5**: a topic that was never provisioned is `NotFound`, and so is receiving from such a subscription.
    /// - **MSG-PUB-6**: whatever was accepted is delivered, through any number of calls.
    /// - **MSG-DLY-1**: a delayed message is not delivered before its delay is over, and is delivered after.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown topic, `Indeterminate` by entry or for all, and those of every operation.
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>>;

    /// Takes up to ten messages under a lease.
    ///
    /// # Behavior
    ///
    /// - **MSG-RCV-1**: never more than asked for; each message is held by one consumer at a time.
    /// - **MSG-RCV-2**: a message not settled when its lease is over is delivered again, as after a crash of its consumer.
    /// - **MSG-RCV-3**: attempts count from 1 and rise by one with each delivery.
    /// - **MSG-RCV-4**: each delivery of a message has the same id, data and attributes.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown subscription, `Indeterminate` (what was taken is delivered again when its lease is over),
    /// and those of every operation.
    async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>>;

    /// Settles deliveries for good; one result for each receipt, in order.
    ///
    /// # Behavior
    ///
    /// - **MSG-ACK-1**: a message acknowledged under its lease is never delivered again to this subscription.
    /// - **MSG-ACK-2**: acknowledging twice succeeds.
    /// - **MSG-ACK-3**: the receipt of an earlier delivery settles nothing: the message stays with who holds it now. It is
    ///   accepted in silence, since some stores cannot tell; so it is in `nack`, `extend` and `dead_letter`.
    /// - **MSG-ACK-4**: it settles its own message only.
    ///
    /// # Errors
    ///
    /// As `receive`.
    async fn ack(&self, subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>>;

    /// Gives a delivery back, to be delivered again after a delay. It counts as an attempt.
    ///
    /// # Behavior
    ///
    /// - **MSG-NACK-1**: the message is delivered again.
    /// - **MSG-NACK-2**: not before the delay is over.
    ///
    /// # Errors
    ///
    /// As `receive`.
    async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()>;

    /// Lets the lease of a delivery run for this long from now.
    ///
    /// # Behavior
    ///
    /// - **MSG-EXT-1**: the message is not delivered again before the new end of the lease, and is after it.
    ///
    /// # Errors
    ///
    /// As `receive`.
    async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()>;

    /// Moves a message to the dead letters at once, with a reason that is cut to 1 KiB ([`bounded_reason`]).
    ///
    /// # Behavior
    ///
    /// - **MSG-DLQ-1**: a message whose subscription allows N attempts is delivered N times, and then is with the dead
    ///   letters: not before, not later.
    /// - **MSG-DLQ-2**: there it has the id, data and attributes it had, and a reason.
    /// - **MSG-DLQ-3**: `dead_letter` moves it at the first attempt as well, with the reason given.
    /// - **MSG-SUB-1**: what happens to a message in one subscription leaves every other subscription as it is.
    ///
    /// # Errors
    ///
    /// As `receive`.
    async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()>;

    /// Puts up to `max` dead letters of a subscription, those that nobody holds under a lease, back into it; returns how
    /// many. Asked of the dead letters themselves it does the same.
    ///
    /// # Behavior
    ///
    /// - **MSG-DLQ-4**: they are delivered anew, as they were published, with attempts from 1, to this subscription only,
    ///   and are no longer with the dead letters.
    ///
    /// # Errors
    ///
    /// As `receive`.
    async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize>;
}
