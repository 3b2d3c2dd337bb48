//! What is to be delivered later. Pub/Sub delays nothing: the subscription of what is due now leaves out what has a delay, a
//! second one takes it, and who receives looks there first and publishes again what is due.

use std::time::{Duration, Instant, SystemTime};

use anyport_ports::Result;
use anyport_ports::messages::{MAX_BATCH, Subscription};
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::{PubsubMessage, ReceivedMessage};

use super::receive::message;
use super::subscriber::Settle;
use super::wire::Letter;
use super::{Services, seconds, wire};

/// No oftener than this is looked for what is due, by one handle.
const LOOK: Duration = Duration::from_millis(500);

/// The longest that Pub/Sub holds a message without being asked again.
pub(super) const LONGEST_HOLD: Duration = Duration::from_mins(10);

impl Services {
    /// Publishes again what is due by now, without its delay and to this subscription alone: whether there was any.
    pub(super) async fn bring_what_is_due(&self, operation: &'static str, subscription: &Subscription) -> Result<bool> {
        if !self.is_time_to_look(subscription) {
            return Ok(false);
        }
        let mut brought = false;
        let name = self.names.later(subscription);
        loop {
            let received = self.subscriber.pull(&name, MAX_BATCH, Duration::ZERO).await;
            let received = received.map_err(|ended| ended.told(operation, subscription))?;
            let is_all = received.len() < MAX_BATCH;
            // What has no delay went the other way as well: an emulator that ignores filters put it here.
            let (delayed, astray): (Vec<_>, Vec<_>) =
                received.into_iter().partition(|held| !wire::delay(&message(held)).is_zero());
            let astray: Vec<&str> = astray.iter().map(|held| held.ack_id.as_str()).collect();
            let _again_later = self.subscriber.settle(&name, &astray, Settle::Acknowledge).await;
            let due = self.put_off(&name, delayed).await;
            brought |= !due.is_empty();
            self.bring(operation, subscription, &due).await?;
            if is_all {
                return Ok(brought);
            }
        }
    }

    /// Holds those of these messages whose time has not come until it does: the others. Where this is done nobody counts
    /// attempts.
    pub(super) async fn put_off(&self, subscription: &str, received: Vec<ReceivedMessage>) -> Vec<ReceivedMessage> {
        let now = SystemTime::now();
        let (due, early): (Vec<_>, Vec<_>) = received.into_iter().partition(|held| rest(held, now).is_zero());
        for held in &early {
            // If this fails it is there again the sooner.
            let hold = Settle::Hold(seconds::at_least(rest(held, now).min(LONGEST_HOLD)));
            let _again_later = self.subscriber.settle(subscription, &[&held.ack_id], hold).await;
        }
        due
    }

    /// They are published before they are acknowledged: each may come twice, none is lost.
    async fn bring(&self, operation: &'static str, subscription: &Subscription, due: &[ReceivedMessage]) -> Result<()> {
        if due.is_empty() {
            return Ok(());
        }
        let letter = |held: &ReceivedMessage| {
            let found = message(held);
            Letter::again(&found).only(subscription.name()).after(wire::attempts_before(&found))
        };
        let letters: Vec<Letter> = due.iter().map(letter).collect();
        let results = self.publishers.publish(&self.names.topic(subscription.topic()), &letters).await;
        let published: Vec<&str> = due
            .iter()
            .zip(&results)
            .filter(|(_, result)| result.is_ok())
            .map(|(held, _)| held.ack_id.as_str())
            .collect();
        let _comes_twice =
            self.subscriber.settle(&self.names.later(subscription), &published, Settle::Acknowledge).await;
        match results.into_iter().find_map(Result::err) {
            Some(ended) => Err(ended.told(operation, subscription)),
            None => Ok(()),
        }
    }

    fn is_time_to_look(&self, subscription: &Subscription) -> bool {
        let mut looked = self.looked();
        let now = Instant::now();
        let is_time = looked.get(subscription).is_none_or(|last| now.duration_since(*last) >= LOOK);
        if is_time {
            looked.insert(subscription.clone(), now);
        }
        is_time
    }
}

/// How long the message must not be delivered yet, from its publish as the service dates it.
fn rest(held: &ReceivedMessage, now: SystemTime) -> Duration {
    let found = message(held);
    let due = published(&found) + wire::delay(&found);
    due.duration_since(now).unwrap_or_default()
}

fn published(found: &PubsubMessage) -> SystemTime {
    found.publish_time.and_then(|time| SystemTime::try_from(time).ok()).unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_delay_counts_from_the_publish() {
        let now = SystemTime::now();
        let held = |ago: u64, delay: u64| {
            let letter = Letter::of("{}").delayed(Duration::from_secs(delay));
            let publish_time = Some((now - Duration::from_secs(ago)).into());
            let message =
                Some(PubsubMessage { attributes: letter.attributes, publish_time, ..PubsubMessage::default() });
            ReceivedMessage { message, ..ReceivedMessage::default() }
        };
        assert_eq!(rest(&held(1, 5), now), Duration::from_secs(4));
        assert_eq!(rest(&held(5, 5), now), Duration::ZERO);
        assert_eq!(rest(&held(9, 5), now), Duration::ZERO);
        assert_eq!(rest(&held(9, 0), now), Duration::ZERO);
    }
}
