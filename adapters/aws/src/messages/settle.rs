//! Settling deliveries. A receipt whose delivery is over settles nothing, in silence.

use std::time::Duration;

use anyport_ports::messages::{LEASE, Receipt, Subscription, bounded_reason};
use anyport_ports::{Error, ErrorKind, Result};
use aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityError;
use aws_sdk_sqs::operation::delete_message::DeleteMessageError;
use aws_sdk_sqs::operation::delete_message_batch::DeleteMessageBatchError;
use aws_sdk_sqs::operation::send_message::SendMessageError;
use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;

use super::attempt::{attempt, entry_error, is_stale};
use super::receive::reason_attribute;
use super::{REASON_ATTRIBUTE, Services, receipt, seconds};

const ACK: &str = "messages.ack";
const DEAD_LETTER: &str = "messages.dead_letter";

/// Whether a receipt settled its delivery.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    Yes,
    /// The delivery was over.
    Stale,
}

impl Services {
    pub(super) async fn ack(&self, subscription: &Subscription, receipts: &[Receipt]) -> Result<Vec<Result<()>>> {
        let url = self.queue_url(ACK, subscription).await?;
        let entries = receipts.iter().enumerate().map(|(at, receipt)| {
            let handle = receipt::parts(receipt).handle;
            DeleteMessageBatchRequestEntry::builder().id(at.to_string()).receipt_handle(handle).build()
        });
        let entries = entries.collect::<Result<Vec<_>, _>>().map_err(|error| {
            Error::new(ErrorKind::Internal, "the request could not be made").caused_by(error).during(ACK, subscription)
        })?;
        let request = self.sqs.delete_message_batch().queue_url(url).set_entries(Some(entries));
        let answer = attempt!(aws_sdk_sqs, DeleteMessageBatchError, request);
        let (answer, attempts) = match answer {
            Ok(answer) => answer,
            // Of a batch of one, some say so for the whole.
            Err(failure) if failure.is_stale() && receipts.len() == 1 => return Ok(vec![Ok(())]),
            Err(failure) => return Err(self.noted(subscription, failure.told(ACK, subscription))),
        };
        let mut results: Vec<Result<()>> = receipts.iter().map(|_| Ok(())).collect();
        for entry in answer.failed().iter().filter(|entry| !is_stale(Some(entry.code()), entry.message())) {
            let place = entry.id().parse::<usize>().ok().and_then(|at| results.get_mut(at));
            if let Some(result) = place {
                let code = (entry.code(), entry.message());
                *result = Err(entry_error(&attempts, code, entry.sender_fault(), (ACK, subscription)));
            }
        }
        Ok(results)
    }

    /// Keeps a delivery's message from other consumers for this long from now.
    pub(super) async fn hide(
        &self,
        operation: &'static str,
        subscription: &Subscription,
        receipt: &Receipt,
        length: Duration,
    ) -> Result<Settled> {
        let url = self.queue_url(operation, subscription).await?;
        let request = self
            .sqs
            .change_message_visibility()
            .queue_url(url)
            .receipt_handle(receipt::parts(receipt).handle)
            .visibility_timeout(seconds::at_least(length));
        match attempt!(aws_sdk_sqs, ChangeMessageVisibilityError, request) {
            Ok(_) => Ok(Settled::Yes),
            Err(failure) if failure.is_stale() => Ok(Settled::Stale),
            Err(failure) => Err(self.noted(subscription, failure.told(operation, subscription))),
        }
    }

    pub(super) async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        if subscription.is_dead_letters() {
            // What is given up there stays there, with the reason it came with.
            return self.hide(DEAD_LETTER, subscription, receipt, Duration::ZERO).await.map(drop);
        }
        let parts = receipt::parts(receipt);
        let Some(body) = parts.body else {
            let message =
                "the receipt holds no message to write to the dead letters: it is not as this adapter made it";
            return Err(Error::new(ErrorKind::Internal, message).during(DEAD_LETTER, subscription));
        };
        // A letter written under a stale receipt would stand beside a message that another consumer holds. So it is held
        // first, for as long as any lease may be: what fails half way does not end a lease early.
        match self.hide(DEAD_LETTER, subscription, receipt, *LEASE.end()).await? {
            Settled::Stale => Ok(()),
            Settled::Yes => self.bury(DEAD_LETTER, subscription, (parts.handle, body), reason).await,
        }
    }

    /// Moves a message that is held to the dead letters. It is written there before it is deleted: it may be in both
    /// queues for a while, never in none.
    pub(super) async fn bury(
        &self,
        operation: &'static str,
        subscription: &Subscription,
        (handle, body): (&str, &str),
        reason: &str,
    ) -> Result<()> {
        let letters = subscription.dead_letters();
        let request = self.sqs.send_message().queue_url(self.queue_url(operation, &letters).await?).message_body(body);
        let request = match reason_attribute(bounded_reason(reason)) {
            Some(attribute) => request.message_attributes(REASON_ATTRIBUTE, attribute),
            None => request,
        };
        attempt!(aws_sdk_sqs, SendMessageError, request)
            .map_err(|failure| self.noted(&letters, failure.told(operation, &letters)))?;

        let url = self.queue_url(operation, subscription).await?;
        let request = self.sqs.delete_message().queue_url(url).receipt_handle(handle);
        match attempt!(aws_sdk_sqs, DeleteMessageError, request) {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_stale() => Ok(()),
            Err(failure) => Err(half_done(self.noted(subscription, failure.told(operation, subscription)))),
        }
    }
}

/// The error of the second half: no longer one of which nothing was done.
fn half_done(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Throttled | ErrorKind::Unavailable => {
            let message = "the dead letter is written, but its message may be delivered again";
            Error::new(ErrorKind::Indeterminate, message)
                .during(error.operation(), error.resource())
                .caused_by(error.to_string())
        }
        _ => error,
    }
}
