//! The names of the keys that documents are kept under.
//!
//! What one script touches stands under one hash tag, and so in one slot of a cluster: what is between the first brace
//! and the next closing one. Names of collections and indexes hold no brace and no slash; any other text is escaped.

use anyport_ports::documents::Partition;
use anyport_ports::{CollectionName, IndexName, Naming};

/// Parts that the list of a collection's partitions is kept in, so that no one node of a cluster has all of it.
pub(super) const PARTS: u32 = 16;

/// Shards of a collection, each in one slot of a cluster: its documents, partition by partition, and their changes.
pub(super) const SHARDS: usize = 32;

/// The keys of a partition: its documents by sort key, their sort keys in order, and those that expire by when.
pub(super) fn of_partition(naming: &Naming, collection: &CollectionName, partition: &Partition) -> [String; 3] {
    let tag = format!("{collection}/{}", shard(partition));
    ["documents", "order", "expiry"].map(|kind| format!("{}:{}", named(naming, kind, &tag), partition.as_str()))
}

/// The key of the changes of a shard.
pub(super) fn of_changes(naming: &Naming, collection: &CollectionName, shard: usize) -> String {
    named(naming, "changes", &format!("{collection}/{shard}"))
}

/// The keys of the entries of an index under one text of its partition field, and of when they were made.
pub(super) fn of_index(naming: &Naming, collection: &CollectionName, index: &IndexName, equals: &str) -> String {
    named(naming, "index", &format!("{collection}/{index}/{}", escaped(equals)))
}

/// The keys of a part of the list of a collection's partitions: the partitions in order, and when each was last named.
pub(super) fn of_partitions(naming: &Naming, collection: &CollectionName, part: u32) -> [String; 2] {
    let tag = format!("{collection}/{part}");
    ["partitions", "partitions-since"].map(|kind| named(naming, kind, &tag))
}

/// The part of the list that names this partition. It must never change.
pub(super) fn part(partition: &Partition) -> u32 {
    u32::try_from(spread(partition) % u64::from(PARTS)).unwrap_or_default()
}

/// The shard that has this partition. It must never change.
pub(super) fn shard(partition: &Partition) -> usize {
    usize::try_from(spread(partition) % SHARDS as u64).unwrap_or_default()
}

/// A number for each partition, spread evenly: by 64-bit FNV-1a, mixed once more since keys that are short and alike
/// differ in few of its bits.
fn spread(partition: &Partition) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = partition.as_str().bytes().fold(0xcbf2_9ce4_8422_2325, step);
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed >> 33
}

fn named(naming: &Naming, kind: &str, tag: &str) -> String {
    naming.of(&format!("anyport:{kind}:{{{tag}}}"), usize::MAX)
}

/// The text without braces, each text otherwise.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('{', "%7B").replace('}', "%7D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_ends_where_its_text_ends() {
        let naming = Naming::new("staging-").unwrap();
        let collection = CollectionName::from_static("users");
        // As Redis finds it: between the first brace and the next one that closes.
        let tagged = |key: &String| key.split_once('{')?.1.split_once('}').map(|(tag, _)| tag.to_owned());
        for partition in ["a", "}{", "%7D", "/\0é"] {
            let partition = Partition::new(partition).unwrap();
            let (shard, tag) = (shard(&partition), format!("users/{}", shard(&partition)));
            let keys = of_partition(&naming, &collection, &partition);
            assert_eq!(keys[0], format!("staging-anyport:documents:{{{tag}}}:{}", partition.as_str()));
            let changes = of_changes(&naming, &collection, shard);
            assert!(keys.iter().chain([&changes]).all(|key| tagged(key).as_ref() == Some(&tag)), "{partition:?}");
        }
        let index = IndexName::from_static("by-state");
        for (equals, escaped) in [("a", "a"), ("}{", "%7D%7B"), ("%7D", "%257D"), ("/\0é", "/\0é")] {
            let key = of_index(&naming, &collection, &index, equals);
            assert_eq!(tagged(&key), Some(format!("users/by-state/{escaped}")));
        }
    }

    #[test]
    fn partitions_are_spread_over_the_parts_and_shards() {
        let parts = |n: usize| (0..n).map(|n| part(&Partition::new(format!("u{n}")).unwrap()));
        for wanted in 0..PARTS {
            let share = parts(1_600).filter(|part| *part == wanted).count();
            assert!((50..150).contains(&share), "part {wanted} has {share} of 1,600");
        }
        let shards = |n: usize| (0..n).map(|n| shard(&Partition::new(format!("u{n}")).unwrap()));
        for wanted in 0..SHARDS {
            let share = shards(3_200).filter(|shard| *shard == wanted).count();
            assert!((50..150).contains(&share), "shard {wanted} has {share} of 3,200");
        }
    }
}
