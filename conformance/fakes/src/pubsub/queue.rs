//! The messages of one subscription: who holds which until when, and how often each was delivered.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::PubsubMessage;
use tokio::time::Instant;

/// The messages that were published to a subscription and are not acknowledged.
#[derive(Default)]
pub(super) struct Queue {
    entries: BTreeMap<u64, Entry>,
    /// Those that nobody holds, the next one first. What comes back goes to the end, so that nothing holds up the others.
    ready: VecDeque<u64>,
    /// Numbers messages and leases, each once.
    numbers: u64,
}

struct Entry {
    message: PubsubMessage,
    deliveries: u32,
    lease: Option<Lease>,
}

struct Lease {
    number: u64,
    until: Instant,
    stream: Option<u64>,
}

/// A message as it is handed out.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) ack_id: String,
    pub(super) message: PubsubMessage,
    /// How often it was delivered, this time included.
    pub(super) deliveries: u32,
}

/// What an ack id did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Yes,
    /// Its lease is over.
    Stale,
    /// It is none that was ever given.
    Unknown,
}

impl Queue {
    pub(super) fn push(&mut self, message: PubsubMessage) {
        let number = self.number();
        self.entries.insert(number, Entry { message, deliveries: 0, lease: None });
        self.ready.push_back(number);
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// How many could be taken.
    pub(super) fn ready(&self) -> usize {
        self.ready.len()
    }

    /// How many are held by a stream.
    pub(super) fn held_by(&self, stream: u64) -> usize {
        let is_held = |entry: &&Entry| entry.lease.as_ref().is_some_and(|lease| lease.stream == Some(stream));
        self.entries.values().filter(is_held).count()
    }

    /// Takes up to so many messages that nobody holds.
    pub(super) fn take(&mut self, now: Instant, max: usize, deadline: Duration, stream: Option<u64>) -> Vec<Delivered> {
        let mut taken = Vec::new();
        while taken.len() < max {
            let Some(id) = self.ready.pop_front() else { break };
            let number = self.number();
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            entry.deliveries += 1;
            entry.lease = Some(Lease { number, until: now + deadline, stream });
            let (message, deliveries) = (entry.message.clone(), entry.deliveries);
            taken.push(Delivered { ack_id: format!("{id}-{number}"), message, deliveries });
        }
        taken
    }

    /// Removes the message for good.
    pub(super) fn acknowledge(&mut self, now: Instant, ack_id: &str) -> Settled {
        match self.leased(now, ack_id) {
            Ok((id, _)) => {
                self.entries.remove(&id);
                Settled::Yes
            }
            Err(why) => why,
        }
    }

    /// Lets the lease end this long from now. One that ends at once ends with the next [`Queue::end_leases`].
    pub(super) fn modify(&mut self, now: Instant, ack_id: &str, deadline: Duration) -> Settled {
        match self.leased(now, ack_id) {
            Ok((_, lease)) => {
                lease.until = now + deadline;
                Settled::Yes
            }
            Err(why) => why,
        }
    }

    fn leased(&mut self, now: Instant, ack_id: &str) -> Result<(u64, &mut Lease), Settled> {
        let numbers = ack_id.split_once('-').and_then(|(id, number)| Some((id.parse().ok()?, number.parse().ok()?)));
        let (id, number): (u64, u64) = numbers.ok_or(Settled::Unknown)?;
        let lease = self.entries.get_mut(&id).and_then(|entry| entry.lease.as_mut());
        lease.filter(|lease| lease.number == number && lease.until > now).map(|lease| (id, lease)).ok_or(Settled::Stale)
    }

    /// Ends the leases whose time has come: whether anything can be taken again, and the messages that were delivered as
    /// often as is allowed, which are no longer here.
    pub(super) fn end_leases(&mut self, now: Instant, allowed: Option<u32>) -> (bool, Vec<(PubsubMessage, u32)>) {
        let is_over = |entry: &Entry| entry.lease.as_ref().is_some_and(|lease| lease.until <= now);
        let over: Vec<u64> = self.entries.iter().filter(|(_, entry)| is_over(entry)).map(|(id, _)| *id).collect();
        let (mut back, mut dead) = (false, Vec::new());
        for id in over {
            let Some(mut entry) = self.entries.remove(&id) else { continue };
            if allowed.is_some_and(|allowed| entry.deliveries >= allowed) {
                dead.push((entry.message, entry.deliveries));
            } else {
                entry.lease = None;
                self.entries.insert(id, entry);
                self.ready.push_back(id);
                back = true;
            }
        }
        (back, dead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(10);

    fn queue(ids: &[&str]) -> Queue {
        let mut queue = Queue::default();
        for id in ids {
            queue.push(PubsubMessage { message_id: (*id).to_owned(), ..Default::default() });
        }
        queue
    }

    fn ids(taken: &[Delivered]) -> Vec<&str> {
        taken.iter().map(|delivered| delivered.message.message_id.as_str()).collect()
    }

    #[test]
    fn what_is_held_is_not_handed_out_until_its_lease_ends() {
        let (mut queue, now) = (queue(&["a", "b"]), Instant::now());
        assert_eq!(ids(&queue.take(now, 1, LEASE, None)), ["a"]);
        assert_eq!(ids(&queue.take(now, 9, LEASE, None)), ["b"]);
        assert!(queue.take(now, 9, LEASE, None).is_empty());
        let later = now + LEASE;
        assert!(queue.end_leases(later, None).0);
        let again = queue.take(later, 9, LEASE, None);
        assert_eq!(ids(&again), ["a", "b"]);
        assert_eq!(again[0].deliveries, 2);
    }

    #[test]
    fn an_old_ack_id_does_nothing() {
        let (mut queue, now) = (queue(&["a"]), Instant::now());
        let first = queue.take(now, 1, LEASE, None).remove(0);
        assert_eq!(queue.modify(now, &first.ack_id, Duration::ZERO), Settled::Yes);
        assert_eq!(queue.acknowledge(now, &first.ack_id), Settled::Stale, "over, though nobody has noticed yet");
        queue.end_leases(now, None);
        let second = queue.take(now, 1, LEASE, None).remove(0);
        assert_eq!(queue.acknowledge(now, &first.ack_id), Settled::Stale);
        assert_eq!(queue.modify(now, &first.ack_id, LEASE), Settled::Stale);
        assert_eq!(queue.acknowledge(now, &second.ack_id), Settled::Yes);
        assert_eq!(queue.acknowledge(now, &second.ack_id), Settled::Stale);
        assert_eq!(queue.acknowledge(now, "who knows"), Settled::Unknown);
        assert!(queue.entries.is_empty());
    }

    #[test]
    fn a_longer_deadline_holds_longer_and_a_shorter_one_shorter() {
        let (mut queue, now) = (queue(&["a"]), Instant::now());
        let held = queue.take(now, 1, LEASE, None).remove(0);
        queue.modify(now, &held.ack_id, LEASE * 2);
        assert!(!queue.end_leases(now + LEASE, None).0);
        queue.modify(now, &held.ack_id, LEASE / 2);
        assert!(queue.end_leases(now + LEASE / 2, None).0);
    }

    #[test]
    fn what_was_delivered_as_often_as_allowed_is_dead() {
        let (mut queue, now) = (queue(&["a"]), Instant::now());
        for delivery in 1..=2 {
            let held = queue.take(now, 1, LEASE, None).remove(0);
            queue.modify(now, &held.ack_id, Duration::ZERO);
            let (back, dead) = queue.end_leases(now, Some(2));
            assert_eq!((back, dead.len()), (delivery == 1, usize::from(delivery == 2)));
        }
        assert!(queue.take(now, 1, LEASE, None).is_empty());
    }

    #[test]
    fn what_comes_back_waits_behind_the_others() {
        let (mut queue, now) = (queue(&["a", "b"]), Instant::now());
        let held = queue.take(now, 1, LEASE, None).remove(0);
        queue.modify(now, &held.ack_id, Duration::ZERO);
        queue.end_leases(now, None);
        assert_eq!(ids(&queue.take(now, 2, LEASE, None)), ["b", "a"]);
    }
}
