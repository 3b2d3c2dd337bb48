//! The requests to queues, each with what may go wrong.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyport_ports::messages::Subscription;
use anyport_ports::{Error, ErrorKind, Result};
use azure_core::http::headers::HeaderName;
use azure_storage_queue::QueueClient;
use azure_storage_queue::models::{
    QueueClientGetPropertiesResultHeaders as _, QueueClientReceiveMessagesOptions, QueueClientSendMessageOptions,
    QueueMessage, ReceivedMessage,
};
use tokio::time::Instant;

use super::{Queues, seconds};
use crate::call::{Effect, Failure, attempt, attempt_until, made};

/// The metadata of a subscription's queue that says how often a message is delivered. What has it is a subscription.
pub(super) const MAX_ATTEMPTS: &str = "maxattempts";

/// Messages are kept until they are acknowledged.
const NEVER: i32 = -1;

/// How often messages of queues may be delivered, as far as it was asked for.
#[derive(Default)]
pub(super) struct Limits(Mutex<HashMap<String, u32>>);

impl Limits {
    fn get(&self, queue: &str) -> Option<u32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(queue).copied()
    }

    fn set(&self, queue: &str, limit: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(queue.to_owned(), limit);
    }

    fn forget(&self, queue: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(queue);
    }
}

/// A message that was taken.
pub(super) struct Taken {
    pub(super) id: String,
    pub(super) pop_receipt: String,
    pub(super) text: String,
    /// How often it was delivered, this time included.
    pub(super) count: u32,
}

impl From<ReceivedMessage> for Taken {
    fn from(message: ReceivedMessage) -> Self {
        Self {
            id: message.message_id.unwrap_or_default(),
            pop_receipt: message.pop_receipt.unwrap_or_default(),
            text: message.message_text.unwrap_or_default(),
            count: message.dequeue_count.and_then(|count| u32::try_from(count).ok()).unwrap_or(1),
        }
    }
}

/// Whether a failure says that the delivery is over: another took the message since, or it is gone.
pub(super) fn is_stale(failure: &Failure) -> bool {
    matches!(failure.code(), Some("MessageNotFound" | "PopReceiptMismatch"))
}

impl Queues {
    /// A client of one queue.
    pub(super) fn queue(&self, name: &str) -> Result<QueueClient> {
        made(self.client.queue_client(name), "the name of a queue")
    }

    /// How often the subscription's messages may be delivered.
    pub(super) async fn limit(&self, operation: &'static str, subscription: &Subscription) -> Result<u32> {
        let name = self.names.queue(subscription);
        if let Some(limit) = self.limits.get(&name) {
            return Ok(limit);
        }
        let found = self.limit_of(&self.queue(&name)?).await;
        let found = found.map_err(|failure| failure.told(Effect::Read, operation, subscription))?;
        let limit = found.ok_or_else(|| {
            let message = format!("the queue {name} has no metadata {MAX_ATTEMPTS} above 0: it is no subscription's");
            Error::new(ErrorKind::Internal, message).during(operation, subscription)
        })?;
        self.limits.set(&name, limit);
        Ok(limit)
    }

    /// Likewise of a queue, if it is a subscription's.
    pub(super) async fn limit_of(&self, queue: &QueueClient) -> Result<Option<u32>, Failure> {
        let metadata = attempt(|| async { queue.get_properties(None).await?.metadata() }).await?;
        Ok(limit_in(&metadata))
    }

    /// Takes up to so many messages for so long.
    pub(super) async fn take(
        &self,
        operation: &'static str,
        subscription: &Subscription,
        max: usize,
        lease: Duration,
    ) -> Result<Vec<Taken>> {
        let name = self.names.queue(subscription);
        let queue = self.queue(&name)?;
        let answer = attempt(|| async {
            let options = QueueClientReceiveMessagesOptions {
                number_of_messages: i32::try_from(max).ok(),
                visibility_timeout: Some(seconds::at_least(lease)),
                ..QueueClientReceiveMessagesOptions::default()
            };
            queue.receive_messages(Some(options)).await?.into_model()
        });
        let answer = answer.await.map_err(|failure| {
            let error = failure.told(Effect::Change, operation, subscription);
            if error.kind() == ErrorKind::NotFound {
                self.limits.forget(&name);
            }
            error
        })?;
        Ok(answer.items.unwrap_or_default().into_iter().map(Taken::from).collect())
    }

    /// Puts a text into a queue, to be seen after a delay.
    pub(super) async fn send(
        &self,
        queue: &QueueClient,
        text: &str,
        delay: Duration,
        deadline: Instant,
    ) -> Result<(), Failure> {
        let request = || async {
            let message = QueueMessage { message_text: Some(text.to_owned()) };
            let options = QueueClientSendMessageOptions {
                message_time_to_live: Some(NEVER),
                visibility_timeout: Some(seconds::at_least(delay)),
                ..QueueClientSendMessageOptions::default()
            };
            queue.send_message(message.try_into()?, Some(options)).await.map(drop)
        };
        attempt_until(deadline, request).await
    }

    /// Takes a message away for good.
    pub(super) async fn delete(&self, queue: &QueueClient, id: &str, pop_receipt: &str) -> Result<(), Failure> {
        attempt(|| async { queue.delete_message(id, pop_receipt, None).await.map(drop) }).await
    }

    /// Keeps a message from others for so long from now: its new pop receipt.
    pub(super) async fn hide(
        &self,
        queue: &QueueClient,
        id: &str,
        pop_receipt: &str,
        length: Duration,
    ) -> Result<String, Failure> {
        attempt(|| async {
            let answer = queue.update_message(id, pop_receipt, seconds::at_least(length), None).await?;
            answer.headers().get_str(&HeaderName::from_static("x-ms-popreceipt")).map(str::to_owned)
        })
        .await
    }
}

/// The limit among the metadata of a queue.
pub(super) fn limit_in(metadata: &HashMap<String, String>) -> Option<u32> {
    let value = metadata.iter().find(|(name, _)| name.eq_ignore_ascii_case(MAX_ATTEMPTS))?.1;
    value.parse().ok().filter(|limit| *limit > 0)
}
