//! The messages of one subscription that are not settled, or its dead letters.

use std::collections::{BTreeMap, BTreeSet};

use anyport_ports::Timestamp;
use anyport_ports::messages::{Delivery, Message, Receipt};

/// A message that waits, or is in the hands of a consumer. Both are one: it is due from an instant on, which a delivery
/// puts off to the end of its lease.
pub(crate) struct Entry {
    pub(crate) message: Message,
    /// Deliveries so far.
    pub(crate) attempts: u32,
    /// Why it was given up, if it is a dead letter.
    pub(crate) reason: Option<String>,
    /// From this instant on it may be delivered.
    pub(crate) due_at: Timestamp,
    /// What settles it: that of its last delivery, unless it was given back.
    receipt: Option<Receipt>,
}

impl Entry {
    pub(crate) fn new(message: Message, due_at: Timestamp, reason: Option<String>) -> Self {
        Self { message, attempts: 0, reason, due_at, receipt: None }
    }

    /// Whether a consumer holds it.
    pub(crate) fn is_leased(&self, now: Timestamp) -> bool {
        self.receipt.is_some() && now < self.due_at
    }
}

/// Entries by the sequence number of their publish, and the order in which they fall due.
#[derive(Default)]
pub(crate) struct Queue {
    entries: BTreeMap<u64, Entry>,
    order: BTreeSet<(Timestamp, u64)>,
}

impl Queue {
    pub(crate) fn insert(&mut self, sequence: u64, entry: Entry) {
        self.order.insert((entry.due_at, sequence));
        self.entries.insert(sequence, entry);
    }

    pub(crate) fn remove(&mut self, sequence: u64) -> Option<Entry> {
        let entry = self.entries.remove(&sequence)?;
        self.order.remove(&(entry.due_at, sequence));
        Some(entry)
    }

    /// The entries in the order in which they are or fall due, the earlier published first among equals.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Entry)> {
        self.order.iter().filter_map(|(_, sequence)| Some((*sequence, self.entries.get(sequence)?)))
    }

    /// The entries that may be delivered, in order.
    pub(crate) fn due(&self, now: Timestamp) -> impl Iterator<Item = (u64, &Entry)> {
        self.iter().take_while(move |(_, entry)| entry.due_at <= now)
    }

    /// The entry whose last delivery has this receipt. An earlier delivery's is found no more, and neither is that of
    /// an entry given back.
    pub(crate) fn find(&self, receipt: &Receipt) -> Option<u64> {
        let (sequence, _) = receipt.as_str().split_once('.')?;
        let sequence = u64::from_str_radix(sequence, 16).ok()?;
        let entry = self.entries.get(&sequence)?;
        (entry.receipt.as_ref() == Some(receipt)).then_some(sequence)
    }

    /// Delivers an entry: it is not due again before `until`, and a receipt with `token` settles it.
    pub(crate) fn deliver(&mut self, sequence: u64, until: Timestamp, token: &str) -> Option<Delivery> {
        let receipt = Receipt::new(format!("{sequence:x}.{token}"));
        let mut entry = self.remove(sequence)?;
        entry.due_at = until;
        entry.attempts = entry.attempts.saturating_add(1);
        entry.receipt = Some(receipt.clone());
        let delivery = Delivery {
            message: entry.message.clone(),
            receipt,
            attempt: entry.attempts,
            dead_letter_reason: entry.reason.clone(),
        };
        self.insert(sequence, entry);
        Some(delivery)
    }

    /// Puts off to `until` when an entry is due again; its receipt stays good.
    pub(crate) fn extend(&mut self, sequence: u64, until: Timestamp) {
        if let Some(mut entry) = self.remove(sequence) {
            entry.due_at = until;
            self.insert(sequence, entry);
        }
    }

    /// Takes an entry back from its consumer, due from `due_at` on; its receipt is spent.
    pub(crate) fn give_back(&mut self, sequence: u64, due_at: Timestamp) {
        if let Some(mut entry) = self.remove(sequence) {
            entry.due_at = due_at;
            entry.receipt = None;
            self.insert(sequence, entry);
        }
    }

    pub(crate) fn attempts(&self, sequence: u64) -> u32 {
        self.entries.get(&sequence).map_or(0, |entry| entry.attempts)
    }
}
