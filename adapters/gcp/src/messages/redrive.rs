//! Putting dead letters back.

use std::time::Duration;

use anyport_ports::Result;
use anyport_ports::messages::{MAX_BATCH, Subscription};
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::ReceivedMessage;

use super::Services;
use super::receive::message;
use super::subscriber::Settle;
use super::wire::Letter;

const REDRIVE: &str = "messages.redrive";

impl Services {
    pub(super) async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        let source = Subscription::new(subscription.topic().clone(), subscription.name())?;
        let letters = source.dead_letters();
        let mut moved = 0;
        while moved < max {
            let most = (max - moved).min(MAX_BATCH);
            let pulled = self.subscriber.pull(&self.names.subscription(&letters), most, Duration::ZERO).await;
            let batch = match pulled {
                Ok(batch) if batch.is_empty() => break,
                Ok(batch) => batch,
                // What was moved was moved: the next call meets the error.
                Err(_) if moved > 0 => break,
                Err(ended) => return Err(ended.told(REDRIVE, &letters)),
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

    /// Puts dead letters back as they were published, to this subscription alone: how many, and what the first of the
    /// others met. They are written before they are removed: each may be in both places for a while, never in none.
    async fn put_back(
        &self,
        source: &Subscription,
        letters: &Subscription,
        batch: &[ReceivedMessage],
    ) -> (usize, Option<anyport_ports::Error>) {
        let again: Vec<Letter> =
            batch.iter().map(|received| Letter::again(&message(received)).only(source.name())).collect();
        let results = self.publishers.publish(&self.names.topic(source.topic()), &again).await;
        let (mut back, mut left, mut first_error) = (Vec::new(), Vec::new(), None);
        for (received, result) in batch.iter().zip(results) {
            match result {
                Ok(()) => back.push(received.ack_id.as_str()),
                Err(ended) => {
                    left.push(received.ack_id.as_str());
                    first_error = first_error.or_else(|| Some(ended.told(REDRIVE, source)));
                }
            }
        }
        let name = self.names.subscription(letters);
        // Either failing leaves a letter that is held for a while longer, and then is there again.
        let _again_later = self.subscriber.settle(&name, &back, Settle::Acknowledge).await;
        let _free_later = self.subscriber.settle(&name, &left, Settle::Hold(0)).await;
        (back.len(), first_error)
    }
}
