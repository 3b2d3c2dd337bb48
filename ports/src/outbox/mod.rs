//! The transactional outbox: events that are published if, and only if, the documents they speak of were written.
//!
//! Events are recorded in the very transaction of the documents, in the same collection and partition. A relay publishes
//! what is recorded and then removes it: at least once, since it may stop in between. Consumers tell a repeated event by its
//! source and id; see [`inbox`](crate::inbox).
//!
//! A domain service takes an [`Outbox`] instead of a publisher, and some function, on a schedule or after each commit, a
//! [`Relay`]:
//!
//! ```
//! # use anyport_ports::documents::{Condition, Key, Partition};
//! # use anyport_ports::handles::{Change, Collection, EventHead, Topic};
//! # use anyport_ports::outbox::{Outbox, Relay};
//! # use anyport_ports::{CollectionName, Result, TopicName};
//! # enum Orders {}
//! # impl Collection for Orders {
//! #     const NAME: CollectionName = CollectionName::from_static("orders");
//! #     type Item = serde_json::Value;
//! #     fn key(order: &Self::Item) -> Result<Key> { Key::new("u1", format!("order/{}", order["id"])) }
//! # }
//! # enum OrderEvents {}
//! # impl Topic for OrderEvents {
//! #     const NAME: TopicName = TopicName::from_static("order-events");
//! #     const SOURCE: &'static str = "/orders";
//! #     type Event = String;
//! #     fn head(id: &String) -> EventHead { EventHead { id: id.clone(), kind: "order.placed", subject: None } }
//! # }
//! async fn place(order: serde_json::Value, orders: &Outbox<Orders, OrderEvents>, relay: &Relay<Orders, OrderEvents>) -> Result<()> {
//!     let (partition, placed) = (Partition::new("u1")?, format!("placed/{}", order["id"]));
//!     orders.commit(partition.clone(), vec![Change::Put(order, Condition::Absent)], &[placed]).await?;
//!     // The event is safe by now. To send it at once is a courtesy: what this misses, the scheduled relay finds.
//!     let _best_effort = relay.partition(&partition).await;
//!     Ok(())
//! }
//! ```
//!
//! Records stand among the domain's own documents, under sort keys that begin with [`PREFIX`]: list the domain's by their own
//! prefix, as in `Query::partition(user).prefix("order/")`, and pass over keys of this prefix where changes of a collection
//! are read. They are in no index but the outbox's own, which the handles declare.
//!
//! What waits for one topic in one collection is one partition of that index while it waits. On DynamoDB that is good for about
//! a thousand events a second; a workload that commits more spreads them over topics or collections.

mod commit;
mod documents;
mod handle;
mod pause;
mod record;
mod relay;

use async_trait::async_trait;

pub use documents::DocumentOutbox;
pub use handle::{Outbox, Relay};
pub use record::{INDEX, PREFIX, index, indexes_with};

use crate::documents::{Partition, Transaction, Version};
use crate::messages::Outgoing;
use crate::{CollectionName, Result, TopicName};

/// What a relay did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Relayed {
    /// Events published.
    pub published: usize,
    /// Events that could not be published now, and are tried again after a pause.
    pub put_off: usize,
    /// Whether there may be more to publish at once: the relay stopped at its limit. Call it again then, unless it published
    /// nothing: what is left is with another relay, or waits for a pause to be over.
    pub more: bool,
}

/// Transactions that record events, and their relay to topics.
///
/// # Behavior of every operation
///
/// - **OBX-KEY-1**: records show under sort keys with [`PREFIX`] only, and in no index but the outbox's own; a transaction of
///   the domain that touches such a key is `InvalidInput`, and nothing happens.
///
/// # Errors of every operation
///
/// - `NotFound` for an unknown collection or topic; `Throttled`, `Unavailable`, `PermissionDenied`, `Unauthenticated`,
///   `Internal`.
#[async_trait]
pub trait OutboxStore: Send + Sync + 'static {
    /// Performs a transaction, and records events for a topic in it; returns one version for each `Put` of the transaction.
    ///
    /// # Behavior
    ///
    /// - **OBX-COM-1**: if a condition of the transaction fails, the error is that of the transaction, nothing of it happens,
    ///   and no event is ever published.
    /// - **OBX-COM-2**: if it succeeds, every document is written and every event recorded, whatever happens to the caller
    ///   next: any relay, of any process, publishes them.
    /// - **OBX-COM-3**: the versions are those of the transaction's own documents.
    /// - **OBX-COM-4**: events of the same id, in one commit or in several, are each published.
    /// - **OBX-COM-5**: operations and events together are at most fifty; with more it is `InvalidInput`, and nothing happens. A
    ///   commit of neither is `InvalidInput`; one of events alone is not.
    /// - **OBX-ERR-1**: a commit whose outcome is unknown is `Indeterminate`; whichever it was, documents and events are both
    ///   there or both not.
    ///
    /// # Errors
    ///
    /// As [`Documents::transact`](crate::documents::Documents::transact), and those of every operation.
    async fn commit(
        &self,
        collection: &CollectionName,
        transaction: Transaction,
        topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>>;

    /// Publishes up to `limit` events (1 to 100) that wait for a topic in a collection, those first that wait longest.
    ///
    /// # Behavior
    ///
    /// - **OBX-REL-1**: an event is published as it was committed, with every attribute: correlation and trace included.
    /// - **OBX-REL-2**: it is removed once it is published, and not published again by relays that come after that.
    /// - **OBX-REL-3**: no record is removed before its event is published: what a relay leaves that stops in between, and what
    ///   it cannot remove, the next one publishes again. Any number of relays may run at once.
    /// - **OBX-REL-4**: it publishes no more than the limit, and says whether there is more.
    /// - **OBX-REL-5**: events of other topics, and of other collections, stay as they are.
    /// - **OBX-DLY-1**: a delay counts from the commit: the event is not delivered before it is over, and is delivered after.
    /// - **OBX-PSN-1**: an event that is refused, or a record that cannot be read, keeps none of the others from being published,
    ///   not even those behind more of its kind than the limit.
    /// - **OBX-PSN-2**: it is not dropped: it is tried again after a pause, which grows from one second to fifteen minutes.
    /// - **OBX-ERR-2**: if the messages are not reached, that is the error, and every event still waits.
    ///
    /// # Errors
    ///
    /// `Indeterminate`, and those of every operation. What was published before an error stays published.
    async fn relay(&self, collection: &CollectionName, topic: &TopicName, limit: usize) -> Result<Relayed>;

    /// Publishes events that wait for a topic in one partition: what was just committed there, seen at once.
    ///
    /// # Behavior
    ///
    /// - **OBX-PAR-1**: what is committed before it begins is published, and nothing of other partitions. It looks at a hundred
    ///   records at most; what it leaves, [`relay`](Self::relay) finds.
    ///
    /// # Errors
    ///
    /// As [`relay`](Self::relay).
    async fn relay_partition(
        &self,
        collection: &CollectionName,
        partition: &Partition,
        topic: &TopicName,
    ) -> Result<Relayed>;
}
