//! What happens when the store is not itself.

use std::time::Duration;

use anyport_ports::messages::{Batch, Delay, Lease, Message, Receive, Subscription};
use anyport_ports::{Error, ErrorKind, Retry};

use super::consumer::{Consumer, LONG, PATIENCE, SHORT, event, publish};
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq, expect_error};
use crate::faults::{Fault, Faults};
use crate::subject::MessageStore;
use crate::suite::{NEWS, resources};

pub(super) fn checks() -> Vec<Check<MessageStore>> {
    checks![resources;
        "MSG-ERR-1" => what_the_store_refuses_is_retryable_and_not_done,
        "MSG-ERR-2" => a_publish_whose_answer_was_lost_is_indeterminate,
    ]
}

/// Publishes one message; its result, whether the store refuses the call or the entry.
async fn publish_one(store: &MessageStore, message: Message) -> Result<(), Error> {
    store.messages.publish(&NEWS, &Batch::one(message.into())).await?.into_iter().collect()
}

/// The kinds of error that go with a fault that leaves nothing done.
const REFUSALS: [(Fault, ErrorKind); 2] =
    [(Fault::Throttle, ErrorKind::Throttled), (Fault::DropBefore, ErrorKind::Unavailable)];

fn refused<T: std::fmt::Debug>(result: Result<T, Error>, kind: ErrorKind, operation: &str) -> Verdict {
    let retry = result.as_ref().err().map(Error::retry);
    expect_error(result, kind, operation)?;
    let retryable = matches!(retry, Some(Retry::Backoff | Retry::After(_)));
    ensure!(retryable, "{operation}: {kind} must tell to retry, found {retry:?}");
    Ok(())
}

async fn what_the_store_refuses_is_retryable_and_not_done(cx: Context<MessageStore>) -> Verdict {
    for (fault, kind) in REFUSALS {
        let faults = Faults::none();
        let shaky = cx.connect_through(&faults).await?;
        let consumer = Consumer::of(&cx, "first").await?;
        let subscription = &consumer.subscription;
        let fail = || faults.inject(fault);

        let message = event(&format!("through-{kind}"))?;
        fail();
        refused(publish_one(&shaky, message.clone()).await, kind, "publish")?;
        consumer.expect_nothing(Duration::ZERO).await?;
        publish(&shaky, [message]).await?;
        fail();
        refused(shaky.messages.receive(subscription, Receive::new(1, LONG)?).await, kind, "receive")?;
        let held = consumer.next(LONG).await?;
        ensure_eq!(held.delivery.attempt, 1, "the attempt after a publish and a receive that were refused");

        refuse_settling(&shaky, subscription, &held.delivery.receipt, kind, &fail).await?;
        consumer.expect_nothing(SHORT + Duration::from_millis(500)).await?;
        consumer.dead_letters().expect_nothing(Duration::ZERO).await?;
        consumer.nack(&held, Duration::ZERO).await?;
        let again = consumer.next(LONG).await?;
        ensure_eq!(again.delivery.attempt, 2, "the attempt after every way to settle was refused");
        consumer.ack(&again).await?;
    }
    Ok(())
}

/// Tries every way to settle a delivery, each refused.
async fn refuse_settling(
    shaky: &MessageStore,
    subscription: &Subscription,
    receipt: &anyport_ports::messages::Receipt,
    kind: ErrorKind,
    fail: &(dyn Fn() + Send + Sync),
) -> Verdict {
    let messages = &shaky.messages;
    fail();
    let acked = messages.ack(subscription, &Batch::one(receipt.clone())).await;
    refused(acked.and_then(|results| results.into_iter().collect::<Result<(), _>>()), kind, "ack")?;
    fail();
    refused(messages.nack(subscription, receipt, Delay::NONE).await, kind, "nack")?;
    fail();
    refused(messages.extend(subscription, receipt, Lease::new(SHORT)?).await, kind, "extend")?;
    fail();
    refused(messages.dead_letter(subscription, receipt, "refused").await, kind, "dead_letter")?;
    fail();
    refused(messages.redrive(subscription, 1).await, kind, "redrive")
}

async fn a_publish_whose_answer_was_lost_is_indeterminate(cx: Context<MessageStore>) -> Verdict {
    let faults = Faults::none();
    let shaky = cx.connect_through(&faults).await?;
    let message = event("in-doubt")?;
    faults.inject(Fault::DropAfter);
    let doubtful = publish_one(&shaky, message.clone()).await;
    expect_error(doubtful, ErrorKind::Indeterminate, "a publish whose answer was lost")?;
    publish(&shaky, [message.clone()]).await?;

    let consumer = Consumer::of(&cx, "first").await?;
    let held = consumer.next(LONG).await?;
    ensure!(held.delivery.message == message, "published again, another message came: {:?}", held.delivery.message);
    // Once or twice, both are right; nothing else is.
    let more = cx.eventually(PATIENCE / 10, || async { Ok(consumer.receive(1, LONG).await?.pop()) }).await?;
    ensure!(more.is_none_or(|more| more.delivery.message == message), "nobody published what came beside it");
    Ok(())
}
