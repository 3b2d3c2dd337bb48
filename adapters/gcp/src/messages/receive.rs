//! Receiving.

use std::time::Duration;

use anyport_ports::messages::{Delivery, Receive, Subscription};
use anyport_ports::{Error, ErrorKind, Result};
use futures_util::future::join;
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::{PubsubMessage, ReceivedMessage};

use super::provision::{OWN_ATTEMPTS, attempts_of};
use super::settle::half_done;
use super::subscriber::{Settle, Settled};
use super::{Services, receipt, seconds, wire};

const RECEIVE: &str = "messages.receive";

/// How far Pub/Sub is let count where a message may be delivered more often than it counts to.
const COUNTS_TO: i32 = 90;

/// How often who waits looks for what is due by now.
const LOOK: Duration = Duration::from_secs(1);

impl Services {
    pub(super) async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        if subscription.is_dead_letters() {
            let received = self.pull(subscription, receive.max(), receive.wait()).await?;
            let ready = self.put_off(&self.names.subscription(subscription), received).await;
            let held = self.hold(subscription, ready, receive.lease()).await?;
            return Ok(held.into_iter().filter_map(|held| letter(&held)).collect());
        }
        let allowed = self.attempts_allowed(RECEIVE, subscription).await?;
        let received = Box::pin(self.take(subscription, receive)).await?;
        let held = self.hold(subscription, received, receive.lease()).await?;
        let mut deliveries = Vec::with_capacity(held.len());
        for held in held {
            match delivery(&held, allowed) {
                Ok(delivery) => deliveries.push(delivery),
                // If either fails it comes again when its lease is over.
                Err(Undelivered::Dead(reason)) => drop(self.bury(RECEIVE, subscription, &held, &reason).await),
                Err(Undelivered::Counted(attempts)) => drop(self.renew(RECEIVE, subscription, &held, attempts).await),
            }
        }
        Ok(deliveries)
    }

    /// Takes what there is, and sees to it that what is due by now is there.
    async fn take(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<ReceivedMessage>> {
        let (max, wait) = (receive.max(), receive.wait());
        let pull = async {
            let again = async {
                loop {
                    tokio::time::sleep(LOOK).await;
                    // What fails now is tried again, and the pull meets it too.
                    let _again_later = self.bring_what_is_due(RECEIVE, subscription).await;
                }
            };
            tokio::select! {
                received = self.pull(subscription, max, wait) => received,
                () = again => Ok(Vec::new()),
            }
        };
        // The first look is waited for: it tells a service that is silent from one that has nothing, and were its failure
        // not told, what waits for its time would wait for ever and nobody would hear of it.
        let (brought, received) = Box::pin(join(self.bring_what_is_due(RECEIVE, subscription), pull)).await;
        let received = received?;
        let is_more = received.is_empty() && brought?;
        if is_more { self.pull(subscription, max, Duration::ZERO).await } else { Ok(received) }
    }

    async fn pull(&self, subscription: &Subscription, max: usize, wait: Duration) -> Result<Vec<ReceivedMessage>> {
        let name = self.names.subscription(subscription);
        self.subscriber.pull(&name, max, wait).await.map_err(|ended| {
            if ended.failure.kind() == ErrorKind::NotFound {
                self.forget(subscription);
            }
            ended.told(RECEIVE, subscription)
        })
    }

    /// Holds what was received for so long from now: those that are held. What cannot be held comes again by itself.
    async fn hold(
        &self,
        subscription: &Subscription,
        received: Vec<ReceivedMessage>,
        lease: Duration,
    ) -> Result<Vec<ReceivedMessage>> {
        if received.is_empty() {
            return Ok(received);
        }
        let ack_ids: Vec<&str> = received.iter().map(|received| received.ack_id.as_str()).collect();
        let name = self.names.subscription(subscription);
        let results = self.subscriber.settle(&name, &ack_ids, Settle::Hold(seconds::at_least(lease))).await;
        let mut held = Vec::with_capacity(received.len());
        let mut first_error = None;
        for (received, result) in received.into_iter().zip(results) {
            match result {
                Ok(Settled::Yes) => held.push(received),
                Ok(Settled::Stale) => {}
                Err(ended) => first_error = first_error.or(Some(ended)),
            }
        }
        match first_error {
            Some(ended) if held.is_empty() => {
                let what =
                    "messages were taken that cannot be held: they come again when Pub/Sub's own deadline is over";
                Err(half_done(ended.told(RECEIVE, subscription), what))
            }
            _ => Ok(held),
        }
    }

    /// How often the subscription lets a message be delivered. It is asked for once.
    pub(super) async fn attempts_allowed(&self, operation: &'static str, subscription: &Subscription) -> Result<u32> {
        if let Some(allowed) = self.allowed().get(subscription) {
            return Ok(*allowed);
        }
        let name = self.names.subscription(subscription);
        let found = self.subscriber.describe(&name).await;
        // Nothing was to be changed by it.
        let found = found.map_err(|ended| ended.failure.told(operation, subscription))?;
        let policy = found.dead_letter_policy.map(|policy| policy.max_delivery_attempts);
        let allowed = attempts_of(&found.labels, policy).ok_or_else(|| {
            let message = "its subscription does not count attempts: it has neither the label nor a policy of dead letters \
                           that provisioning gives it";
            Error::new(ErrorKind::Internal, message).during(operation, subscription)
        })?;
        self.allowed().insert(subscription.clone(), allowed);
        Ok(allowed)
    }

    /// Asks anew the next time.
    fn forget(&self, subscription: &Subscription) {
        self.allowed().remove(subscription);
    }
}

/// The message of what was received.
pub(super) fn message(received: &ReceivedMessage) -> PubsubMessage {
    received.message.clone().unwrap_or_default()
}

/// Which attempt the delivery is. Without a policy of dead letters Pub/Sub does not count.
pub(super) fn attempt(received: &ReceivedMessage, message: &PubsubMessage) -> u32 {
    let counted = u32::try_from(received.delivery_attempt).unwrap_or(0).max(1);
    counted.saturating_add(wire::attempts_before(message))
}

/// Why what was received is not handed out.
#[derive(Debug, PartialEq, Eq)]
enum Undelivered {
    /// It goes to the dead letters, for this reason.
    Dead(String),
    /// Pub/Sub soon moves it there by itself, though it may be delivered more often: it is published anew, delivered so
    /// often already.
    Counted(u32),
}

/// The delivery, or why it is none.
fn delivery(received: &ReceivedMessage, allowed: u32) -> Result<Delivery, Undelivered> {
    let found = message(received);
    let attempt = attempt(received, &found);
    if attempt > allowed {
        return Err(Undelivered::Dead(wire::EXHAUSTED.to_owned()));
    }
    if allowed > *OWN_ATTEMPTS.end() && received.delivery_attempt > COUNTS_TO {
        return Err(Undelivered::Counted(attempt - 1));
    }
    let (event, text) = wire::event(&found)
        .map_err(|unfit| Undelivered::Dead(format!("it cannot be delivered: {}", unfit.message())))?;
    let receipt = receipt::receipt(&received.ack_id, attempt, None, &text);
    Ok(Delivery { message: event, receipt, attempt, dead_letter_reason: None })
}

/// The dead letter; none if it cannot be handed out, and then it stays for people to look at.
fn letter(received: &ReceivedMessage) -> Option<Delivery> {
    let found = message(received);
    let (event, text) = wire::event(&found).ok()?;
    let reason = wire::reason(&found);
    let receipt = receipt::receipt(&received.ack_id, 1, Some(&reason), &text);
    Some(Delivery { message: event, receipt, attempt: 1, dead_letter_reason: Some(reason) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(attempt: i32, data: &str, before: u32) -> ReceivedMessage {
        let wire::Letter { data, attributes } = wire::Letter::of(data).after(before);
        let message = Some(PubsubMessage { data, attributes, message_id: "7".to_owned(), ..PubsubMessage::default() });
        ReceivedMessage { ack_id: "ack".to_owned(), message, delivery_attempt: attempt }
    }

    #[test]
    fn attempts_go_on_where_they_were_and_end_where_they_may() {
        for (counted, before, attempt) in [(0, 0, Ok(1)), (1, 0, Ok(1)), (3, 0, Ok(3)), (1, 2, Ok(3)), (2, 2, Err(()))]
        {
            let delivery = delivery(&received(counted, "plain", before), 3);
            assert_eq!(delivery.map(|delivery| delivery.attempt).map_err(drop), attempt, "{counted} after {before}");
        }
    }

    #[test]
    fn what_may_be_delivered_oftener_than_pubsub_counts_to_is_published_anew_in_time() {
        for (counted, before, allowed, expected) in [
            (90, 0, 1000, Ok(90)),
            (91, 0, 1000, Err(Undelivered::Counted(90))),
            (1, 90, 1000, Ok(91)),
            (91, 900, 1000, Err(Undelivered::Counted(990))),
            (91, 0, 100, Ok(91)),
        ] {
            let delivery = delivery(&received(counted, "plain", before), allowed);
            assert_eq!(delivery.map(|delivery| delivery.attempt), expected, "{counted} after {before}");
        }
    }

    #[test]
    fn what_is_too_large_is_no_delivery_and_no_dead_letter() {
        let large = received(1, &"x".repeat(anyport_ports::messages::MAX_MESSAGE_BYTES), 0);
        let dead = delivery(&large, 3).unwrap_err();
        assert!(matches!(&dead, Undelivered::Dead(reason) if reason.contains("cannot be delivered")), "{dead:?}");
        assert!(letter(&large).is_none());
    }
}
