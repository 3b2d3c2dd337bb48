//! Faults on the way in.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyport_ports::messages::{Batch, Delivery, Message, Messages, Outgoing, Receive, Subscription};
use anyport_ports::{ErrorKind, Result, TopicName};
use async_trait::async_trait;
use bytes::Bytes;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::MessageStore;

pub(super) fn mutants() -> Vec<Mutant<MessageStore>> {
    vec![
        mutant(
            "fan_out_to_one",
            "MSG-PUB-1",
            "Subscriptions share one queue: a message goes to whichever of them asks first.",
            |_| tampered(FanOutToOne::default()),
        ),
        mutant(
            "batch_failure_hidden",
            "MSG-PUB-2",
            "A batch of which an entry was refused is reported as accepted throughout.",
            |_| tampered(BatchFailureHidden),
        ),
        mutant(
            "refused_entry_takes_the_rest_along",
            "MSG-PUB-2",
            "What follows a refused entry is never sent, though reported as accepted.",
            |_| tampered(RefusedEntryTakesTheRestAlong),
        ),
        mutant("data_as_text", "MSG-PUB-3", "Data is kept as text: what is not UTF-8 is replaced.", |_| {
            tampered(Rewrite(data_as_text))
        }),
        mutant("data_trimmed", "MSG-PUB-3", "White space around data is lost.", |_| tampered(Rewrite(data_trimmed))),
        mutant("large_data_truncated", "MSG-PUB-3", "Data is cut at 30,000 bytes.", |_| {
            tampered(Rewrite(large_data_truncated))
        }),
        mutant("attributes_folded", "MSG-PUB-4", "Values of attributes are turned to lower case.", |_| {
            tampered(Rewrite(attributes_folded))
        }),
        mutant("attribute_added", "MSG-PUB-4", "A message gets an attribute that nobody gave it.", |_| {
            tampered(Rewrite(attribute_added))
        }),
        mutant("unset_subject_set", "MSG-PUB-4", "A message without a subject gets its type for one.", |_| {
            tampered(Rewrite(unset_subject_set))
        }),
        mutant("absent_topic_accepted", "MSG-PUB-5", "Publishing to a topic that does not exist succeeds.", |_| {
            tampered(AbsentTopicAccepted)
        }),
        mutant(
            "absent_subscription_is_empty",
            "MSG-PUB-5",
            "A subscription that does not exist has no messages, rather than not being found.",
            |_| tampered(AbsentSubscriptionIsEmpty),
        ),
        mutant(
            "publish_drops_but_ok",
            "MSG-PUB-6",
            "Every eighth message is dropped, and reported as accepted.",
            |_| tampered(PublishDropsButOk::default()),
        ),
        mutant("delay_ignored", "MSG-DLY-1", "A delayed message is delivered at once.", |_| {
            tampered(DelayAltered(|_| Duration::ZERO))
        }),
        mutant("delay_cut_by_a_second", "MSG-DLY-1", "A delay ends a second early.", |_| {
            tampered(DelayAltered(|delay| delay.saturating_sub(Duration::from_secs(1))))
        }),
        mutant("delay_in_minutes", "MSG-DLY-1", "Seconds of delay are taken for minutes.", |_| {
            tampered(DelayAltered(|delay| (delay * 60).min(Duration::from_mins(15))))
        }),
    ]
}

/// The first subscription that a message is delivered to keeps it to itself.
#[derive(Default)]
struct FanOutToOne(Mutex<HashMap<String, Subscription>>);

impl FanOutToOne {
    fn owns(&self, subscription: &Subscription, message: &Message) -> bool {
        let mut owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = owners.entry(message.id().to_owned()).or_insert_with(|| subscription.clone());
        owner.name() == subscription.name()
    }
}

#[async_trait]
impl Tamper for FanOutToOne {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let mut deliveries = sound.receive(of, receive).await?;
        deliveries.retain(|delivery| self.owns(of, &delivery.message));
        Ok(deliveries)
    }
}

struct BatchFailureHidden;

#[async_trait]
impl Tamper for BatchFailureHidden {
    async fn publish(&self, sound: &dyn Messages, to: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        let results = sound.publish(to, batch).await?;
        if results.len() == 1 {
            return Ok(results);
        }
        Ok(results.iter().map(|_| Ok(())).collect())
    }
}

struct RefusedEntryTakesTheRestAlong;

#[async_trait]
impl Tamper for RefusedEntryTakesTheRestAlong {
    async fn publish(&self, sound: &dyn Messages, to: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        let mut results: Vec<Result<()>> = Vec::new();
        for entry in batch.as_slice() {
            if results.iter().all(Result::is_ok) {
                results.extend(sound.publish(to, &Batch::one(entry.clone())).await?);
            } else {
                results.push(Ok(()));
            }
        }
        Ok(results)
    }
}

/// Publishes something else than it was given. What would no longer fit stays as it is: the fault must not show as a
/// refusal.
struct Rewrite(fn(&Message) -> Result<Message>);

#[async_trait]
impl Tamper for Rewrite {
    async fn publish(&self, sound: &dyn Messages, to: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        let altered = |entry: &Outgoing| {
            let message = (self.0)(&entry.message).unwrap_or_else(|_| entry.message.clone());
            Outgoing::delayed(message, entry.delay)
        };
        let entries = batch.as_slice().iter().map(altered).collect::<Result<Vec<_>>>()?;
        sound.publish(to, &Batch::new(entries)?).await
    }
}

fn with_data(message: &Message, data: impl Into<Bytes>) -> Result<Message> {
    message.content_type().map_or_else(|| Ok(message.clone()), |kind| message.clone().with_data(kind, data))
}

fn data_as_text(message: &Message) -> Result<Message> {
    with_data(message, String::from_utf8_lossy(message.data()).into_owned())
}

fn data_trimmed(message: &Message) -> Result<Message> {
    with_data(message, message.data().trim_ascii().to_vec())
}

fn large_data_truncated(message: &Message) -> Result<Message> {
    with_data(message, message.data().slice(..message.data().len().min(30_000)))
}

fn attributes_folded(message: &Message) -> Result<Message> {
    let folded =
        |message: Message, (name, value): (&String, &String)| message.with_extension(name, value.to_lowercase());
    message.extensions().iter().try_fold(message.clone(), folded)
}

fn attribute_added(message: &Message) -> Result<Message> {
    message.clone().with_extension("traceparent", "00-0-0-00")
}

fn unset_subject_set(message: &Message) -> Result<Message> {
    message.clone().with_subject(message.subject().unwrap_or(message.kind()))
}

struct AbsentTopicAccepted;

#[async_trait]
impl Tamper for AbsentTopicAccepted {
    async fn publish(&self, sound: &dyn Messages, to: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        match sound.publish(to, batch).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(batch.as_slice().iter().map(|_| Ok(())).collect()),
            other => other,
        }
    }
}

struct AbsentSubscriptionIsEmpty;

#[async_trait]
impl Tamper for AbsentSubscriptionIsEmpty {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        match sound.receive(of, receive).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            other => other,
        }
    }
}

#[derive(Default)]
struct PublishDropsButOk(AtomicUsize);

#[async_trait]
impl Tamper for PublishDropsButOk {
    async fn publish(&self, sound: &dyn Messages, to: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        let mut results = Vec::new();
        for entry in batch.as_slice() {
            if self.0.fetch_add(1, Ordering::Relaxed) % 8 == 7 {
                results.push(Ok(()));
            } else {
                results.extend(sound.publish(to, &Batch::one(entry.clone())).await?);
            }
        }
        Ok(results)
    }
}

/// Delays by something else than asked.
struct DelayAltered(fn(Duration) -> Duration);

#[async_trait]
impl Tamper for DelayAltered {
    async fn publish(&self, sound: &dyn Messages, to: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        let altered = |entry: &Outgoing| Outgoing::delayed(entry.message.clone(), (self.0)(entry.delay));
        let entries = batch.as_slice().iter().map(altered).collect::<Result<Vec<_>>>()?;
        sound.publish(to, &Batch::new(entries)?).await
    }
}
