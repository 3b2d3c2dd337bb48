//! What a history shows of the store's versions, and whether they keep the contract by themselves.
//!
//! Versions are chosen by the store and mean nothing to a client, but every write carries a value of its own, so each
//! answer that shows a value with its version ties the two together for good. Once tied, a version belongs to one
//! write: seen with a second value it was reused, and a value seen with a second version changed without a write.
//!
//! The version of a write whose answer was lost, and that nobody read, stays unknown. A condition may name it all the
//! same (a client may hold it from elsewhere); it is then taken for any such write that makes the answer possible.

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet};

use super::history::{Entry, InvalidHistory};
use super::register::{Action, Condition, RegisterOp, RegisterRet};
use super::verdict::Violation;

type Call = Entry<RegisterOp, RegisterRet>;

/// Which write each version belongs to, as far as a key's history shows.
#[derive(Debug, Clone, Default)]
pub struct Versions {
    owners: HashMap<String, u64>,
    known: HashSet<u64>,
}

/// Whether a version belongs to a written value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belongs {
    Yes,
    No,
    /// No answer ever showed either of them with its counterpart.
    Unknown,
}

impl Versions {
    /// Learns the versions of `key` from the whole of its history.
    ///
    /// # Errors
    /// The [`Violation`] when a version was reused, changed without a write, or spent twice.
    pub fn learn(key: &str, entries: &[Call]) -> Result<Self, Violation> {
        let versions = Self::tie(key, entries)?;
        spent_once(key, entries)?;
        Ok(versions)
    }

    /// Whether the write of `value` got `version`.
    pub(super) fn belongs(&self, version: &str, value: u64) -> Belongs {
        match self.owners.get(version) {
            Some(&owner) if owner == value => Belongs::Yes,
            Some(_) => Belongs::No,
            None if self.known.contains(&value) => Belongs::No,
            None => Belongs::Unknown,
        }
    }

    fn tie(key: &str, entries: &[Call]) -> Result<Self, Violation> {
        let mut by_version: HashMap<&str, (u64, &Call)> = HashMap::new();
        let mut by_value: HashMap<u64, (&str, &Call)> = HashMap::new();
        for (entry, value, version) in entries.iter().filter_map(shown) {
            match by_version.entry(version) {
                Slot::Vacant(slot) => _ = slot.insert((value, entry)),
                Slot::Occupied(slot) if slot.get().0 != value => {
                    let summary = format!("the version {version:?} was given to two writes");
                    return Err(contradiction(key, summary, slot.get().1, entry));
                }
                Slot::Occupied(_) => {}
            }
            match by_value.entry(value) {
                Slot::Vacant(slot) => _ = slot.insert((version, entry)),
                Slot::Occupied(slot) if slot.get().0 != version => {
                    let summary = format!("the version of the value {value} changed without a write");
                    return Err(contradiction(key, summary, slot.get().1, entry));
                }
                Slot::Occupied(_) => {}
            }
        }
        Ok(Self {
            owners: by_version.into_iter().map(|(version, (value, _))| (version.to_owned(), value)).collect(),
            known: by_value.into_keys().collect(),
        })
    }
}

/// Checks that within a key, values tell the writes apart, so that versions can be tied to them.
pub(super) fn values_are_distinct(entries: &[Call]) -> Result<(), InvalidHistory> {
    let mut written = HashSet::new();
    for entry in entries {
        let RegisterOp { key, action } = &entry.op;
        if let Action::Put { value, .. } = action
            && !written.insert((key, *value))
        {
            return Err(InvalidHistory::ValueWrittenTwice { key: key.clone(), value: *value });
        }
    }
    Ok(())
}

/// The value and version that an answer shows together.
fn shown(entry: &Call) -> Option<(&Call, u64, &str)> {
    match (&entry.op.action, entry.ret()?) {
        (Action::Put { value, .. }, RegisterRet::Written { version }) | (_, RegisterRet::Found { value, version }) => {
            Some((entry, *value, version))
        }
        _ => None,
    }
}

/// A conditional write or delete that succeeds ends the version it named, and no later document has that version
/// again: two successes on one version are a lost update, whatever else happened.
fn spent_once(key: &str, entries: &[Call]) -> Result<(), Violation> {
    let mut spent: HashMap<&str, &Call> = HashMap::new();
    for entry in entries {
        let (Action::Put { condition: Condition::Version(version), .. }
        | Action::Delete { condition: Condition::Version(version) }) = &entry.op.action
        else {
            continue;
        };
        if !matches!(entry.ret(), Some(RegisterRet::Written { .. } | RegisterRet::Deleted)) {
            continue;
        }
        if let Some(first) = spent.insert(version, entry) {
            let summary = format!("two conditional operations succeeded on the version {version:?}");
            return Err(contradiction(key, summary, first, entry));
        }
    }
    Ok(())
}

fn contradiction(key: &str, summary: String, first: &Call, second: &Call) -> Violation {
    Violation {
        partition: key.to_owned(),
        summary,
        linearised: Vec::new(),
        stuck: vec![first.to_string(), second.to_string()],
    }
}
