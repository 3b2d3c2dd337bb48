//! The pop receipts of deliveries in hand. Storage gives a message a new one whenever its lease is changed, while a caller
//! goes on with the receipt of the delivery.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio::time::Instant;

use super::receipt::Parts;

/// How much longer than its lease a delivery is known: until somebody else takes it, its pop receipt is good.
const AFTERWARDS: Duration = Duration::from_mins(10);

/// The deliveries whose leases were changed, by queue, message and first pop receipt.
#[derive(Default)]
pub(super) struct Leases(Arc<Mutex<HashMap<Key, Entry>>>);

type Key = (String, String, String);

struct Entry {
    state: Arc<AsyncMutex<State>>,
    /// When it may be forgotten.
    until: Instant,
}

/// What is known of a delivery.
struct State {
    pop_receipt: String,
    /// Whether there may be a newer one, which was lost with an answer.
    in_doubt: bool,
}

impl Leases {
    /// Waits until nobody else settles this delivery, and keeps others from it: two changes at once would each make the
    /// other's pop receipt stale.
    pub(super) async fn hold(&self, queue: &str, parts: &Parts<'_>) -> Held {
        let key = (queue.to_owned(), parts.id.to_owned(), parts.pop_receipt.to_owned());
        let state = {
            let mut entries = lock(&self.0);
            let now = Instant::now();
            entries.retain(|_, entry| entry.until > now || Arc::strong_count(&entry.state) > 1);
            let fresh = || Entry {
                state: Arc::new(AsyncMutex::new(State { pop_receipt: key.2.clone(), in_doubt: false })),
                until: now,
            };
            Arc::clone(&entries.entry(key.clone()).or_insert_with(fresh).state)
        };
        Held { state: state.lock_owned().await, entries: Arc::clone(&self.0), key }
    }
}

/// A delivery that nobody else settles meanwhile.
pub(super) struct Held {
    state: OwnedMutexGuard<State>,
    entries: Arc<Mutex<HashMap<Key, Entry>>>,
    key: Key,
}

impl Held {
    /// The pop receipt that is good now, as far as is known.
    pub(super) fn pop_receipt(&self) -> &str {
        &self.state.pop_receipt
    }

    /// Whether there may be a newer one, which was lost.
    pub(super) fn in_doubt(&self) -> bool {
        self.state.in_doubt
    }

    /// The lease was changed, to be over after so long.
    pub(super) fn renewed(&mut self, pop_receipt: String, lease: Duration) {
        self.state.pop_receipt = pop_receipt;
        self.state.in_doubt = false;
        self.know_for(lease);
    }

    /// The lease may have been changed, to be over after so long.
    pub(super) fn lost(&mut self, lease: Duration) {
        self.state.in_doubt = true;
        self.know_for(lease);
    }

    fn know_for(&self, lease: Duration) {
        if let Some(entry) = lock(&self.entries).get_mut(&self.key) {
            entry.until = Instant::now() + lease + AFTERWARDS;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: Parts<'_> = Parts { id: "id", pop_receipt: "first", text: None };
    const LEASE: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_new_pop_receipt_is_known_under_the_first_one() {
        let leases = Leases::default();
        leases.hold("q", &PARTS).await.renewed("second".to_owned(), LEASE);
        let held = leases.hold("q", &PARTS).await;
        assert_eq!((held.pop_receipt(), held.in_doubt()), ("second", false));
        assert_eq!(leases.hold("another", &PARTS).await.pop_receipt(), "first");
    }

    #[tokio::test]
    async fn one_that_was_lost_is_in_doubt_until_there_is_another() {
        let leases = Leases::default();
        let mut held = leases.hold("q", &PARTS).await;
        held.lost(LEASE);
        assert!(held.in_doubt());
        held.renewed("third".to_owned(), LEASE);
        drop(held);
        assert!(!leases.hold("q", &PARTS).await.in_doubt());
    }

    #[tokio::test]
    async fn what_was_never_changed_or_is_long_over_is_forgotten() {
        let leases = Leases::default();
        drop(leases.hold("q", &PARTS).await);
        leases.hold("other", &PARTS).await.renewed("second".to_owned(), LEASE);
        drop(leases.hold("third", &PARTS).await);
        assert_eq!(lock(&leases.0).len(), 2, "the one that was changed, and the last one");
        lock(&leases.0).values_mut().for_each(|entry| entry.until -= LEASE + AFTERWARDS + LEASE);
        drop(leases.hold("third", &PARTS).await);
        assert_eq!(lock(&leases.0).len(), 1);
    }

    #[tokio::test]
    async fn one_is_settled_after_the_other() {
        let leases = Leases::default();
        let mut extending = leases.hold("q", &PARTS).await;
        let acknowledging = leases.hold("q", &PARTS);
        tokio::pin!(acknowledging);
        assert!(futures_util::FutureExt::now_or_never(acknowledging.as_mut()).is_none());
        extending.renewed("second".to_owned(), LEASE);
        drop(extending);
        assert_eq!(acknowledging.await.pop_receipt(), "second");
    }
}
