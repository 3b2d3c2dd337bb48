//! Writes a history down while the clients run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::history::{Entry, Returned};

/// Collects the operations of concurrent clients on one logical clock. Share it by reference or in an `Arc`.
///
/// ```
/// use anyport_conformance::linearizability::{Recorder, RegisterOp, RegisterRet};
///
/// let recorder = Recorder::new();
/// let call = recorder.invoke(1, RegisterOp::get("a"));
/// // ... the call to the store ...
/// recorder.ok(call, RegisterRet::Absent);
/// assert_eq!(recorder.history().len(), 1);
/// ```
#[derive(Debug)]
pub struct Recorder<O, R> {
    clock: AtomicU64,
    slots: Mutex<Vec<Slot<O, R>>>,
}

#[derive(Debug)]
enum Slot<O, R> {
    Standing(Entry<O, R>),
    /// The operation did not happen.
    Struck,
}

/// An operation under way. One that is never resolved counts as indeterminate, so a cancelled client loses nothing.
#[derive(Debug)]
#[must_use = "resolve the operation with `ok`, `indeterminate` or `failed`"]
pub struct Invocation(usize);

impl<O, R> Default for Recorder<O, R> {
    fn default() -> Self {
        Self { clock: AtomicU64::new(0), slots: Mutex::new(Vec::new()) }
    }
}

impl<O, R> Recorder<O, R> {
    /// A recorder with an empty history, at tick 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that `client` is about to ask for `op`. Call it directly before the call to the store.
    pub fn invoke(&self, client: u32, op: O) -> Invocation {
        let mut slots = self.slots();
        // The tick is taken with the lock held: waiting for the lock must not widen the operation's interval, which
        // would only make the check more lenient.
        let invoked_at = self.tick();
        slots.push(Slot::Standing(Entry::indeterminate(client, invoked_at, op)));
        Invocation(slots.len() - 1)
    }

    /// Notes the answer. Call it directly after the call to the store.
    ///
    /// # Panics
    /// When the invocation was made by another recorder.
    pub fn ok(&self, Invocation(index): Invocation, ret: R) {
        let at = self.tick();
        if let Slot::Standing(entry) = &mut self.slots()[index] {
            entry.returned = Some(Returned { at, ret });
        }
    }

    /// Notes that the outcome is not known and never will be.
    pub fn indeterminate(&self, invocation: Invocation) {
        // An unresolved invocation already is indeterminate; taking the ticket makes that final.
        drop(invocation);
    }

    /// Notes that the operation definitely did not happen. It leaves the history, so whoever sees its effect
    /// afterwards sees a value that nobody wrote.
    ///
    /// # Panics
    /// When the invocation was made by another recorder.
    pub fn failed(&self, Invocation(index): Invocation) {
        self.slots()[index] = Slot::Struck;
    }

    /// What was recorded so far, in order of invocation.
    pub fn history(&self) -> Vec<Entry<O, R>>
    where
        O: Clone,
        R: Clone,
    {
        self.slots()
            .iter()
            .filter_map(|slot| match slot {
                Slot::Standing(entry) => Some(entry.clone()),
                Slot::Struck => None,
            })
            .collect()
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot<O, R>>> {
        // Every change to the list is a single assignment, so a client that panicked left it whole.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
