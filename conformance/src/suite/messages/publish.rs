//! What is accepted is delivered: to whom, and when.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::messages::{Batch, Outgoing, Receive, Subscription};
use anyport_ports::{ErrorKind, TopicName};
use tokio::sync::Barrier;

use super::consumer::{Consumer, Held, LONG, SHORT, TICK, event, publish};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error};
use crate::faults::{Fault, Faults};
use crate::subject::MessageStore;
use crate::suite::{NEWS, resources};

pub(super) fn checks() -> Vec<Check<MessageStore>> {
    checks![resources;
        "MSG-PUB-1" => an_accepted_message_reaches_every_subscription,
        "MSG-PUB-2" => each_entry_of_a_batch_has_its_own_result,
        "MSG-PUB-5" => an_absent_topic_is_not_found,
        "MSG-PUB-6" => whatever_was_accepted_is_delivered_through_any_number_of_calls,
        "MSG-DLY-1" => a_delayed_message_is_never_early_and_always_comes,
    ]
}

async fn an_accepted_message_reaches_every_subscription(cx: Context<MessageStore>) -> Verdict {
    let publisher = cx.connect().await?;
    publish(&publisher, [event("one")?, event("two")?]).await?;
    for name in ["first", "second"] {
        let consumer = Consumer::of(&cx, name).await?;
        let held = consumer.gather(2, LONG).await?;
        let ids: BTreeSet<&str> = held.iter().map(Held::id).collect();
        ensure_eq!(ids, BTreeSet::from(["one", "two"]), "messages delivered to {name}");
        consumer.ack_all(&held).await?;
    }
    Ok(())
}

async fn each_entry_of_a_batch_has_its_own_result(cx: Context<MessageStore>) -> Verdict {
    let faults = Faults::none();
    let publisher = cx.connect_through(&faults).await?;
    let (mut accepted, mut in_doubt) = (BTreeSet::new(), BTreeSet::new());
    // A store that takes a batch in one request meets only the first fault of a round, and refuses all of it or none.
    for (round, faulty) in [[Fault::None, Fault::Throttle, Fault::None], [Fault::DropBefore, Fault::None, Fault::None]]
        .into_iter()
        .enumerate()
    {
        faults.persist(Fault::None);
        for fault in faulty {
            faults.inject(fault);
        }
        let ids: Vec<String> = (0..3).map(|entry| format!("round-{round}-entry-{entry}")).collect();
        let entries = ids.iter().map(|id| event(id).map(Outgoing::from)).collect::<Result<Vec<_>, _>>()?;
        let results = match publisher.messages.publish(&NEWS, &Batch::new(entries)?).await {
            Ok(results) => results.into_iter().map(|result| result.map_err(|error| error.kind())).collect(),
            Err(error) => vec![Err(error.kind()); ids.len()],
        };
        ensure_eq!(results.len(), ids.len(), "results of a batch of three");
        for (id, result) in ids.into_iter().zip(results) {
            cx.note(format!("publish of {id}: {result:?}"));
            match result {
                Ok(()) => _ = accepted.insert(id),
                Err(ErrorKind::Indeterminate) => _ = in_doubt.insert(id),
                Err(_) => {}
            }
        }
    }
    let consumer = Consumer::of(&cx, "first").await?;
    let mut missing = accepted.clone();
    while !missing.is_empty() {
        let held = consumer.next(LONG).await?;
        let allowed = accepted.contains(held.id()) || in_doubt.contains(held.id());
        ensure!(allowed, "{:?} was delivered, which was reported as refused", held.id());
        missing.remove(held.id());
    }
    if in_doubt.is_empty() { consumer.expect_nothing(SHORT).await } else { Ok(()) }
}

async fn an_absent_topic_is_not_found(cx: Context<MessageStore>) -> Verdict {
    const ABSENT: TopicName = TopicName::from_static("never-provisioned");
    let store = cx.connect().await?;
    let published = store.messages.publish(&ABSENT, &Batch::one(event("lost")?.into())).await;
    let published = published.and_then(|results| results.into_iter().collect::<Result<Vec<()>, _>>());
    expect_error(published, ErrorKind::NotFound, "publishing to a topic that was never provisioned")?;
    let once = Receive::new(1, SHORT)?;
    for subscription in [Subscription::from_static(ABSENT, "first"), Subscription::from_static(NEWS, "nobody")] {
        let what = format!("receiving from {subscription}, which was never provisioned");
        expect_error(store.messages.receive(&subscription, once).await, ErrorKind::NotFound, &what)?;
    }
    Ok(())
}

async fn whatever_was_accepted_is_delivered_through_any_number_of_calls(cx: Context<MessageStore>) -> Verdict {
    const SIZES: [usize; 5] = [10, 1, 7, 2, 10];
    let barrier = Arc::new(Barrier::new(SIZES.len()));
    let mut publishers = Vec::new();
    for (call, size) in SIZES.into_iter().enumerate() {
        let (publisher, barrier) = (cx.connect().await?, Arc::clone(&barrier));
        publishers.push(tokio::spawn(async move {
            let events = (0..size).map(|entry| event(&format!("{call}-{entry}"))).collect::<Result<Vec<_>, _>>()?;
            barrier.wait().await;
            publish(&publisher, events).await
        }));
    }
    for publisher in publishers {
        publisher.await.map_err(|panic| Violation::new(format!("a publisher panicked: {panic}")))??;
    }
    let published: BTreeSet<String> =
        SIZES.into_iter().enumerate().flat_map(|(call, size)| (0..size).map(move |n| format!("{call}-{n}"))).collect();
    let consumer = Consumer::of(&cx, "first").await?;
    let held = consumer.gather(published.len(), LONG).await?;
    let delivered: BTreeSet<String> = held.iter().map(|held| held.id().to_owned()).collect();
    ensure_eq!(delivered, published, "messages delivered");
    Ok(())
}

async fn a_delayed_message_is_never_early_and_always_comes(cx: Context<MessageStore>) -> Verdict {
    const DELAY: Duration = Duration::from_secs(4);
    let publisher = cx.connect().await?;
    let consumer = Consumer::of(&cx, "first").await?;
    let start = cx.clock().now();
    let late = Outgoing::delayed(event("late")?, DELAY)?;
    publish(&publisher, [late, event("at-once")?.into()]).await?;
    let due = start.plus(DELAY);
    let mut ids = BTreeSet::new();
    for _ in 0..2 {
        let held = consumer.next(LONG).await?;
        let early = due.since(cx.clock().now());
        ensure!(held.id() != "late" || early <= TICK, "a message delayed for {DELAY:?} came {early:?} too early");
        ensure_eq!(held.delivery.attempt, 1, "the attempt at which {:?} comes first", held.id());
        ids.insert(held.id().to_owned());
    }
    ensure_eq!(ids, BTreeSet::from(["at-once".to_owned(), "late".to_owned()]), "messages delivered");
    Ok(())
}
