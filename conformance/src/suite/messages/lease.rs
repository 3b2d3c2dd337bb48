//! Leases end, are extended and given up.

use std::time::Duration;

use super::consumer::{Consumer, LONG, SHORT, event, publish};
use crate::check::{Check, Context, Verdict, checks, ensure_eq};
use crate::subject::MessageStore;
use crate::suite::resources;

pub(super) fn checks() -> Vec<Check<MessageStore>> {
    checks![resources;
        "MSG-RCV-2" => a_message_of_a_crashed_consumer_is_delivered_again,
        "MSG-EXT-1" => an_extended_lease_holds_until_its_new_end_and_no_longer,
        "MSG-NACK-1" => a_message_given_back_is_delivered_again,
        "MSG-NACK-2" => a_message_given_back_with_a_delay_is_never_early,
    ]
}

async fn a_message_of_a_crashed_consumer_is_delivered_again(cx: Context<MessageStore>) -> Verdict {
    publish(&cx.connect().await?, [event("left-behind")?]).await?;
    let crashed = Consumer::of(&cx, "first").await?;
    let held = crashed.next(SHORT).await?;
    drop(crashed);
    cx.pass(SHORT).await;
    let again = Consumer::of(&cx, "first").await?.next(LONG).await?;
    ensure_eq!(again.id(), held.id(), "what is delivered after its consumer crashed");
    Ok(())
}

async fn an_extended_lease_holds_until_its_new_end_and_no_longer(cx: Context<MessageStore>) -> Verdict {
    const EXTENDED: Duration = Duration::from_secs(4);
    publish(&cx.connect().await?, [event("extended")?]).await?;
    let (one, other) = (Consumer::of(&cx, "first").await?, Consumer::of(&cx, "first").await?);
    let held = one.next(Duration::from_secs(2)).await?;
    let until = one.extend(&held, EXTENDED).await?;
    let held = other.next_not_before(until, LONG).await?;
    ensure_eq!(held.id(), "extended", "what comes when the extended lease is over");
    // From now, not on top: it may also end the lease sooner.
    let until = other.extend(&held, SHORT).await?;
    let held = one.next_not_before(until, LONG).await?;
    ensure_eq!(held.delivery.attempt, 3, "the attempt after two leases ended");
    Ok(())
}

async fn a_message_given_back_is_delivered_again(cx: Context<MessageStore>) -> Verdict {
    publish(&cx.connect().await?, [event("given-back")?]).await?;
    let consumer = Consumer::of(&cx, "first").await?;
    let held = consumer.next(LONG).await?;
    consumer.nack(&held, Duration::ZERO).await?;
    let again = consumer.next(LONG).await?;
    ensure_eq!(again.id(), held.id(), "what is delivered after a message was given back");
    Ok(())
}

async fn a_message_given_back_with_a_delay_is_never_early(cx: Context<MessageStore>) -> Verdict {
    const DELAY: Duration = Duration::from_secs(4);
    publish(&cx.connect().await?, [event("postponed")?]).await?;
    let consumer = Consumer::of(&cx, "first").await?;
    // Longer than what is left of the lease: the end of that does not bring it back.
    let held = consumer.next(Duration::from_secs(2)).await?;
    let due = consumer.nack(&held, DELAY).await?;
    let again = consumer.next_not_before(due, LONG).await?;
    ensure_eq!(again.id(), held.id(), "what is delivered after the delay");
    Ok(())
}
