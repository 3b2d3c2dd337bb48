//! What happens when the store is not itself.

use std::collections::BTreeMap;
use std::time::Duration;

use anyport_ports::messages::{Batch, Delay, Lease, Message, Receipt, Receive, Subscription};
use anyport_ports::{Error, ErrorKind};
use tokio::join;

use super::consumer::{Consumer, LONG, PATIENCE, SHORT, event, publish};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error};
use crate::faults::{Fault, Faults};
use crate::subject::MessageStore;
use crate::suite::outage::Outage;
use crate::suite::{NEWS, resources};

pub(super) fn checks() -> Vec<Check<MessageStore>> {
    checks![resources;
        "MSG-ERR-1" => what_the_store_refuses_is_retryable_and_not_done,
        "MSG-ERR-2" => a_publish_lost_on_the_way_is_indeterminate,
    ]
}

/// Publishes one message; its result, whether the store refuses the call or the entry.
async fn publish_one(store: &MessageStore, message: Message) -> Result<(), Error> {
    store.messages.publish(&NEWS, &Batch::one(message.into())).await?.into_iter().collect()
}

async fn what_the_store_refuses_is_retryable_and_not_done(cx: Context<MessageStore>) -> Verdict {
    let faults = Faults::none();
    let shaky = cx.connect_through(&faults).await?;
    let consumer = Consumer::of(&cx, "first").await?;
    let subscription = &consumer.subscription;
    for outage in Outage::ALL {
        let message = event(&format!("through-{}", outage.kind()))?;
        cx.note(format!("a publish meets {outage:?}"));
        outage.begin(&faults).await;
        outage.expect(publish_one(&shaky, message.clone()).await, "publish")?;
        outage.end(&faults).await;
        consumer.expect_nothing(Duration::ZERO).await?;
        publish(&shaky, [message]).await?;

        outage.begin(&faults).await;
        outage.expect(shaky.messages.receive(subscription, Receive::new(1, LONG)?).await, "receive")?;
        let held = consumer.next(LONG).await?;
        ensure_eq!(held.delivery.attempt, 1, "the attempt after a publish and a receive that were refused");

        cx.note(format!("every way to settle meets {outage:?}"));
        refuse_settling(&shaky, subscription, &held.delivery.receipt, outage).await?;
        outage.end(&faults).await;
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
    receipt: &Receipt,
    outage: Outage,
) -> Verdict {
    let messages = &shaky.messages;
    let (receipts, lease) = (Batch::one(receipt.clone()), Lease::new(SHORT)?);
    let (acked, nacked, extended, given_up, redriven) = join!(
        messages.ack(subscription, &receipts),
        messages.nack(subscription, receipt, Delay::NONE),
        messages.extend(subscription, receipt, lease),
        messages.dead_letter(subscription, receipt, "refused"),
        messages.redrive(subscription, 1),
    );
    outage.expect(acked.and_then(|results| results.into_iter().collect::<Result<(), _>>()), "ack")?;
    outage.expect(nacked, "nack")?;
    outage.expect(extended, "extend")?;
    outage.expect(given_up, "dead_letter")?;
    outage.expect(redriven, "redrive")
}

async fn a_publish_lost_on_the_way_is_indeterminate(cx: Context<MessageStore>) -> Verdict {
    let mut published = BTreeMap::new();
    for fault in Fault::IN_DOUBT {
        cx.note(format!("a publish meets {fault:?}"));
        let faults = Faults::always(fault);
        let shaky = cx.connect_through(&faults).await?;
        let message = event(&format!("in-doubt-after-{fault:?}"))?;
        let doubtful = publish_one(&shaky, message.clone()).await;
        expect_error(doubtful, ErrorKind::Indeterminate, &format!("a publish that met {fault:?}"))?;
        faults.persist(Fault::None);
        publish(&shaky, [message.clone()]).await?;
        published.insert(message.id().to_owned(), message);
    }
    let consumer = Consumer::of(&cx, "first").await?;
    // Once or more often, each is right; nothing else is.
    let mut missing: Vec<&String> = published.keys().collect();
    let receive = || async {
        let held = consumer.receive(10, LONG).await?;
        for delivery in held.iter().map(|held| &held.delivery) {
            let sent = published.get(delivery.message.id());
            ensure!(sent == Some(&delivery.message), "published again, another message came: {:?}", delivery.message);
        }
        Ok((!held.is_empty()).then_some(held))
    };
    while !missing.is_empty() {
        let Some(held) = cx.eventually(PATIENCE, receive).await? else {
            return Err(Violation::new(format!("published again, {missing:?} did not come")));
        };
        missing.retain(|id| held.iter().all(|held| held.id() != *id));
    }
    while cx.eventually(PATIENCE / 10, receive).await?.is_some() {}
    Ok(())
}
