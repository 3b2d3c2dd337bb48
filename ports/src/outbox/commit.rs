//! Recording events in the transaction of the documents they speak of.

use super::DocumentOutbox;
use super::record::{PREFIX, Record};
use crate::documents::{Operation, Transaction, Version};
use crate::messages::Outgoing;
use crate::{CollectionName, Error, Result, TopicName};

impl DocumentOutbox {
    pub(super) async fn record(
        &self,
        collection: &CollectionName,
        mut transaction: Transaction,
        topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>> {
        if transaction.operations().is_empty() && events.is_empty() {
            return Err(Error::invalid("a commit without operations and without events"));
        }
        if let Some((key, _)) = transaction.operations().iter().find(|(key, _)| key.sort().starts_with(PREFIX)) {
            return Err(Error::invalid(format!("{key} is a key of the outbox: choose one without {PREFIX:?}")));
        }
        let puts =
            transaction.operations().iter().filter(|(_, operation)| matches!(operation, Operation::Put(_))).count();
        let now = self.clock.now();
        for event in events {
            // A fresh key for each: the same event committed again must not replace what a relay has in hand.
            let sort = format!("{PREFIX}{}", self.ids.next());
            transaction = transaction.put(sort, Record::new(topic, event, now).put()?)?;
        }
        let mut versions = self.documents.transact(collection, &transaction).await?;
        versions.truncate(puts);
        Ok(versions)
    }
}
