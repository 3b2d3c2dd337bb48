//! The inbox: a message delivered many times has its effect once.
//!
//! A marker of the message is written in the very transaction of the effect, under the condition that there is none. Of any
//! number of deliveries, at once or one after another, one has the effect; the others are told that it stands.
//!
//! Markers stand among the documents of the effect's partition, under sort keys that begin with [`PREFIX`], and expire: list
//! the domain's own documents by their own prefix, and pass over keys of this prefix where changes of a collection are read.

mod documents;
mod handle;
mod marker;

use std::time::Duration;

use async_trait::async_trait;

pub use documents::DocumentInbox;
pub use handle::Inbox;
pub use marker::PREFIX;

use crate::documents::{Transaction, Version};
use crate::messages::Message;
use crate::{CollectionName, Result};

/// How long messages are remembered: as long as SQS, with the shortest of the longest retentions, keeps one for its consumers
/// and for its dead letters.
pub const RETENTION: Duration = Duration::from_hours(14 * 24);

/// Which message is consumed, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumed {
    /// Who consumes it: of two consumers of one message, each has its own effect.
    pub consumer: String,
    /// CloudEvents `source`.
    pub source: String,
    /// CloudEvents `id`.
    pub id: String,
}

impl Consumed {
    /// This message, by this consumer.
    pub fn by(consumer: impl Into<String>, message: &Message) -> Self {
        Self { consumer: consumer.into(), source: message.source().to_owned(), id: message.id().to_owned() }
    }
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Once {
    /// The effect happened now: one version for each `Put` of it.
    Done(Vec<Version>),
    /// The effect stands already; nothing was done. Acknowledge the message.
    Already,
}

/// Transactions that happen once for each message.
///
/// # Errors
///
/// - **INB-ERR-1**: an effect whose outcome is unknown is `Indeterminate`, or `Already` if it is found to stand; tried again
///   it happens once.
/// - `NotFound` for an unknown collection; `Throttled`, `Unavailable`, `PermissionDenied`, `Unauthenticated`, `Internal`.
#[async_trait]
pub trait InboxStore: Send + Sync + 'static {
    /// Performs a transaction, if no transaction was performed in its partition for this message and consumer before.
    ///
    /// # Behavior
    ///
    /// - **INB-ONCE-1**: the first time the transaction happens, and the versions are those of its own documents.
    /// - **INB-ONCE-2**: after that it is `Already`, whatever the transaction is, its conditions included, and nothing happens.
    /// - **INB-ONCE-3**: of any number of deliveries at once, one has its effect.
    /// - **INB-ONCE-4**: if a condition of the transaction fails, that is the error, and the message is not marked: it may be
    ///   tried again.
    /// - **INB-SCOPE-1**: messages of another id, or of another source, are others, and so are other consumers, whatever
    ///   characters they hold.
    /// - **INB-EXP-1**: a message is remembered for the time that the store was made with, and then forgotten.
    /// - **INB-KEY-1**: the transaction has at most 49 operations; with more, or with one on a key that begins with [`PREFIX`],
    ///   it is `InvalidInput`, and nothing happens.
    ///
    /// # Errors
    ///
    /// As [`Documents::transact`](crate::documents::Documents::transact).
    async fn once(&self, collection: &CollectionName, message: &Consumed, effect: Transaction) -> Result<Once>;
}
