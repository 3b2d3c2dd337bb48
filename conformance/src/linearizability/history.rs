//! What the clients did and saw, on one logical clock.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

/// One operation of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<O, R> {
    /// Who asked. Only for people to read: a client may have several operations under way.
    pub client: u32,
    /// Logical time, in ticks of the recorder's clock, just before the call.
    pub invoked_at: u64,
    /// What was asked.
    pub op: O,
    /// What came back; `None` when the outcome is unknown, so that the operation may take effect at any time after
    /// `invoked_at`, or never.
    pub returned: Option<Returned<R>>,
}

/// The known outcome of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned<R> {
    /// Logical time, in ticks of the recorder's clock, just after the call.
    pub at: u64,
    /// The answer.
    pub ret: R,
}

impl<O, R> Entry<O, R> {
    /// An operation with a known outcome.
    pub fn completed(client: u32, invoked_at: u64, returned_at: u64, op: O, ret: R) -> Self {
        Self { client, invoked_at, op, returned: Some(Returned { at: returned_at, ret }) }
    }

    /// An operation whose outcome is unknown.
    pub fn indeterminate(client: u32, invoked_at: u64, op: O) -> Self {
        Self { client, invoked_at, op, returned: None }
    }

    /// The answer, when one is known.
    pub fn ret(&self) -> Option<&R> {
        self.returned.as_ref().map(|returned| &returned.ret)
    }

    /// When the operation was over; infinity when its outcome is unknown.
    pub(super) fn end(&self) -> u64 {
        self.returned.as_ref().map_or(u64::MAX, |returned| returned.at)
    }
}

impl<O: fmt::Display, R: fmt::Display> fmt::Display for Entry<O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, invoked_at, op, returned } = self;
        match returned {
            Some(Returned { at, ret }) => write!(f, "client {client} [{invoked_at}..{at}] {op} -> {ret}"),
            None => write!(f, "client {client} [{invoked_at}..?] {op} -> outcome unknown"),
        }
    }
}

/// The history cannot be judged because it breaks the rules that make a judgement possible: a fault of the workload
/// that recorded it, not of the store.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidHistory {
    /// An operation returned before it was invoked.
    #[error("operation {op} returns at {returned_at}, before its invocation at {invoked_at}: fix the clock")]
    ReturnsBeforeInvocation {
        /// The operation, as text.
        op: String,
        /// Its invocation, in ticks.
        invoked_at: u64,
        /// Its return, in ticks.
        returned_at: u64,
    },
    /// Two writes of one key carry the same value, so that a read cannot tell which of them it saw.
    #[error("key {key:?} is written twice with the value {value}: give every write of a key a value of its own")]
    ValueWrittenTwice {
        /// The key.
        key: String,
        /// The value that is not unique.
        value: u64,
    },
}

pub(super) fn validate<O: fmt::Display, R>(entries: &[Entry<O, R>]) -> Result<(), InvalidHistory> {
    match entries.iter().find(|entry| entry.end() < entry.invoked_at) {
        Some(entry) => Err(InvalidHistory::ReturnsBeforeInvocation {
            op: entry.op.to_string(),
            invoked_at: entry.invoked_at,
            returned_at: entry.end(),
        }),
        None => Ok(()),
    }
}

/// Splits a history by key, each part in order of invocation.
pub(super) fn partition<K, O, R>(entries: &[Entry<O, R>], key_of: impl Fn(&O) -> K) -> BTreeMap<K, Vec<Entry<O, R>>>
where
    K: Ord,
    O: Clone,
    R: Clone,
{
    let mut parts: BTreeMap<K, Vec<Entry<O, R>>> = BTreeMap::new();
    for entry in entries {
        parts.entry(key_of(&entry.op)).or_default().push(entry.clone());
    }
    for part in parts.values_mut() {
        part.sort_by_key(|entry| entry.invoked_at);
    }
    parts
}

/// The history as an observer at the `returns`-th return saw it: what began later is not there, what was still under
/// way has no outcome yet.
pub(super) fn prefix<O: Clone, R: Clone>(entries: &[Entry<O, R>], returns: usize) -> Vec<Entry<O, R>> {
    let mut ends: Vec<u64> =
        entries.iter().filter_map(|entry| entry.returned.as_ref()).map(|returned| returned.at).collect();
    ends.sort_unstable();
    let Some(cut) = returns.checked_sub(1).and_then(|last| ends.get(last).copied()) else {
        return Vec::new();
    };
    entries
        .iter()
        .filter(|entry| entry.invoked_at <= cut)
        .map(|entry| match &entry.returned {
            Some(returned) if returned.at > cut => {
                Entry::indeterminate(entry.client, entry.invoked_at, entry.op.clone())
            }
            _ => entry.clone(),
        })
        .collect()
}
