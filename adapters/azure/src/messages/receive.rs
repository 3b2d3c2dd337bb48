//! Receiving.

use std::time::Duration;

use anyport_ports::Result;
use anyport_ports::messages::{Delivery, Receive, Subscription};
use tokio::time::{Instant, sleep_until};

use super::queues::Taken;
use super::wire::Stored;
use super::{Queues, receipt};

const RECEIVE: &str = "messages.receive";

/// Why a message is with the dead letters that nobody gave up.
const EXHAUSTED: &str = "attempts exhausted: delivered as often as its subscription allows, and never acknowledged";

/// The first pause of a receive that waits; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Queues {
    pub(super) async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let limit = if subscription.is_dead_letters() { u32::MAX } else { self.limit(RECEIVE, subscription).await? };
        let end = Instant::now() + receive.wait();
        let mut pause = FIRST_PAUSE;
        loop {
            let deliveries = self.round(subscription, receive, limit).await?;
            let now = Instant::now();
            if !deliveries.is_empty() || now >= end {
                return Ok(deliveries);
            }
            sleep_until((now + pause).min(end)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Asks once. What was delivered as often as allowed, and what is no message, goes to the dead letters instead.
    async fn round(&self, subscription: &Subscription, receive: Receive, limit: u32) -> Result<Vec<Delivery>> {
        let taken = self.take(RECEIVE, subscription, receive.max(), receive.lease()).await?;
        let mut deliveries = Vec::with_capacity(taken.len());
        for message in taken {
            let dead = subscription.is_dead_letters();
            let refused = match delivery(&message, dead) {
                Ok(delivery) if message.count <= limit => {
                    deliveries.push(delivery);
                    continue;
                }
                Ok(_) => EXHAUSTED.to_owned(),
                // Among the dead letters it stays, for people to look at.
                Err(_) if dead => continue,
                Err(unfit) => format!("it cannot be delivered: {}", unfit.message()),
            };
            let receipt = receipt::receipt(&message.id, &message.pop_receipt, &message.text);
            // If this fails it comes again when its lease is over, and is given up then.
            let _again_later = self.give_up(RECEIVE, subscription, &receipt, &refused).await;
        }
        Ok(deliveries)
    }
}

fn delivery(taken: &Taken, dead: bool) -> Result<Delivery> {
    let Stored { message, reason } = Stored::of(&taken.text, &taken.id)?;
    let reason = reason.filter(|reason| !reason.is_empty());
    Ok(Delivery {
        message,
        receipt: receipt::receipt(&taken.id, &taken.pop_receipt, &taken.text),
        attempt: taken.count,
        dead_letter_reason: dead.then(|| reason.unwrap_or_else(|| "given up without a reason".to_owned())),
    })
}
