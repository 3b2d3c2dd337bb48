//! Messages that cannot be handled are kept, whole, and come back when asked for.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyport_ports::messages::Message;

use super::consumer::{Consumer, Held, LONG, PATIENCE, SHORT, event, publish};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq};
use crate::subject::MessageStore;
use crate::suite::{ATTEMPTS, resources};

pub(super) fn checks() -> Vec<Check<MessageStore>> {
    checks![resources;
        "MSG-DLQ-1" => a_message_is_dead_after_the_attempts_allowed_and_not_before,
        "MSG-DLQ-2" => a_dead_letter_is_the_whole_message_and_a_reason,
        "MSG-DLQ-3" => a_message_can_be_given_up_at_once,
        "MSG-DLQ-4" => dead_letters_are_driven_back_as_published,
    ]
}

/// Delivers the next message and gives it back until its attempts are used up.
async fn exhaust(consumer: &Consumer) -> Verdict {
    for attempt in 1..=ATTEMPTS {
        let held = consumer.next(LONG).await?;
        ensure_eq!(held.delivery.attempt, attempt, "the attempt of {:?}", held.id());
        consumer.nack(&held, Duration::ZERO).await?;
    }
    Ok(())
}

/// The next dead letter. Some stores move it only when the subscription is asked for more, which must give nothing.
async fn next_dead_letter(cx: &Context<MessageStore>, consumer: &Consumer) -> Result<Held, Violation> {
    let dead = consumer.dead_letters();
    let found = cx.eventually(PATIENCE, || async {
        if let Some(held) = consumer.receive(1, SHORT).await?.pop() {
            let attempt = held.delivery.attempt;
            return Err(Violation::new(format!("{:?} was delivered again, attempt {attempt}", held.id())));
        }
        Ok(dead.receive(1, LONG).await?.pop())
    });
    found.await?.ok_or_else(|| Violation::new(format!("no dead letter of {} came", consumer.subscription)))
}

async fn a_message_is_dead_after_the_attempts_allowed_and_not_before(cx: Context<MessageStore>) -> Verdict {
    let publisher = cx.connect().await?;
    let consumer = Consumer::of(&cx, "first").await?;
    let dead = consumer.dead_letters();

    publish(&publisher, [event("given-back")?]).await?;
    for attempt in 1..=ATTEMPTS {
        let held = consumer.next(LONG).await?;
        ensure_eq!(held.delivery.attempt, attempt, "the attempt");
        dead.expect_nothing(Duration::ZERO).await?;
        consumer.nack(&held, Duration::ZERO).await?;
    }
    let held = next_dead_letter(&cx, &consumer).await?;
    ensure_eq!(held.id(), "given-back", "the dead letter");
    dead.ack(&held).await?;

    // A crash counts as well.
    publish(&publisher, [event("crashed")?]).await?;
    for attempt in 1..=ATTEMPTS {
        let held = consumer.next(SHORT).await?;
        ensure_eq!(held.delivery.attempt, attempt, "the attempt after crashes");
        dead.expect_nothing(Duration::ZERO).await?;
        cx.pass(SHORT).await;
    }
    let held = next_dead_letter(&cx, &consumer).await?;
    ensure_eq!(held.id(), "crashed", "the dead letter");

    // An attempt that succeeds in time is no dead letter.
    publish(&publisher, [event("just-in-time")?]).await?;
    for attempt in 1..=ATTEMPTS {
        let held = consumer.next(LONG).await?;
        if attempt == ATTEMPTS {
            consumer.ack(&held).await?;
        } else {
            consumer.nack(&held, Duration::ZERO).await?;
        }
    }
    dead.expect_nothing(SHORT).await
}

fn full_message(id: &str) -> anyport_ports::Result<Message> {
    let data: Vec<u8> = (0..=255).collect();
    Message::new(id, "Conformance", "Thing.Happened")?
        .with_subject("Größe 😀")?
        .with_extension("tenant", "ACME")?
        .with_data("application/octet-stream", data)
}

fn ensure_same(found: &Message, sent: &Message, place: &str) -> Verdict {
    ensure_eq!(found.id(), sent.id(), "the id {place}");
    ensure_eq!(found.data(), sent.data(), "the data {place}");
    ensure_eq!(found.subject(), sent.subject(), "the subject {place}");
    ensure_eq!(found.extensions(), sent.extensions(), "the extensions {place}");
    ensure!(found == sent, "{place} the message has another source, type or content type: {found:?}");
    Ok(())
}

async fn a_dead_letter_is_the_whole_message_and_a_reason(cx: Context<MessageStore>) -> Verdict {
    let sent = full_message("doomed")?;
    publish(&cx.connect().await?, [sent.clone()]).await?;
    let consumer = Consumer::of(&cx, "first").await?;
    exhaust(&consumer).await?;
    let dead = consumer.dead_letters();
    let mut held = next_dead_letter(&cx, &consumer).await?;
    // It stays there, as it is, however often it is looked at.
    for _ in 0..=ATTEMPTS {
        ensure_same(&held.delivery.message, &sent, "in the dead letters")?;
        let reason = held.delivery.dead_letter_reason.as_deref();
        ensure!(reason.is_some_and(|reason| !reason.is_empty()), "a dead letter has a reason, found {reason:?}");
        dead.nack(&held, Duration::ZERO).await?;
        held = dead.next(LONG).await?;
    }
    dead.ack(&held).await?;
    dead.expect_nothing(Duration::ZERO).await
}

async fn a_message_can_be_given_up_at_once(cx: Context<MessageStore>) -> Verdict {
    let sent = full_message("hopeless")?;
    publish(&cx.connect().await?, [sent.clone()]).await?;
    let consumer = Consumer::of(&cx, "first").await?;
    let held = consumer.next(LONG).await?;
    consumer.give_up(&held, "the customer é \"left\"").await?;
    let dead = next_dead_letter(&cx, &consumer).await?;
    ensure_same(&dead.delivery.message, &sent, "given up at the first attempt")?;
    ensure_eq!(dead.delivery.dead_letter_reason.as_deref(), Some("the customer é \"left\""), "the reason given");

    publish(&consumer.store, [event("long-story")?]).await?;
    let held = consumer.next(LONG).await?;
    let story = "é".repeat(1024);
    consumer.give_up(&held, &story).await?;
    let dead = next_dead_letter(&cx, &consumer).await?;
    let kept = dead.delivery.dead_letter_reason.unwrap_or_default();
    let cut = kept.len() <= 1024 && kept.len() >= 1000 && story.starts_with(&kept);
    ensure!(cut, "a reason of 2 KiB is cut to 1 KiB, found {} bytes of it", kept.len());
    Ok(())
}

async fn dead_letters_are_driven_back_as_published(cx: Context<MessageStore>) -> Verdict {
    let sent = [full_message("one")?, full_message("two")?, full_message("three")?];
    let (first, second) = (Consumer::of(&cx, "first").await?, Consumer::of(&cx, "second").await?);
    publish(&first.store, sent.clone()).await?;
    for consumer in [&first, &second] {
        for held in consumer.gather(3, LONG).await? {
            if consumer.subscription == first.subscription {
                consumer.give_up(&held, "for now").await?;
            } else {
                consumer.ack(&held).await?;
            }
        }
    }

    let mut back: Vec<Held> = Vec::new();
    for max in [2, 10] {
        let wanted = max.min(sent.len() - back.len());
        let count = AtomicUsize::new(0);
        // Some stores find only part of them at a time.
        let all = cx.eventually(PATIENCE, || async {
            let left = max - count.load(Ordering::Relaxed).min(max);
            let moved = first.store.messages.redrive(&first.subscription, left).await?;
            let so_far = count.fetch_add(moved, Ordering::Relaxed) + moved;
            Ok((so_far >= wanted).then_some(()))
        });
        all.await?;
        let moved = count.into_inner();
        ensure_eq!(moved, wanted, "dead letters that redrive says it moved, at most {max}");
        back.extend(first.gather(wanted, LONG).await?);
    }
    let ids: BTreeSet<&str> = back.iter().map(Held::id).collect();
    ensure_eq!(ids, BTreeSet::from(["one", "two", "three"]), "messages driven back");
    for held in &back {
        let Some(sent) = sent.iter().find(|sent| sent.id() == held.id()) else { continue };
        ensure_same(&held.delivery.message, sent, "driven back")?;
        ensure_eq!(held.delivery.attempt, 1, "the attempt of {:?}, driven back", held.id());
        ensure_eq!(held.delivery.dead_letter_reason, None, "the reason of {:?}, driven back", held.id());
    }
    first.dead_letters().expect_nothing(SHORT).await?;
    second.expect_nothing(Duration::ZERO).await
}
