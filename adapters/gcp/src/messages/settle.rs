//! Settling deliveries. A receipt whose delivery is over settles nothing, in silence.

use std::time::Duration;

use anyport_ports::messages::{Receipt, Subscription, bounded_reason};
use anyport_ports::{Error, ErrorKind, Result};
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::ReceivedMessage;

use super::later::LONGEST_HOLD;
use super::receive::message;
use super::subscriber::{Settle, Settled};
use super::wire::Letter;
use super::{Services, receipt, seconds};

const ACK: &str = "messages.ack";
const NACK: &str = "messages.nack";
const DEAD_LETTER: &str = "messages.dead_letter";

impl Services {
    pub(super) async fn ack(&self, subscription: &Subscription, receipts: &[Receipt]) -> Result<Vec<Result<()>>> {
        let ack_ids: Vec<&str> = receipts.iter().map(|receipt| receipt::parts(receipt).ack_id).collect();
        let name = self.names.subscription(subscription);
        let results = self.subscriber.settle(&name, &ack_ids, Settle::Acknowledge).await;
        Ok(results.into_iter().map(|result| result.map(drop).map_err(|ended| ended.told(ACK, subscription))).collect())
    }

    pub(super) async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Duration) -> Result<()> {
        let parts = receipt::parts(receipt);
        let Some(event) = parts.event.filter(|_| delay > LONGEST_HOLD) else {
            // It is given back when Pub/Sub's own deadline is over: that counts as an attempt, as it must.
            return self.keep(NACK, subscription, parts.ack_id, delay.min(LONGEST_HOLD)).await.map(drop);
        };
        // Longer than that it waits where delayed messages do, or among the dead letters, where nobody counts.
        let (topic, letter) = if subscription.is_dead_letters() {
            let reason = parts.reason.unwrap_or_default();
            (self.names.letters(subscription), Letter::of(event).because(&reason))
        } else {
            let letter = Letter::of(event).only(subscription.name()).after(parts.attempt);
            (self.names.topic(subscription.topic()), letter)
        };
        let place = Place { operation: NACK, subscription, topic: &topic };
        self.move_held(place, parts.ack_id, letter.delayed(delay)).await
    }

    pub(super) async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Duration) -> Result<()> {
        let ack_id = receipt::parts(receipt).ack_id;
        self.keep("messages.extend", subscription, ack_id, lease).await.map(drop)
    }

    /// Keeps a delivery's message from other consumers for this long from now.
    async fn keep(
        &self,
        operation: &'static str,
        subscription: &Subscription,
        ack_id: &str,
        length: Duration,
    ) -> Result<Settled> {
        let name = self.names.subscription(subscription);
        let results = self.subscriber.settle(&name, &[ack_id], Settle::Hold(seconds::at_least(length))).await;
        let settled = results.into_iter().next().unwrap_or(Ok(Settled::Stale));
        settled.map_err(|ended| ended.told(operation, subscription))
    }

    pub(super) async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        let parts = receipt::parts(receipt);
        if subscription.is_dead_letters() {
            // What is given up there stays there, with the reason it came with.
            return self.keep(DEAD_LETTER, subscription, parts.ack_id, Duration::ZERO).await.map(drop);
        }
        let Some(event) = parts.event else {
            let message =
                "the receipt holds no message to write to the dead letters: it is not as this adapter made it";
            return Err(Error::new(ErrorKind::Internal, message).during(DEAD_LETTER, subscription));
        };
        let letter = Letter::of(event).because(bounded_reason(reason));
        let topic = self.names.letters(subscription);
        let place = Place { operation: DEAD_LETTER, subscription, topic: &topic };
        // Who was pushed to acknowledges by answering.
        if parts.ack_id.is_empty() {
            self.write(place, letter).await
        } else {
            self.move_held(place, parts.ack_id, letter).await
        }
    }

    /// Moves what was received to the dead letters as it is.
    pub(super) async fn bury(
        &self,
        operation: &'static str,
        subscription: &Subscription,
        received: &ReceivedMessage,
        reason: &str,
    ) -> Result<()> {
        let letter = Letter::again(&message(received)).because(bounded_reason(reason));
        let topic = self.names.letters(subscription);
        self.write_and_remove(Place { operation, subscription, topic: &topic }, &received.ack_id, letter).await
    }

    /// Publishes what was received anew, to this subscription alone and delivered so often already.
    pub(super) async fn renew(
        &self,
        operation: &'static str,
        subscription: &Subscription,
        received: &ReceivedMessage,
        attempts: u32,
    ) -> Result<()> {
        let letter = Letter::again(&message(received)).only(subscription.name()).after(attempts);
        let topic = self.names.topic(subscription.topic());
        self.write_and_remove(Place { operation, subscription, topic: &topic }, &received.ack_id, letter).await
    }

    /// Moves what a consumer holds. A letter written under a stale receipt would stand beside a message that another one
    /// holds. So it is held first, for as long as any lease may be: what fails half way does not end a lease early.
    async fn move_held(&self, place: Place<'_>, ack_id: &str, letter: Letter) -> Result<()> {
        match self.keep(place.operation, place.subscription, ack_id, LONGEST_HOLD).await? {
            Settled::Stale => Ok(()),
            Settled::Yes => self.write_and_remove(place, ack_id, letter).await,
        }
    }

    async fn write(&self, place: Place<'_>, letter: Letter) -> Result<()> {
        for result in self.publishers.publish(place.topic, &[letter]).await {
            result.map_err(|ended| ended.told(place.operation, place.subscription))?;
        }
        Ok(())
    }

    /// It is written before it is removed: it may be in both places for a while, never in none.
    async fn write_and_remove(&self, place: Place<'_>, ack_id: &str, letter: Letter) -> Result<()> {
        self.write(place, letter).await?;
        let Place { operation, subscription, .. } = place;
        let name = self.names.subscription(subscription);
        for result in self.subscriber.settle(&name, &[ack_id], Settle::Acknowledge).await {
            let what = "the message is written where it goes, but may be delivered again";
            result.map_err(|ended| half_done(ended.told(operation, subscription), what))?;
        }
        Ok(())
    }
}

/// From which subscription and to which topic a message is moved, and during what.
#[derive(Clone, Copy)]
struct Place<'a> {
    operation: &'static str,
    subscription: &'a Subscription,
    topic: &'a str,
}

/// The error of a second half: no longer one of which nothing was done.
pub(super) fn half_done(error: Error, what: &str) -> Error {
    match error.kind() {
        ErrorKind::Throttled | ErrorKind::Unavailable => Error::new(ErrorKind::Indeterminate, what)
            .during(error.operation(), error.resource().to_owned())
            .caused_by(error),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire;
    use super::*;

    #[test]
    fn a_second_half_that_fails_is_not_said_to_be_undone() {
        for kind in ErrorKind::ALL {
            let error = half_done(Error::new(kind, "x").during(NACK, "orders/fulfil"), "half");
            let undone = matches!(kind, ErrorKind::Throttled | ErrorKind::Unavailable);
            assert_eq!(error.kind(), if undone { ErrorKind::Indeterminate } else { kind });
            assert_eq!((error.operation(), error.resource()), (NACK, "orders/fulfil"));
        }
    }

    #[test]
    fn what_waits_longer_goes_on_counting() {
        let letter = Letter::of("{}").only("fulfil").after(2).delayed(Duration::from_mins(15));
        let found = googleapis_tonic_google_pubsub_v1::google::pubsub::v1::PubsubMessage {
            attributes: letter.attributes,
            ..Default::default()
        };
        assert_eq!((wire::attempts_before(&found), wire::delay(&found)), (2, Duration::from_mins(15)));
    }
}
