//! Consumers that wait.

use std::sync::Arc;

use anyport_ports::messages::Delay;
use tokio::sync::Barrier;

use super::*;

/// Waits for the next message, with the longest wait there is; how long it took.
async fn wait_for(store: RedisStore, lease: Duration) -> (Vec<Delivery>, Duration) {
    let begun = Instant::now();
    let wait = Receive::new(1, lease).unwrap().waiting(PATIENCE);
    (store.receive(&FULFIL, wait).await.unwrap(), begun.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn consumers_that_wait_share_what_comes() {
    const MESSAGES: usize = 40;
    let space = Space::new().await;
    let mut consumers = Vec::new();
    let both = Arc::new(Barrier::new(2));
    for _ in 0..2 {
        let (store, both) = (space.connect().await, Arc::clone(&both));
        consumers.push(tokio::spawn(async move {
            let mut found: Vec<String> = Vec::new();
            // Until the message that tells to stop.
            loop {
                let (deliveries, _) = wait_for(store.clone(), LONG).await;
                let id = deliveries.first().expect("a message").message.id().to_owned();
                if id.starts_with("stop") {
                    return found;
                }
                found.push(id);
                if found.len() == 1 {
                    // Busy with its first, it leaves the next to the other.
                    both.wait().await;
                }
            }
        }));
    }
    let sent: Vec<String> = (0..MESSAGES).map(|number| format!("{number:02}")).collect();
    for batch in sent.chunks(10) {
        publish(&space.store, batch.iter().map(|id| event(id).into())).await;
    }
    space.publish(["stop-1", "stop-2"]).await;
    let mut all = Vec::new();
    for consumer in consumers {
        all.extend(consumer.await.unwrap());
    }
    all.sort();
    assert_eq!(all, sent, "each message once");
    space.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_waits_is_woken_by_whatever_falls_due() {
    let space = Space::new().await;
    let waiting = || tokio::spawn(wait_for(space.store.clone(), SHORT));

    let consumer = waiting();
    space.publish(["published"]).await;
    let (found, took) = consumer.await.unwrap();
    assert!(ids(&found) == ["published"] && took < PATIENCE / 2, "{found:?} after {took:?}");

    // The end of its lease.
    let (found, took) = waiting().await.unwrap();
    assert!(ids(&found) == ["published"] && took < PATIENCE / 2, "{found:?} after {took:?}");

    // The end of a delay.
    space.store.nack(&FULFIL, &found[0].receipt, Delay::new(SHORT / 2).unwrap()).await.unwrap();
    let (found, took) = waiting().await.unwrap();
    assert!(ids(&found) == ["published"] && took < PATIENCE / 2, "{found:?} after {took:?}");
    space.ack(&FULFIL, &found).await;

    let begun = Instant::now();
    let wait = Receive::new(1, LONG).unwrap().waiting(SHORT / 2);
    assert!(space.store.receive(&FULFIL, wait).await.unwrap().is_empty());
    assert!(begun.elapsed() >= SHORT / 2, "nothing came, and it did not wait");
    space.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_hold_nobody_up() {
    let space = Space::new().await;
    let waiting: Vec<_> = (0..20).map(|_| tokio::spawn(wait_for(space.store.clone(), LONG))).collect();
    let begun = Instant::now();
    // Through the same connection.
    for _ in 0..100 {
        assert!(space.receive(&FULFIL.dead_letters(), 1, LONG).await.is_empty());
    }
    assert!(begun.elapsed() < PATIENCE / 2, "{:?}", begun.elapsed());
    for number in 0..2 {
        publish(&space.store, (0..10).map(|entry| event(&format!("{number}-{entry}")).into())).await;
    }
    for consumer in waiting {
        assert_eq!(consumer.await.unwrap().0.len(), 1);
    }
    space.clean().await;
}
