//! Messages.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use anyport_ports::messages::{
    Batch, Delay, Delivery, Lease, Messages, Outgoing, Receipt, Receive, Subscription, bounded_reason,
};
use anyport_ports::{Error, ErrorKind, Result, Timestamp, TopicName};
use async_trait::async_trait;
use tokio::time::{Instant, timeout};

use crate::queue::{Entry, Queue};
use crate::store::{Memory, State};

/// How often a waiting receive looks again: the end of a lease or delay wakes nobody, as the clock may be a manual one.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A topic: nothing but its subscriptions. What is published to a topic without any is gone.
#[derive(Default)]
pub(crate) struct Topic {
    pub(crate) subscriptions: BTreeMap<String, Subscribed>,
}

/// A subscription.
pub(crate) struct Subscribed {
    pub(crate) max_attempts: u32,
    messages: Queue,
    dead_letters: Queue,
}

impl Subscribed {
    pub(crate) fn new(max_attempts: u32) -> Self {
        Self { max_attempts, messages: Queue::default(), dead_letters: Queue::default() }
    }

    fn queue(&mut self, subscription: &Subscription) -> &mut Queue {
        if subscription.is_dead_letters() { &mut self.dead_letters } else { &mut self.messages }
    }

    /// Moves the messages to the dead letters that would be due once more than allowed. Done when somebody asks for
    /// messages, not before: until then a consumer that is late may still settle what it holds.
    fn sweep(&mut self, now: Timestamp) {
        let spent = |entry: &Entry| entry.attempts >= self.max_attempts;
        let exhausted = self.messages.due(now).filter(|(_, entry)| spent(entry));
        let exhausted: Vec<_> = exhausted.map(|(sequence, entry)| (sequence, entry.attempts, entry.due_at)).collect();
        for (sequence, attempts, due_at) in exhausted {
            // It died when it fell due, whenever that is noticed: the dead letters' order depends on nobody's looking.
            self.bury(sequence, format!("attempts exhausted: delivered {attempts} times"), due_at);
        }
    }

    fn bury(&mut self, sequence: u64, reason: String, died_at: Timestamp) {
        if let Some(entry) = self.messages.remove(sequence) {
            self.dead_letters.insert(sequence, Entry::new(entry.message, died_at, Some(reason)));
        }
    }
}

impl State {
    fn topic(&mut self, name: &TopicName) -> Result<&mut Topic> {
        self.topics
            .get_mut(name)
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "the topic does not exist: provision it first"))
    }

    fn subscribed(&mut self, subscription: &Subscription) -> Result<&mut Subscribed> {
        let subscribed = self.topic(subscription.topic())?.subscriptions.get_mut(subscription.name());
        subscribed.ok_or_else(|| Error::new(ErrorKind::NotFound, "the subscription does not exist: provision it first"))
    }
}

impl Memory {
    /// Takes what is due, without waiting.
    fn take_due(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let mut state = self.shared.lock();
        let now = self.shared.now();
        let subscribed = state.subscribed(subscription)?;
        subscribed.sweep(now);
        let queue = subscribed.queue(subscription);
        let due: Vec<u64> = queue.due(now).take(receive.max()).map(|(sequence, _)| sequence).collect();
        let until = now.plus(receive.lease());
        Ok(due.into_iter().filter_map(|due| queue.deliver(due, until, &self.shared.token('r'))).collect())
    }
}

#[async_trait]
impl Messages for Memory {
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        let at = |error: Error| error.during("messages.publish", topic);
        let mut state = self.shared.lock();
        let now = self.shared.now();
        let topic = state.topic(topic).map_err(at)?;
        for outgoing in batch.as_slice() {
            let sequence = self.shared.serial();
            for subscribed in topic.subscriptions.values_mut() {
                let entry = Entry::new(outgoing.message.clone(), now.plus(outgoing.delay), None);
                subscribed.messages.insert(sequence, entry);
            }
        }
        self.shared.arrivals.notify_waiters();
        Ok(batch.as_slice().iter().map(|_| Ok(())).collect())
    }

    async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let give_up_at = Instant::now() + receive.wait();
        loop {
            // To be woken by what arrives between looking and waiting, one must be listening before looking.
            let mut arrival = pin!(self.shared.arrivals.notified());
            arrival.as_mut().enable();
            let taken =
                self.take_due(subscription, receive).map_err(|error| error.during("messages.receive", subscription))?;
            let left = give_up_at.saturating_duration_since(Instant::now());
            if !taken.is_empty() || left.is_zero() {
                return Ok(taken);
            }
            // Whether something arrived or the time is over, the next look tells.
            let _ = timeout(left.min(LOOK_AGAIN), arrival).await;
        }
    }

    async fn ack(&self, subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        let at = |error: Error| error.during("messages.ack", subscription);
        let mut state = self.shared.lock();
        let queue = state.subscribed(subscription).map_err(at)?.queue(subscription);
        for receipt in receipts.as_slice() {
            if let Some(sequence) = queue.find(receipt) {
                queue.remove(sequence);
            }
        }
        Ok(receipts.as_slice().iter().map(|_| Ok(())).collect())
    }

    async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        let at = |error: Error| error.during("messages.nack", subscription);
        let mut state = self.shared.lock();
        let now = self.shared.now();
        let subscribed = state.subscribed(subscription).map_err(at)?;
        let max_attempts = subscribed.max_attempts;
        let queue = subscribed.queue(subscription);
        if let Some(sequence) = queue.find(receipt) {
            // After the last attempt there is no delivery left to hold back: it is a dead letter at once.
            let last = !subscription.is_dead_letters() && queue.attempts(sequence) >= max_attempts;
            queue.give_back(sequence, if last { now } else { now.plus(delay.length()) });
            self.shared.arrivals.notify_waiters();
        }
        Ok(())
    }

    async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()> {
        let at = |error: Error| error.during("messages.extend", subscription);
        let mut state = self.shared.lock();
        let now = self.shared.now();
        let queue = state.subscribed(subscription).map_err(at)?.queue(subscription);
        if let Some(sequence) = queue.find(receipt) {
            queue.extend(sequence, now.plus(lease.length()));
        }
        Ok(())
    }

    async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        let at = |error: Error| error.during("messages.dead_letter", subscription);
        let mut state = self.shared.lock();
        let now = self.shared.now();
        let subscribed = state.subscribed(subscription).map_err(at)?;
        let queue = subscribed.queue(subscription);
        if let Some(sequence) = queue.find(receipt) {
            if subscription.is_dead_letters() {
                // What is given up there stays there, with the reason it came with.
                queue.give_back(sequence, now);
            } else {
                subscribed.bury(sequence, bounded_reason(reason).to_owned(), now);
            }
            self.shared.arrivals.notify_waiters();
        }
        Ok(())
    }

    async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        let at = |error: Error| error.during("messages.redrive", subscription);
        let mut state = self.shared.lock();
        let now = self.shared.now();
        let subscribed = state.subscribed(subscription).map_err(at)?;
        subscribed.sweep(now);
        let free = subscribed.dead_letters.iter().filter(|(_, entry)| !entry.is_leased(now));
        let chosen: Vec<u64> = free.take(max).map(|(sequence, _)| sequence).collect();
        for sequence in &chosen {
            if let Some(entry) = subscribed.dead_letters.remove(*sequence) {
                subscribed.messages.insert(*sequence, Entry::new(entry.message, now, None));
            }
        }
        self.shared.arrivals.notify_waiters();
        Ok(chosen.len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use anyport_ports::messages::Message;
    use anyport_ports::resources::{Provision, Resources, SubscriptionSpec};

    use super::*;
    use crate::{ManualClock, MemoryStore};

    const TOPIC: TopicName = TopicName::from_static("orders");
    const LEASE: Duration = Duration::from_secs(30);

    async fn subscribed(max_attempts: u32) -> (Arc<ManualClock>, Memory, Subscription) {
        let clock = Arc::new(ManualClock::new());
        let memory = MemoryStore::new(clock.clone()).handle();
        let spec = SubscriptionSpec { topic: TOPIC, name: "fulfil".to_owned(), max_attempts };
        let resources = Resources { subscriptions: vec![spec.clone()], ..Resources::default() };
        memory.provision(&resources).await.unwrap();
        (clock, memory, spec.subscription().unwrap())
    }

    async fn publish(memory: &Memory, ids: &[&str]) {
        let messages = ids.iter().map(|id| Outgoing::from(Message::new(*id, "test", "t").unwrap()));
        let results = memory.publish(&TOPIC, &Batch::new(messages).unwrap()).await.unwrap();
        assert!(results.iter().all(Result::is_ok));
    }

    async fn receive(memory: &Memory, subscription: &Subscription) -> Vec<Delivery> {
        memory.receive(subscription, Receive::new(10, LEASE).unwrap()).await.unwrap()
    }

    fn ids(deliveries: &[Delivery]) -> Vec<&str> {
        deliveries.iter().map(|delivery| delivery.message.id()).collect()
    }

    #[tokio::test]
    async fn a_lease_that_is_over_is_delivered_again_and_its_receipt_is_stale() {
        let (clock, memory, subscription) = subscribed(5).await;
        publish(&memory, &["a", "b"]).await;
        let first = receive(&memory, &subscription).await;
        assert_eq!(ids(&first), ["a", "b"]);
        clock.advance(Duration::from_millis(29_999));
        assert!(receive(&memory, &subscription).await.is_empty());

        clock.advance(Duration::from_millis(1));
        // Late, but nobody else has the message: it is settled.
        memory.ack(&subscription, &Batch::one(first[0].receipt.clone())).await.unwrap();
        let second = receive(&memory, &subscription).await;
        assert_eq!((ids(&second), second[0].attempt), (vec!["b"], 2));

        let stale = &first[1].receipt;
        memory.ack(&subscription, &Batch::one(stale.clone())).await.unwrap();
        memory.nack(&subscription, stale, Delay::NONE).await.unwrap();
        memory.dead_letter(&subscription, stale, "no").await.unwrap();
        memory.extend(&subscription, stale, Lease::new(LEASE * 2).unwrap()).await.unwrap();
        assert!(receive(&memory, &subscription).await.is_empty());
        clock.advance(LEASE);
        assert_eq!(receive(&memory, &subscription).await[0].attempt, 3);
    }

    #[tokio::test]
    async fn an_extended_lease_holds_to_its_new_end() {
        let (clock, memory, subscription) = subscribed(5).await;
        publish(&memory, &["a"]).await;
        let held = receive(&memory, &subscription).await;
        clock.advance(Duration::from_secs(20));
        memory.extend(&subscription, &held[0].receipt, Lease::new(LEASE).unwrap()).await.unwrap();
        clock.advance(Duration::from_secs(29));
        assert!(receive(&memory, &subscription).await.is_empty());
        clock.advance(Duration::from_secs(1));
        assert_eq!(ids(&receive(&memory, &subscription).await), ["a"]);
    }

    #[tokio::test]
    async fn a_message_is_delivered_as_often_as_allowed_and_then_is_a_dead_letter() {
        let (clock, memory, subscription) = subscribed(3).await;
        let dead_letters = subscription.dead_letters();
        publish(&memory, &["a"]).await;
        for attempt in 1..=3 {
            assert!(receive(&memory, &dead_letters).await.is_empty());
            assert_eq!(receive(&memory, &subscription).await[0].attempt, attempt);
            clock.advance(LEASE);
        }
        assert!(receive(&memory, &subscription).await.is_empty());
        // Dead letters are not given up, however often they are delivered.
        for attempt in 1..=9 {
            let dead = receive(&memory, &dead_letters).await;
            assert_eq!((ids(&dead), dead[0].attempt), (vec!["a"], attempt));
            assert_eq!(dead[0].dead_letter_reason.as_deref(), Some("attempts exhausted: delivered 3 times"));
            assert_eq!(memory.redrive(&subscription, 10).await.unwrap(), 0, "it is under lease");
            clock.advance(LEASE);
        }
        assert_eq!(memory.redrive(&subscription, 10).await.unwrap(), 1);
        let again = receive(&memory, &subscription).await;
        assert_eq!((again[0].attempt, &again[0].dead_letter_reason), (1, &None));
        clock.advance(LEASE);
        assert!(receive(&memory, &dead_letters).await.is_empty());
    }

    #[tokio::test]
    async fn a_late_answer_to_the_last_delivery_settles_it() {
        let (clock, memory, subscription) = subscribed(1).await;
        publish(&memory, &["a"]).await;
        let held = receive(&memory, &subscription).await;
        clock.advance(LEASE);
        memory.ack(&subscription, &Batch::one(held[0].receipt.clone())).await.unwrap();
        assert!(receive(&memory, &subscription.dead_letters()).await.is_empty());
    }

    #[tokio::test]
    async fn what_is_given_back_for_the_last_time_is_a_dead_letter_at_once() {
        let (_clock, memory, subscription) = subscribed(1).await;
        publish(&memory, &["a", "b"]).await;
        let held = receive(&memory, &subscription).await;
        let delay = Delay::new(Duration::from_mins(15)).unwrap();
        memory.nack(&subscription, &held[0].receipt, delay).await.unwrap();
        memory.dead_letter(&subscription, &held[1].receipt, &"é".repeat(600)).await.unwrap();
        let dead = receive(&memory, &subscription.dead_letters()).await;
        assert_eq!(ids(&dead), ["a", "b"]);
        assert_eq!(dead[1].dead_letter_reason, Some("é".repeat(512)));
    }

    #[tokio::test]
    async fn delays_are_kept_and_order_follows_them() {
        let (clock, memory, subscription) = subscribed(5).await;
        let late = Outgoing::delayed(Message::new("late", "test", "t").unwrap(), Duration::from_secs(2)).unwrap();
        memory.publish(&TOPIC, &Batch::one(late)).await.unwrap();
        publish(&memory, &["now"]).await;
        let held = receive(&memory, &subscription).await;
        assert_eq!(ids(&held), ["now"]);
        memory.nack(&subscription, &held[0].receipt, Delay::new(Duration::from_secs(1)).unwrap()).await.unwrap();
        clock.advance(Duration::from_millis(999));
        assert!(receive(&memory, &subscription).await.is_empty());
        clock.advance(Duration::from_millis(1_001));
        assert_eq!(ids(&receive(&memory, &subscription).await), ["now", "late"]);
    }

    #[tokio::test]
    async fn who_waits_is_woken_by_what_arrives() {
        let (_clock, memory, subscription) = subscribed(5).await;
        let waiting = Receive::new(1, LEASE).unwrap().waiting(Duration::from_secs(20));
        let (received, ()) = tokio::join!(memory.receive(&subscription, waiting), publish(&memory, &["a"]));
        assert_eq!(ids(&received.unwrap()), ["a"]);
    }

    #[tokio::test]
    async fn who_waits_sees_the_clock_move() {
        let (clock, memory, subscription) = subscribed(5).await;
        publish(&memory, &["a"]).await;
        assert_eq!(receive(&memory, &subscription).await.len(), 1);
        let waiting = Receive::new(1, LEASE).unwrap().waiting(Duration::from_secs(20));
        let (received, ()) = tokio::join!(memory.receive(&subscription, waiting), async { clock.advance(LEASE) });
        assert_eq!(received.unwrap()[0].attempt, 2);
    }
}
