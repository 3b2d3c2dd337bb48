//! Who receives, how much, and which attempt it is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Barrier;

use super::consumer::{Consumer, LONG, PATIENCE, SHORT, event, publish};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq};
use crate::subject::MessageStore;
use crate::suite::resources;

pub(super) fn checks() -> Vec<Check<MessageStore>> {
    checks![resources;
        "MSG-LIN-1" => consumers_compete_for_each_message,
        "MSG-RCV-1" => a_receive_gives_at_most_what_it_asks_for_to_one_consumer,
        "MSG-RCV-3" => attempts_rise_by_one_with_each_delivery,
    ]
}

async fn consumers_compete_for_each_message(cx: Context<MessageStore>) -> Verdict {
    const MESSAGES: usize = 24;
    const CONSUMERS: usize = 6;
    let publisher = cx.connect().await?;
    for batch in 0..MESSAGES / 8 {
        let events = (0..8).map(|entry| event(&format!("{batch}-{entry}"))).collect::<Result<Vec<_>, _>>()?;
        publish(&publisher, events).await?;
    }
    let barrier = Arc::new(Barrier::new(CONSUMERS));
    let mut tasks = Vec::new();
    for _ in 0..CONSUMERS {
        let (cx, barrier) = (cx.clone(), Arc::clone(&barrier));
        let consumer = Consumer::of(&cx, "first").await?;
        tasks.push(tokio::spawn(async move {
            let mut ids = Vec::new();
            for _ in 0..MESSAGES / CONSUMERS {
                barrier.wait().await;
                let held = consumer.receive(1, LONG).await?;
                ids.extend(held.iter().map(|held| held.id().to_owned()));
            }
            Ok::<_, Violation>(ids)
        }));
    }
    let mut deliveries: BTreeMap<String, u32> = BTreeMap::new();
    for task in tasks {
        let ids = task.await.map_err(|panic| Violation::new(format!("a consumer panicked: {panic}")))??;
        for id in ids {
            *deliveries.entry(id).or_default() += 1;
        }
    }
    let twice: Vec<&String> = deliveries.iter().filter(|(_, times)| **times > 1).map(|(id, _)| id).collect();
    ensure!(twice.is_empty(), "delivered more than once while held: {twice:?}");

    // What some stores leave over when many ask at once is still there to be had, once.
    let consumer = Consumer::of(&cx, "first").await?;
    for held in consumer.gather(MESSAGES - deliveries.len(), LONG).await? {
        ensure!(!deliveries.contains_key(held.id()), "{:?} was delivered while another consumer held it", held.id());
    }
    Ok(())
}

async fn a_receive_gives_at_most_what_it_asks_for_to_one_consumer(cx: Context<MessageStore>) -> Verdict {
    const LEASE: Duration = Duration::from_secs(3);
    let events = (0..5).map(|entry| event(&format!("n{entry}"))).collect::<Result<Vec<_>, _>>()?;
    publish(&cx.connect().await?, events).await?;
    let (one, other) = (Consumer::of(&cx, "first").await?, Consumer::of(&cx, "first").await?);
    // Each receive is held against its maximum by `Consumer::receive`.
    let some = cx
        .eventually(PATIENCE, || async {
            let some = one.receive(2, LONG).await?;
            Ok((!some.is_empty()).then_some(some))
        })
        .await?;
    let some = some.ok_or_else(|| Violation::new("of five messages none came"))?;
    let rest = other.gather(5 - some.len(), LONG).await?;
    for held in &rest {
        let twice = some.iter().any(|first| first.id() == held.id());
        ensure!(!twice, "{:?} went to two consumers at a time", held.id());
    }
    other.ack_all(&rest).await?;
    one.ack_all(&some).await?;

    publish(&one.store, [event("held")?]).await?;
    let held = one.next(LEASE).await?;
    let again = other.next_not_before(held.until, SHORT).await?;
    ensure_eq!(again.id(), held.id(), "what comes when the lease is over");
    Ok(())
}

async fn attempts_rise_by_one_with_each_delivery(cx: Context<MessageStore>) -> Verdict {
    publish(&cx.connect().await?, [event("counted")?]).await?;
    let consumer = Consumer::of(&cx, "first").await?;
    let first = consumer.next(LONG).await?;
    ensure_eq!(first.delivery.attempt, 1, "the first attempt");
    consumer.nack(&first, Duration::ZERO).await?;
    // Through another handle: the count stands with the message, not with who consumes.
    let other = Consumer::of(&cx, "first").await?;
    let second = other.next(SHORT).await?;
    ensure_eq!(second.delivery.attempt, 2, "the attempt after it was given back");
    cx.pass(SHORT).await;
    let third = consumer.next(LONG).await?;
    ensure_eq!(third.delivery.attempt, 3, "the attempt after its lease ended");
    Ok(())
}
