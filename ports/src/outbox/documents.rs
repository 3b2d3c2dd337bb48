//! The outbox on any store of documents, and any store of messages.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::{OutboxStore, Relayed};
use crate::documents::{Documents, Partition, Transaction, Version};
use crate::messages::{Messages, Outgoing};
use crate::{Clock, CollectionName, Ids, Result, TopicName};

/// Records events as documents beside those they speak of, and publishes them to these messages.
pub struct DocumentOutbox {
    pub(super) documents: Arc<dyn Documents>,
    pub(super) messages: Arc<dyn Messages>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn Ids>,
}

impl DocumentOutbox {
    /// An outbox between these documents and these messages.
    pub fn new(
        documents: Arc<dyn Documents>,
        messages: Arc<dyn Messages>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        Self { documents, messages, clock, ids }
    }
}

#[async_trait]
impl OutboxStore for DocumentOutbox {
    async fn commit(
        &self,
        collection: &CollectionName,
        transaction: Transaction,
        topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>> {
        let at = format!("{collection}/{}", transaction.partition().as_str().escape_debug());
        let committed = self.record(collection, transaction, topic, events).await;
        committed.map_err(|error| error.during("outbox.commit", at))
    }

    async fn relay(&self, collection: &CollectionName, topic: &TopicName, limit: usize) -> Result<Relayed> {
        let relayed = self.relay_waiting(collection, topic, limit).await;
        relayed.map_err(|error| error.during("outbox.relay", format_args!("{collection} to {topic}")))
    }

    async fn relay_partition(
        &self,
        collection: &CollectionName,
        partition: &Partition,
        topic: &TopicName,
    ) -> Result<Relayed> {
        let relayed = self.relay_waiting_in(collection, partition, topic).await;
        relayed.map_err(|error| error.during("outbox.relay_partition", format_args!("{collection} to {topic}")))
    }
}

impl fmt::Debug for DocumentOutbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentOutbox")
    }
}
