//! Receiving.

use std::time::Duration;

use anyport_ports::messages::{Delivery, Message, Receipt, Receive, Subscription};
use anyport_ports::{Error, Result};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::attempts::Repeat;
use super::{millis, scripts};
use crate::store::RedisStore;

/// Shortest and longest pause of a consumer that waits: it looks again after a few milliseconds at first, and twenty
/// times a second when nothing comes.
const PAUSES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(50));

/// What one look into a queue found.
struct Found {
    deliveries: Vec<Delivery>,
    /// When something that is in the queue falls due, if nothing is now.
    next_due: Option<Duration>,
}

/// What the script tells of a delivery: receipt, attempt, CloudEvent, and a dead letter's reason or nothing.
type Told = (String, u32, String, String);

/// Takes what is due, and looks again and again while there is none and the caller waits.
pub(super) async fn receive(store: &RedisStore, from: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
    let until = Instant::now() + receive.wait();
    let (mut pause, longest) = PAUSES;
    loop {
        let found = look(store, from, receive).await?;
        let left = until.saturating_duration_since(Instant::now());
        if !found.deliveries.is_empty() || left.is_zero() {
            return Ok(found.deliveries);
        }
        let due = found.next_due.map_or(pause, |due| due.clamp(PAUSES.0, pause));
        sleep(due.min(left)).await;
        pause = (pause * 2).min(longest);
    }
}

async fn look(store: &RedisStore, from: &Subscription, receive: Receive) -> Result<Found> {
    let (_, token) = Uuid::new_v4().as_u64_pair();
    let mut call = store.call(&scripts::RECEIVE, from);
    call.arg(receive.max()).arg(millis(receive.lease())).arg(format!("{token:016x}"));
    // Not twice: what the first attempt took is held, and its messages have had that attempt.
    let (next_due, told): (i64, Vec<Told>) = store.answer(&scripts::RECEIVE, &call, Repeat::Harmful).await?;
    let mut found = Found {
        deliveries: Vec::with_capacity(told.len()),
        next_due: u64::try_from(next_due).ok().map(Duration::from_millis),
    };
    let mut foreign: Option<Error> = None;
    for told in told {
        match delivery(told, from.is_dead_letters()) {
            Ok(delivery) => found.deliveries.push(delivery),
            Err(error) => foreign = Some(error),
        }
    }
    match foreign {
        // What is no message of ours holds up none that is: nobody settles it, so it goes to the dead letters.
        Some(error) if found.deliveries.is_empty() => Err(error),
        _ => Ok(found),
    }
}

fn delivery((receipt, attempt, event, reason): Told, is_dead: bool) -> Result<Delivery> {
    let message = Message::from_cloud_event(&event)?;
    let dead_letter_reason = is_dead.then_some(reason);
    Ok(Delivery { message, receipt: Receipt::new(receipt), attempt, dead_letter_reason })
}
