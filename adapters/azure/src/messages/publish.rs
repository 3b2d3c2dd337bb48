//! Publishing: each message goes to each queue of the topic.

use anyport_ports::messages::Outgoing;
use anyport_ports::{Error, ErrorKind, Result, TopicName};
use azure_storage_queue::QueueClient;
use azure_storage_queue::models::{ListQueuesIncludeType, QueueItem, QueueServiceClientListQueuesOptions};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::Instant;

use super::queues::limit_in;
use super::wire::Stored;
use super::{Queues, answers};
use crate::call::{DEADLINE, Effect, attempt};

const PUBLISH: &str = "messages.publish";

/// Most requests of one publish at the same time.
const AT_ONCE: usize = 16;

impl Queues {
    pub(super) async fn publish(&self, topic: &TopicName, batch: &[Outgoing]) -> Result<Vec<Result<()>>> {
        let queues = self.subscribed(topic).await?;
        let stored = |outgoing: &Outgoing| Stored { message: outgoing.message.clone(), reason: None }.text();
        let texts: Vec<String> = batch.iter().map(stored).collect();
        let deadline = Instant::now() + DEADLINE;
        let mut sends = Vec::with_capacity(queues.len() * batch.len());
        for (at, (outgoing, text)) in batch.iter().zip(&texts).enumerate() {
            for queue in &queues {
                sends.push(async move {
                    let sent = self.send(queue, text, outgoing.delay, deadline).await;
                    let result = sent.map_err(|failure| failure.told(Effect::Change, PUBLISH, topic));
                    (at, result.or_else(gone))
                });
            }
        }
        let answers: Vec<(usize, Result<()>)> = stream::iter(sends).buffer_unordered(AT_ONCE).collect().await;
        Ok(answers::by_entry(batch.len(), answers))
    }

    /// The queues of the topic's subscriptions, as they stand now.
    async fn subscribed(&self, topic: &TopicName) -> Result<Vec<QueueClient>> {
        let marker = self.names.topic(topic);
        let found = attempt(|| self.list(&marker)).await;
        let found = found.map_err(|failure| failure.told(Effect::Read, PUBLISH, topic))?;
        let named = |item: &QueueItem| item.name.clone().unwrap_or_default();
        if !found.iter().any(|item| named(item) == marker) {
            let message = format!("no queue {marker} stands for the topic: provision it, or check the prefix of names");
            return Err(Error::new(ErrorKind::NotFound, message).during(PUBLISH, topic));
        }
        let subscribed = found.iter().filter(|item| item.metadata.as_ref().and_then(limit_in).is_some());
        subscribed.map(|item| self.queue(&named(item))).collect()
    }

    /// All queues whose names begin like this.
    async fn list(&self, prefix: &str) -> azure_core::Result<Vec<QueueItem>> {
        let options = QueueServiceClientListQueuesOptions {
            include: Some(vec![ListQueuesIncludeType::Metadata]),
            prefix: Some(prefix.to_owned()),
            ..QueueServiceClientListQueuesOptions::default()
        };
        let mut pages = self.client.list_queues(Some(options))?.into_pages();
        let mut found = Vec::new();
        while let Some(page) = pages.try_next().await? {
            found.extend(page.into_model()?.queue_items);
        }
        Ok(found)
    }
}

/// A subscription that was taken away meanwhile gets nothing more.
fn gone(error: Error) -> Result<()> {
    if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
