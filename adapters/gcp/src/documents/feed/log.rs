//! Telling of changes: an entry for each, numbered in the commit that makes the change.

use std::collections::HashMap;
use std::time::Duration;

use anyport_ports::documents::{Key, Partition};
use anyport_ports::{CollectionName, Result, Timestamp};
use firestore::gcloud_sdk::google::firestore::v1::precondition::ConditionType;
use firestore::gcloud_sdk::google::firestore::v1::{Document as Stored, Write};
use firestore::gcloud_sdk::prost_types;
use sha2::{Digest as _, Sha256};

use super::super::errors::unexpected;
use super::super::record::{self, Fields};
use super::super::{FirestoreDocuments, plan, registry, value};

/// Shards of a feed. A commit of a collection with a feed writes to its shard's document, so these are the commits that
/// can be under way at once; each reading of a feed costs as many reads, even if there is nothing new. It is never
/// changed: positions are by shard.
pub(super) const SHARDS: usize = 16;

/// How long an entry is kept: two hours longer than is promised.
pub(super) const KEPT: Duration = Duration::from_hours(26);

/// Of a shard's document, the number of its last entry.
const LAST: &str = "last";

/// A shard as its document tells.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shard {
    /// The number of its last entry; 0 if there was none yet.
    pub(super) last: u64,
    written_at: Option<prost_types::Timestamp>,
}

impl Shard {
    /// What a shard's document tells, if there is one.
    pub(super) fn read(stored: Option<&Stored>) -> Result<Self> {
        let Some(stored) = stored else { return Ok(Self::default()) };
        let last = record::integer(stored, LAST).and_then(|last| u64::try_from(last).ok());
        let (Some(last), Some(written_at)) = (last, stored.update_time) else {
            return Err(unexpected("a shard of a feed that has no number"));
        };
        Ok(Self { last, written_at: Some(written_at) })
    }
}

/// What a commit tells of.
pub(in super::super) struct Log {
    shard_name: String,
    shard: Shard,
    keys: Vec<Key>,
    entries: EntryNames,
}

/// How the entries of a shard are called.
#[derive(Clone, Debug)]
pub(super) struct EntryNames(String);

impl EntryNames {
    /// The name of the entry of this number. Names are in the order of numbers.
    pub(super) fn of(&self, number: u64) -> String {
        format!("{}/{number:020}", self.0)
    }
}

impl Log {
    /// Tells of changes in this partition.
    pub(in super::super) fn new(
        store: &FirestoreDocuments,
        collection: &CollectionName,
        partition: &Partition,
    ) -> Self {
        let shard = shard_of(partition);
        let shard_name = shard_name(store, collection, shard);
        let entries = entry_names(store, &shard_name);
        Self { shard_name, shard: Shard::default(), keys: Vec::new(), entries }
    }

    /// The name of the shard's document, which is to be read before a commit.
    pub(in super::super) fn shard_name(&self) -> &str {
        &self.shard_name
    }

    /// Goes by what was read of the shard.
    pub(in super::super) fn read(&mut self, found: &HashMap<String, Stored>) -> Result<()> {
        self.shard = Shard::read(found.get(&self.shard_name))?;
        Ok(())
    }

    /// Tells that this document is changed.
    pub(in super::super) fn tell(&mut self, key: &Key) {
        self.keys.push(key.clone());
    }

    /// The writes that tell of it. They can be done only if nothing else was told in the shard since it was read, and so
    /// only once.
    pub(in super::super) fn writes(self, now: Timestamp) -> Vec<Write> {
        let first = self.shard.last + 1;
        let mut writes: Vec<Write> = (first..)
            .zip(&self.keys)
            .map(|(number, key)| {
                plan::update(&self.entries.of(number), entry(key, now), Some(ConditionType::Exists(false)))
            })
            .collect();
        let last = self.shard.last + self.keys.len() as u64;
        let held = self.shard.written_at.map_or(ConditionType::Exists(false), ConditionType::UpdateTime);
        let fields = Fields::from([(LAST.to_owned(), value::integer(i64::try_from(last).unwrap_or(i64::MAX)))]);
        writes.push(plan::update(&self.shard_name, fields, Some(held)));
        writes
    }
}

fn entry(key: &Key, now: Timestamp) -> Fields {
    let mut fields = Fields::from([
        (record::PARTITION.to_owned(), value::text(key.partition().as_str())),
        (record::SORT.to_owned(), value::text(key.sort())),
    ]);
    fields.extend(value::instant(now.plus(KEPT)).map(|at| (record::EXPIRES_AT.to_owned(), at)));
    fields
}

/// The shard that tells of a partition: by a hash that is the same for ever.
fn shard_of(partition: &Partition) -> usize {
    let digest = Sha256::digest(partition.as_str().as_bytes());
    usize::from(digest[0]) % SHARDS
}

/// The name of a shard's document.
pub(super) fn shard_name(store: &FirestoreDocuments, collection: &CollectionName, shard: usize) -> String {
    let path = registry::path(store.connection().naming(), collection);
    store.connection().name(format_args!("{path}/shards/{shard:02}"))
}

/// How the entries of a shard are called.
pub(super) fn entry_names(store: &FirestoreDocuments, shard_name: &str) -> EntryNames {
    EntryNames(format!("{shard_name}/{}", super::entries_id(store.connection().naming())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_numbers_without_gaps() {
        let held = |write: &Write| write.current_document.as_ref().unwrap().condition_type.unwrap();
        let key = |sort: &str| Key::new("p", sort).unwrap();
        let time = prost_types::Timestamp { seconds: 7, nanos: 0 };
        let shard = Shard { last: 41, written_at: Some(time) };
        let entries = EntryNames("shards/00/changes".to_owned());
        let log = Log { shard_name: "shards/00".to_owned(), shard, keys: vec![key("a"), key("b")], entries };
        let writes = log.writes(Timestamp::from_millis(0));
        let names: Vec<String> = writes.iter().map(|write| format!("{:?}", write.operation)).collect();
        assert!(names[0].contains("changes/00000000000000000042") && names[1].contains("changes/00000000000000000043"));
        assert!(names[2].contains("IntegerValue(43)"), "{}", names[2]);
        assert_eq!(held(&writes[0]), ConditionType::Exists(false));
        assert_eq!(held(&writes[2]), ConditionType::UpdateTime(time));
    }

    #[test]
    fn the_shard_of_a_partition_never_changes() {
        let of = |text: &str| shard_of(&Partition::new(text).unwrap());
        assert_eq!([of("u1"), of("u2"), of("é")], [of("u1"), of("u2"), of("é")]);
        let hit: std::collections::HashSet<usize> = (0..500).map(|n| of(&n.to_string())).collect();
        assert_eq!(hit.len(), SHARDS);
    }
}
