//! What was published, what its publisher was told, and what became of it in each subscription.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::PortEndurance;
use crate::registers::Told;

/// The subscriptions.
pub(super) const SUBSCRIPTIONS: [&str; 2] = ["first", "second"];

#[derive(Default)]
struct Fate {
    delivered: bool,
    /// When an ack under its lease had returned, in ticks of the ledger.
    settled: Option<u64>,
}

struct Sent {
    /// `None` while the publish is under way.
    told: Option<Told>,
    /// No retry can have doubled it: it met no fault.
    once: bool,
    fates: [Fate; 2],
}

#[derive(Default)]
struct Books {
    ticks: u64,
    sent: BTreeMap<String, Sent>,
    wrong: Vec<String>,
}

#[derive(Default)]
pub(super) struct Ledger(Mutex<Books>);

impl Ledger {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time before a call.
    pub(super) fn tick(&self) -> u64 {
        let mut books = self.books();
        books.ticks += 1;
        books.ticks
    }

    /// A message is about to be published; `once` if over a network without faults.
    pub(super) fn sending(&self, id: &str, once: bool) {
        self.books().sent.insert(id.to_owned(), Sent { told: None, once, fates: Default::default() });
    }

    /// What its publisher was told.
    pub(super) fn told(&self, id: &str, told: Told) {
        if let Some(sent) = self.books().sent.get_mut(id) {
            sent.told = Some(told);
        }
    }

    /// It came to a subscription, by a call that began at this tick.
    pub(super) fn delivered(&self, subscription: usize, id: &str, asked: u64) {
        let mut books = self.books();
        let Some(sent) = books.sent.get_mut(id) else {
            books.wrong.push(format!("{id:?} was delivered, which nobody published"));
            return;
        };
        let fate = &mut sent.fates[subscription];
        fate.delivered = true;
        if sent.once && fate.settled.is_some_and(|settled| settled < asked) {
            let subscription = SUBSCRIPTIONS[subscription];
            books.wrong.push(format!("{id:?} was delivered to {subscription} again after it was acknowledged"));
        }
    }

    /// Its ack has returned, with the lease still running.
    pub(super) fn settled(&self, subscription: usize, id: &str) {
        let now = self.tick();
        if let Some(sent) = self.books().sent.get_mut(id) {
            sent.fates[subscription].settled.get_or_insert(now);
        }
    }

    /// Whether every message that was accepted has come to every subscription.
    pub(super) fn is_complete(&self) -> bool {
        let accepted = |sent: &&Sent| sent.told == Some(Told::Acknowledged);
        self.books().sent.values().filter(accepted).all(|sent| sent.fates.iter().all(|fate| fate.delivered))
    }

    /// Adds what contradicts what publishers and consumers were told.
    pub(super) fn balance(&self, found: &mut PortEndurance) {
        let books = self.books();
        for wrong in &books.wrong {
            found.lose(wrong.clone());
        }
        for (id, sent) in &books.sent {
            for (fate, subscription) in sent.fates.iter().zip(SUBSCRIPTIONS) {
                match sent.told {
                    Some(Told::Acknowledged) if !fate.delivered => {
                        found.lose(format!("{id:?} was accepted and never came to {subscription}"));
                    }
                    Some(Told::NotDone) if fate.delivered => {
                        found.lose(format!("{id:?} was told not to be published and came to {subscription}"));
                    }
                    _ => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balance(ledger: &Ledger) -> Vec<String> {
        let mut found = PortEndurance::default();
        ledger.balance(&mut found);
        assert_eq!(found.lost, found.violations.len() as u64);
        found.violations
    }

    #[test]
    fn what_is_accepted_comes_to_both_subscriptions() {
        let ledger = Ledger::default();
        ledger.sending("a", true);
        ledger.delivered(0, "a", ledger.tick());
        ledger.told("a", Told::Acknowledged);
        assert!(!ledger.is_complete());
        assert_eq!(balance(&ledger), ["\"a\" was accepted and never came to second"]);
        ledger.delivered(1, "a", ledger.tick());
        assert!(ledger.is_complete() && balance(&ledger).is_empty());
    }

    #[test]
    fn what_is_in_doubt_may_come_or_not_and_what_was_not_done_may_not() {
        let ledger = Ledger::default();
        for (id, told) in [("in-doubt", Told::InDoubt), ("not-done", Told::NotDone)] {
            ledger.sending(id, false);
            ledger.told(id, told);
        }
        assert!(ledger.is_complete() && balance(&ledger).is_empty());
        ledger.delivered(0, "in-doubt", ledger.tick());
        assert!(balance(&ledger).is_empty());
        ledger.delivered(0, "not-done", ledger.tick());
        ledger.delivered(0, "never-sent", ledger.tick());
        assert_eq!(balance(&ledger).len(), 2);
    }

    #[test]
    fn what_was_acknowledged_does_not_come_again_unless_its_publish_may_have_been_doubled() {
        for (id, once) in [("once", true), ("maybe-twice", false)] {
            let ledger = Ledger::default();
            ledger.sending(id, once);
            let under_way = ledger.tick();
            ledger.settled(0, id);
            ledger.delivered(0, id, under_way);
            assert!(balance(&ledger).is_empty());
            ledger.delivered(0, id, ledger.tick());
            assert_eq!(balance(&ledger).len(), usize::from(once), "{id}");
        }
    }
}
