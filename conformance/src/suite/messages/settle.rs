//! A message acknowledged is done, and nothing else is.

use std::collections::BTreeSet;
use std::time::Duration;

use anyport_ports::messages::Batch;

use super::consumer::{Consumer, Held, LONG, SHORT, event, publish};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq};
use crate::subject::MessageStore;
use crate::suite::resources;

pub(super) fn checks() -> Vec<Check<MessageStore>> {
    checks![resources;
        "MSG-ACK-1" => an_acknowledged_message_never_comes_again,
        "MSG-ACK-2" => acknowledging_twice_succeeds,
        "MSG-ACK-3" => a_stale_receipt_settles_nothing,
        "MSG-ACK-4" => an_acknowledgement_settles_its_own_message_only,
        "MSG-SUB-1" => subscriptions_do_not_touch_each_other,
    ]
}

async fn an_acknowledged_message_never_comes_again(cx: Context<MessageStore>) -> Verdict {
    const LEASE: Duration = Duration::from_secs(2);
    publish(&cx.connect().await?, [event("one")?, event("two")?, event("three")?]).await?;
    let consumer = Consumer::of(&cx, "first").await?;
    let held = consumer.gather(3, LEASE).await?;
    consumer.ack_all(&held).await?;
    consumer.expect_nothing(LEASE + SHORT).await?;
    consumer.dead_letters().expect_nothing(Duration::ZERO).await
}

async fn acknowledging_twice_succeeds(cx: Context<MessageStore>) -> Verdict {
    publish(&cx.connect().await?, [event("done")?]).await?;
    let consumer = Consumer::of(&cx, "first").await?;
    let held = consumer.next(LONG).await?;
    for time in ["first", "second", "third"] {
        let twice = consumer.ack(&held).await;
        twice.map_err(|violation| Violation::new(format!("the {time} ack: {}", violation.message)))?;
    }
    Ok(())
}

async fn a_stale_receipt_settles_nothing(cx: Context<MessageStore>) -> Verdict {
    publish(&cx.connect().await?, [event("contested")?]).await?;
    let (slow, quick) = (Consumer::of(&cx, "first").await?, Consumer::of(&cx, "first").await?);
    let stale = slow.next(SHORT).await?;
    cx.pass(SHORT).await;
    let current = quick.next(LONG).await?;
    ensure_eq!(current.delivery.attempt, 2, "the attempt of who holds it now");

    let silence = |what: &str, result: Verdict| {
        result.map_err(|violation| {
            Violation::new(format!("a stale {what} is accepted in silence: {}", violation.message))
        })
    };
    silence("ack", slow.ack(&stale).await)?;
    silence("extend", slow.extend(&stale, SHORT).await.map(drop))?;
    silence("nack", slow.nack(&stale, Duration::ZERO).await.map(drop))?;
    silence("dead_letter", slow.give_up(&stale, "too slow").await)?;

    // Neither given back, nor with a shorter lease, nor given up ...
    slow.expect_nothing(SHORT + Duration::from_millis(500)).await?;
    slow.dead_letters().expect_nothing(Duration::ZERO).await?;
    // ... nor gone: who holds it can still give it back.
    quick.nack(&current, Duration::ZERO).await?;
    let third = quick.next(LONG).await?;
    ensure_eq!((third.id(), third.delivery.attempt), ("contested", 3), "what is delivered after it was given back");
    Ok(())
}

async fn an_acknowledgement_settles_its_own_message_only(cx: Context<MessageStore>) -> Verdict {
    const LEASE: Duration = Duration::from_secs(2);
    let events = ["a", "b", "c", "d"].map(event).into_iter().collect::<Result<Vec<_>, _>>()?;
    publish(&cx.connect().await?, events).await?;
    let consumer = Consumer::of(&cx, "first").await?;
    let held = consumer.gather(4, LEASE).await?;
    let (done, open): (Vec<&Held>, Vec<&Held>) = held.iter().partition(|held| matches!(held.id(), "b" | "d"));
    ensure_eq!((done.len(), open.len()), (2, 2), "messages to acknowledge and to leave");
    consumer.ack_all(done).await?;
    cx.pass(LEASE).await;
    let again = consumer.gather(2, LONG).await?;
    let ids: BTreeSet<&str> = again.iter().map(Held::id).collect();
    ensure_eq!(ids, BTreeSet::from(["a", "c"]), "messages delivered again");
    Ok(())
}

async fn subscriptions_do_not_touch_each_other(cx: Context<MessageStore>) -> Verdict {
    let events = ["acknowledged", "given-back", "given-up"].map(event).into_iter().collect::<Result<Vec<_>, _>>()?;
    publish(&cx.connect().await?, events).await?;
    let (first, second) = (Consumer::of(&cx, "first").await?, Consumer::of(&cx, "second").await?);
    let (mut given_back, mut receipts) = (None, Vec::new());
    for held in first.gather(3, LONG).await? {
        receipts.push(held.delivery.receipt.clone());
        match held.id() {
            "acknowledged" => first.ack(&held).await?,
            "given-up" => first.give_up(&held, "never").await?,
            _ => {
                first.nack(&held, Duration::ZERO).await?;
                given_back = Some(first.next(LONG).await?);
            }
        }
    }
    ensure!(given_back.is_some_and(|held| held.delivery.attempt == 2), "the message given back came at attempt 2");
    // A receipt of one subscription means nothing in another; whether that is an error is not promised.
    let _unpromised = second.store.messages.ack(&second.subscription, &Batch::new(receipts)?).await;

    let there = second.gather(3, LONG).await?;
    for held in &there {
        ensure_eq!(held.delivery.attempt, 1, "the attempt of {:?} in the other subscription", held.id());
    }
    second.ack_all(&there).await?;
    second.dead_letters().expect_nothing(SHORT).await
}
