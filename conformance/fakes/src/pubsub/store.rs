//! All topics and subscriptions, and what passes between them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::{PubsubMessage, ReceivedMessage};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::config::{Subscription, Topic};
use super::filter::Filter;
use super::queue::{Delivered, Queue, Settled};
use super::refusal::Refusal;

/// The topic of a subscription whose topic is gone.
const DELETED: &str = "_deleted-topic_";

/// The longest deadline that an acknowledgement may be given.
const MAX_DEADLINE: u32 = 600;

#[derive(Default)]
pub(super) struct Store(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    topics: BTreeMap<String, Topic>,
    subscriptions: BTreeMap<String, Standing>,
    published: u64,
    streams: u64,
}

struct Standing {
    config: Subscription,
    filter: Filter,
    queue: Queue,
    /// How many streams are open.
    streams: usize,
    changed: Arc<Notify>,
}

/// What became of each ack id of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settling {
    /// Those whose lease was over, which only exactly-once delivery tells.
    pub(super) stale: Vec<String>,
}

impl Store {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn create_topic(&self, name: &str, topic: Topic) -> Result<Topic, Refusal> {
        let topic = topic.checked(name)?;
        let mut inner = self.lock();
        if inner.topics.contains_key(name) {
            return Err(Refusal::standing(name));
        }
        inner.topics.insert(name.to_owned(), topic.clone());
        Ok(topic)
    }

    pub(super) fn topic(&self, name: &str) -> Result<Topic, Refusal> {
        self.lock().topics.get(name).cloned().ok_or_else(|| Refusal::absent(name))
    }

    pub(super) fn topics(&self, project: &str) -> Vec<Topic> {
        let prefix = format!("{project}/");
        self.lock().topics.values().filter(|topic| topic.name.starts_with(&prefix)).cloned().collect()
    }

    pub(super) fn delete_topic(&self, name: &str) -> Result<(), Refusal> {
        let mut inner = self.lock();
        inner.topics.remove(name).ok_or_else(|| Refusal::absent(name))?;
        for standing in inner.subscriptions.values_mut().filter(|standing| standing.config.topic == name) {
            DELETED.clone_into(&mut standing.config.topic);
        }
        Ok(())
    }

    pub(super) fn create_subscription(&self, name: &str, config: Subscription) -> Result<Subscription, Refusal> {
        let (config, filter) = config.checked(name)?;
        let mut inner = self.lock();
        if inner.subscriptions.contains_key(name) {
            return Err(Refusal::standing(name));
        }
        if !inner.topics.contains_key(&config.topic) {
            return Err(Refusal::absent(&config.topic));
        }
        let (queue, changed) = (Queue::default(), Arc::default());
        let standing = Standing { config: config.clone(), filter, queue, streams: 0, changed };
        inner.subscriptions.insert(name.to_owned(), standing);
        Ok(config)
    }

    pub(super) fn subscription(&self, name: &str) -> Result<Subscription, Refusal> {
        self.lock().standing(name).map(|standing| standing.config.clone())
    }

    pub(super) fn subscriptions(&self, project: &str) -> Vec<Subscription> {
        let prefix = format!("{project}/");
        let inner = self.lock();
        let configs = inner.subscriptions.values().map(|standing| &standing.config);
        configs.filter(|config| config.name.starts_with(&prefix)).cloned().collect()
    }

    pub(super) fn delete_subscription(&self, name: &str) -> Result<(), Refusal> {
        let gone = self.lock().subscriptions.remove(name).ok_or_else(|| Refusal::absent(name))?;
        gone.changed.notify_waiters();
        Ok(())
    }

    /// Publishes the messages, all or none; returns their ids.
    pub(super) fn publish(&self, topic: &str, messages: Vec<PubsubMessage>) -> Result<Vec<String>, Refusal> {
        check(&messages)?;
        let mut inner = self.lock();
        if !inner.topics.contains_key(topic) {
            return Err(Refusal::absent(topic));
        }
        Ok(messages.into_iter().map(|message| inner.publish(topic, message)).collect())
    }

    /// Takes up to so many messages. `stream` is who takes them, if it is one, and for how long they are held then.
    pub(super) fn take(
        &self,
        subscription: &str,
        max: usize,
        stream: Option<(u64, Duration)>,
    ) -> Result<Vec<ReceivedMessage>, Refusal> {
        let mut inner = self.lock();
        let standing = inner.standing(subscription)?;
        let deadline = stream.map_or_else(|| standing.config.deadline(), |(_, deadline)| deadline);
        let counts = standing.config.dead_letter_policy.is_some();
        let taken = standing.queue.take(Instant::now(), max, deadline, stream.map(|(stream, _)| stream));
        let received = taken.into_iter().map(|Delivered { ack_id, message, deliveries }| ReceivedMessage {
            ack_id,
            message: Some(message),
            // Only where there is a policy of dead letters.
            delivery_attempt: if counts { i32::try_from(deliveries).unwrap_or(i32::MAX) } else { 0 },
        });
        Ok(received.collect())
    }

    /// How many messages a stream may take now that may hold so many at a time: its share, if there are several.
    pub(super) fn share(&self, subscription: &str, stream: u64, may_hold: usize) -> Result<usize, Refusal> {
        let mut inner = self.lock();
        let standing = inner.standing(subscription)?;
        let share = standing.queue.ready().div_ceil(standing.streams.max(1));
        Ok(share.min(may_hold.saturating_sub(standing.queue.held_by(stream))))
    }

    /// Opens a stream: its number.
    pub(super) fn open_stream(&self, subscription: &str) -> Result<u64, Refusal> {
        let mut inner = self.lock();
        inner.streams += 1;
        let number = inner.streams;
        inner.standing(subscription)?.streams += 1;
        Ok(number)
    }

    pub(super) fn close_stream(&self, subscription: &str) {
        if let Ok(standing) = self.lock().standing(subscription) {
            standing.streams -= 1;
            standing.changed.notify_waiters();
        }
    }

    /// What is told when the subscription may have something to take.
    pub(super) fn changed(&self, subscription: &str) -> Result<Arc<Notify>, Refusal> {
        self.lock().standing(subscription).map(|standing| Arc::clone(&standing.changed))
    }

    pub(super) fn acknowledge(&self, subscription: &str, ack_ids: &[String]) -> Result<Settling, Refusal> {
        let mut inner = self.lock();
        let standing = inner.standing(subscription)?;
        let now = Instant::now();
        let settling = settle(standing, ack_ids, |queue, ack_id| queue.acknowledge(now, ack_id))?;
        standing.changed.notify_waiters();
        Ok(settling)
    }

    /// Lets the leases end so many seconds from now; none is at once.
    pub(super) fn modify(&self, subscription: &str, ack_ids: &[String], seconds: i32) -> Result<Settling, Refusal> {
        let seconds = u32::try_from(seconds).ok().filter(|seconds| *seconds <= MAX_DEADLINE);
        let seconds = seconds.ok_or_else(|| Refusal::invalid(format!("ackDeadlineSeconds: 0 to {MAX_DEADLINE}")))?;
        let deadline = Duration::from_secs(seconds.into());
        let mut inner = self.lock();
        let now = Instant::now();
        let settling =
            settle(inner.standing(subscription)?, ack_ids, |queue, ack_id| queue.modify(now, ack_id, deadline))?;
        inner.end_leases(now);
        Ok(settling)
    }

    /// Ends the leases whose time has come.
    pub(super) fn end_leases(&self) {
        self.lock().end_leases(Instant::now());
    }
}

fn settle(
    standing: &mut Standing,
    ack_ids: &[String],
    mut how: impl FnMut(&mut Queue, &str) -> Settled,
) -> Result<Settling, Refusal> {
    let mut settling = Settling::default();
    for ack_id in ack_ids {
        match how(&mut standing.queue, ack_id) {
            Settled::Unknown => {
                return Err(Refusal::invalid(format!(
                    "You have passed an invalid ack ID to the service (ack_id={ack_id})."
                )));
            }
            Settled::Stale if standing.config.enable_exactly_once_delivery => settling.stale.push(ack_id.clone()),
            Settled::Stale | Settled::Yes => {}
        }
    }
    Ok(settling)
}

impl Inner {
    fn standing(&mut self, subscription: &str) -> Result<&mut Standing, Refusal> {
        self.subscriptions.get_mut(subscription).ok_or_else(|| Refusal::absent(subscription))
    }

    /// Hands a message to the subscriptions of a topic that take it: its id.
    fn publish(&mut self, topic: &str, mut message: PubsubMessage) -> String {
        self.published += 1;
        message.message_id = self.published.to_string();
        message.publish_time = Some(SystemTime::now().into());
        let id = message.message_id.clone();
        for standing in self.subscriptions.values_mut().filter(|standing| standing.config.topic == topic) {
            if standing.filter.takes(&message.attributes) {
                standing.queue.push(message.clone());
                standing.changed.notify_waiters();
            }
        }
        id
    }

    fn end_leases(&mut self, now: Instant) {
        let mut letters = Vec::new();
        for standing in self.subscriptions.values_mut() {
            let policy = standing.config.dead_letter_policy.as_ref();
            // Where the topic of the dead letters is gone, a message stays.
            let policy = policy.filter(|policy| self.topics.contains_key(&policy.dead_letter_topic));
            let (back, dead) = standing.queue.end_leases(now, policy.map(|policy| policy.max_delivery_attempts));
            if back {
                standing.changed.notify_waiters();
            }
            let Some(policy) = policy else { continue };
            for (message, deliveries) in dead {
                let letter = letter(message, deliveries, &standing.config.name);
                letters.push((policy.dead_letter_topic.clone(), letter));
            }
        }
        for (topic, letter) in letters {
            self.publish(&topic, letter);
        }
    }
}

/// A message as it is forwarded to the topic of the dead letters, with where it comes from.
fn letter(mut message: PubsubMessage, deliveries: u32, subscription: &str) -> PubsubMessage {
    let mut parts = subscription.split('/').skip(1).step_by(2);
    let (project, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let published = message.publish_time.take().map(|time| time.to_string()).unwrap_or_default();
    for (key, value) in [
        ("DeliveryCount", deliveries.to_string()),
        ("Subscription", name.to_owned()),
        ("SubscriptionProject", project.to_owned()),
        ("TopicPublishTime", published),
    ] {
        message.attributes.insert(format!("CloudPubSubDeadLetterSource{key}"), value);
    }
    message
}

/// Refuses what Pub/Sub does not take.
fn check(messages: &[PubsubMessage]) -> Result<(), Refusal> {
    const MOST: usize = 1000;
    const MAX_BYTES: usize = 10_000_000;
    if messages.is_empty() || messages.len() > MOST {
        return Err(Refusal::invalid(format!("a publish of {} messages: 1 to {MOST}", messages.len())));
    }
    let size: usize = messages.iter().map(prost::Message::encoded_len).sum();
    if size > MAX_BYTES {
        return Err(Refusal::invalid(format!("a publish of {size} bytes: at most {MAX_BYTES}")));
    }
    for message in messages {
        if !message.ordering_key.is_empty() {
            return Err(Refusal::not_done("ordering"));
        }
        if message.data.is_empty() && message.attributes.is_empty() {
            return Err(Refusal::invalid("Some messages in the batch are empty (no data or attributes)."));
        }
        let fits = |(key, value): (&String, &String)| {
            (1..=256).contains(&key.len()) && value.len() <= 1024 && !key.starts_with("goog")
        };
        if message.attributes.len() > 100 || !message.attributes.iter().all(fits) {
            return Err(Refusal::invalid("Some messages in the batch have attributes that are too many or too long."));
        }
    }
    Ok(())
}
