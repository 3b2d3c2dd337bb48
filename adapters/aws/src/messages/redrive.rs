//! Putting dead letters back. SQS's own task for it has no maximum, and the attempts would go on where they ended.

use std::time::Duration;

use anyport_ports::messages::{MAX_BATCH, Receive, Subscription};
use anyport_ports::{Error, ErrorKind, Result};
use aws_sdk_sqs::operation::change_message_visibility_batch::ChangeMessageVisibilityBatchError;
use aws_sdk_sqs::operation::delete_message_batch::DeleteMessageBatchError;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchError;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message as SqsMessage,
    SendMessageBatchRequestEntry,
};

use super::attempt::{attempt, entry_error};
use super::{Services, requests};

const REDRIVE: &str = "messages.redrive";

/// Longer than it takes to put a batch back, with all attempts.
const HELD: Duration = Duration::from_mins(1);

/// With a wait SQS asks all of its servers, without one only some, and finds nothing though there is something.
const ALL_SERVERS: Duration = Duration::from_secs(1);

impl Services {
    pub(super) async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        let source = Subscription::new(subscription.topic().clone(), subscription.name())?;
        let letters = source.dead_letters();
        let mut moved = 0;
        while moved < max {
            let receive = Receive::new((max - moved).min(MAX_BATCH), HELD)?.waiting(ALL_SERVERS);
            let batch = match self.take(REDRIVE, &letters, receive).await {
                Ok(batch) if batch.is_empty() => break,
                Ok(batch) => batch,
                // What was moved was moved: the next call meets the error.
                Err(_) if moved > 0 => break,
                Err(error) => return Err(error),
            };
            let (put_back, error) = self.put_back(&source, &letters, &batch).await;
            moved += put_back;
            match error {
                Some(error) if moved == 0 => return Err(error),
                Some(_) => break,
                None => {}
            }
        }
        Ok(moved)
    }

    /// Puts dead letters back as they were published: how many, and what the others met. They are written before they
    /// are deleted: each may be in both queues for a while, never in none.
    async fn put_back(
        &self,
        source: &Subscription,
        letters: &Subscription,
        batch: &[SqsMessage],
    ) -> (usize, Option<Error>) {
        let sizes: Vec<usize> = batch.iter().map(|message| message.body().unwrap_or_default().len()).collect();
        let (mut moved, mut first_error) = (0, None);
        for run in requests::runs(&sizes) {
            let run = &batch[run];
            let (sent, error) = match self.send_all(source, run).await {
                Ok(sent) => sent,
                Err(error) => (Vec::new(), Some(error)),
            };
            let (back, left): (Vec<_>, Vec<_>) = run.iter().enumerate().partition(|(at, _)| sent.contains(at));
            // Either failing leaves a letter that is held for a while longer, and then is there again.
            let _again_later = self.delete_all(letters, &back).await;
            let _free_later = self.release_all(letters, &left).await;
            moved += sent.len();
            first_error = first_error.or(error);
        }
        (moved, first_error)
    }

    /// Sends the messages to the queue of the subscription: which were accepted, by their places, and what the first of
    /// the others met.
    async fn send_all(&self, source: &Subscription, run: &[SqsMessage]) -> Result<(Vec<usize>, Option<Error>)> {
        let url = self.queue_url(REDRIVE, source).await?;
        let entries = run.iter().enumerate().map(|(at, message)| {
            let builder = SendMessageBatchRequestEntry::builder().id(at.to_string());
            builder.message_body(message.body().unwrap_or_default()).build()
        });
        let entries = entries.collect::<Result<Vec<_>, _>>().map_err(|error| unmade(source, &error))?;
        let request = self.sqs.send_message_batch().queue_url(url).set_entries(Some(entries));
        let (answer, attempts) = attempt!(aws_sdk_sqs, SendMessageBatchError, request)
            .map_err(|failure| self.noted(source, failure.told(REDRIVE, source)))?;
        let error = answer.failed().first().map(|entry| {
            entry_error(&attempts, (entry.code(), entry.message()), entry.sender_fault(), (REDRIVE, source))
        });
        Ok((answer.successful().iter().filter_map(|entry| entry.id().parse().ok()).collect(), error))
    }

    async fn delete_all(&self, letters: &Subscription, run: &[(usize, &SqsMessage)]) -> Result<()> {
        if run.is_empty() {
            return Ok(());
        }
        let url = self.queue_url(REDRIVE, letters).await?;
        let entries = run.iter().map(|(at, message)| {
            let handle = message.receipt_handle().unwrap_or_default();
            DeleteMessageBatchRequestEntry::builder().id(at.to_string()).receipt_handle(handle).build()
        });
        let entries = entries.collect::<Result<Vec<_>, _>>().map_err(|error| unmade(letters, &error))?;
        let request = self.sqs.delete_message_batch().queue_url(url).set_entries(Some(entries));
        let answer = attempt!(aws_sdk_sqs, DeleteMessageBatchError, request);
        answer.map(drop).map_err(|failure| failure.told(REDRIVE, letters))
    }

    async fn release_all(&self, letters: &Subscription, run: &[(usize, &SqsMessage)]) -> Result<()> {
        if run.is_empty() {
            return Ok(());
        }
        let url = self.queue_url(REDRIVE, letters).await?;
        let entries = run.iter().map(|(at, message)| {
            let handle = message.receipt_handle().unwrap_or_default();
            let builder = ChangeMessageVisibilityBatchRequestEntry::builder().id(at.to_string());
            builder.receipt_handle(handle).visibility_timeout(0).build()
        });
        let entries = entries.collect::<Result<Vec<_>, _>>().map_err(|error| unmade(letters, &error))?;
        let request = self.sqs.change_message_visibility_batch().queue_url(url).set_entries(Some(entries));
        let answer = attempt!(aws_sdk_sqs, ChangeMessageVisibilityBatchError, request);
        answer.map(drop).map_err(|failure| failure.told(REDRIVE, letters))
    }
}

fn unmade(subscription: &Subscription, error: &dyn std::error::Error) -> Error {
    let message = "the request could not be made";
    Error::new(ErrorKind::Internal, message).caused_by(error.to_string()).during(REDRIVE, subscription)
}
