//! Publishing what is recorded.

use std::ops::Bound;

use futures_util::future::join_all;

use super::pause::pause_after;
use super::record::{INDEX, PREFIX, Record, attempts, is_due, put_off};
use super::{DocumentOutbox, Relayed};
use crate::documents::{Condition, Document, IndexQuery, Keys, MAX_PAGE, Partition, Query, TextRange};
use crate::messages::{Batch, MAX_BATCH, Outgoing};
use crate::{CollectionName, Error, ErrorKind, Result, TopicName};

impl DocumentOutbox {
    pub(super) async fn relay_waiting(
        &self,
        collection: &CollectionName,
        topic: &TopicName,
        limit: usize,
    ) -> Result<Relayed> {
        let now = self.clock.now();
        let due = TextRange::between(Bound::<String>::Unbounded, Bound::Included(now.to_string()));
        let query = IndexQuery::new(INDEX, topic.as_str()).within(due).limit(limit)?;
        let page = self.documents.query_index(collection, &query).await?;
        if page.documents.is_empty() {
            return Ok(Relayed { more: page.next.is_some(), ..Relayed::default() });
        }
        // The index may be behind: what others have published or put off meanwhile is left to them.
        let keys = Keys::new(page.documents.into_iter().map(|document| document.key))?;
        let standing = self.documents.get_many(collection, &keys).await?;
        let waiting = standing.into_iter().flatten().filter(|document| is_due(document, topic, now)).collect();
        let relayed = self.publish_all(collection, topic, waiting).await?;
        Ok(Relayed { more: page.next.is_some(), ..relayed })
    }

    pub(super) async fn relay_waiting_in(
        &self,
        collection: &CollectionName,
        partition: &Partition,
        topic: &TopicName,
    ) -> Result<Relayed> {
        let query = Query::partition(partition.clone()).prefix(PREFIX).limit(MAX_PAGE)?;
        let page = self.documents.query(collection, &query).await?;
        let now = self.clock.now();
        let waiting = page.documents.into_iter().filter(|document| is_due(document, topic, now)).collect();
        let relayed = self.publish_all(collection, topic, waiting).await?;
        Ok(Relayed { more: page.next.is_some(), ..relayed })
    }

    async fn publish_all(
        &self,
        collection: &CollectionName,
        topic: &TopicName,
        waiting: Vec<Document>,
    ) -> Result<Relayed> {
        let now = self.clock.now();
        let mut relayed = Relayed::default();
        let mut readable = Vec::with_capacity(waiting.len());
        for document in waiting {
            match Record::read(&document, now) {
                Ok(event) => readable.push((document, event)),
                Err(error) => {
                    relayed.put_off += 1;
                    self.put_off(collection, &document, &error).await;
                }
            }
        }
        for chunk in readable.chunks(MAX_BATCH) {
            let answers = self.publish(topic, chunk).await?;
            for answer in &answers {
                if answer.is_ok() { relayed.published += 1 } else { relayed.put_off += 1 }
            }
            let settled = chunk.iter().zip(&answers).map(|((document, _), answer)| async move {
                match answer {
                    Ok(()) => self.remove(collection, document).await,
                    Err(error) => self.put_off(collection, document, error).await,
                }
            });
            join_all(settled).await;
        }
        Ok(relayed)
    }

    /// One answer for each.
    async fn publish(&self, topic: &TopicName, chunk: &[(Document, Outgoing)]) -> Result<Vec<Result<()>>> {
        let batch = Batch::new(chunk.iter().map(|(_, event)| event.clone()))?;
        let answers = self.messages.publish(topic, &batch).await?;
        if answers.len() == chunk.len() {
            return Ok(answers);
        }
        // Which ones were published is unknown: all of them are kept.
        let message = format!("{} answers to {} messages published", answers.len(), chunk.len());
        Err(Error::new(ErrorKind::Internal, message))
    }

    /// Removes a record that was published. If that fails, the event is published again: at least once is what is promised.
    async fn remove(&self, collection: &CollectionName, document: &Document) {
        let condition = Condition::Version(document.version.clone());
        if let Err(error) = self.documents.delete(collection, &document.key, &condition).await {
            // Another relay was quicker.
            if error.kind() != ErrorKind::PreconditionFailed {
                tracing::warn!(%collection, key = %document.key, %error, "an event was published and will be again: it cannot be removed");
            }
        }
    }

    /// Has a record wait, so that those behind it have their turn.
    async fn put_off(&self, collection: &CollectionName, document: &Document, cause: &Error) {
        let attempts = attempts(document).saturating_add(1);
        let until = self.clock.now().plus(pause_after(attempts));
        tracing::warn!(%collection, key = %document.key, attempts, error = %cause, "an event cannot be published: it is tried again");
        let written = match put_off(document, attempts, until) {
            Ok(put) => self.documents.put(collection, &document.key, &put).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::warn!(%collection, key = %document.key, %error, "an event that cannot be published cannot be put off");
        }
    }
}
