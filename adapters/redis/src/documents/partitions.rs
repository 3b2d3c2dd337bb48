//! The list of a collection's partitions, in which each is before its first document is.

use anyport_ports::documents::Partition;
use anyport_ports::{CollectionName, Result};
use redis::Value;

use super::indexes::{LEFT_BEHIND, WRITE_WITHIN, harmless_twice};
use super::keys;
use super::scripts::{DELIST, ENLIST, MEMBERS};
use crate::error::{Failure, unexpected};
use crate::store::RedisStore;

/// Partitions listed at a time.
const CHUNK: usize = 256;

/// Puts the partition in the list; returns the server's time after which its first document must not be written.
pub(super) async fn enlist(store: &RedisStore, name: &CollectionName, partition: &Partition) -> Result<u64> {
    let mut call = ENLIST.on(&keys::of_partitions(&store.naming, name, keys::part(partition)));
    call.arg(partition.as_str());
    Ok(harmless_twice(store, &ENLIST, &call).await? + WRITE_WITHIN)
}

/// Some of the partitions of a part of the list, in order, from a lower bound on.
pub(super) struct Listed {
    /// The server's time.
    pub(super) at: u64,
    /// The partitions.
    pub(super) partitions: Vec<Partition>,
    /// The bound from which the list goes on, if it does.
    pub(super) next: Option<String>,
}

/// Lists partitions of a part from this bound on, which is written as Redis writes them.
pub(super) async fn list(store: &RedisStore, name: &CollectionName, part: u32, lower: &str) -> Result<Listed> {
    let [partitions, _] = keys::of_partitions(&store.naming, name, part);
    let mut call = MEMBERS.on(&[partitions]);
    call.arg(lower).arg("+").arg(0).arg(CHUNK);
    let answer = store.connection.run(&MEMBERS, &call).await.map_err(Failure::of_read)?;
    let mut members = redis::from_redis_value::<Vec<String>>(answer).map_err(|_| unexpected("members"))?.into_iter();
    let at = members.next().and_then(|at| at.parse().ok()).ok_or_else(|| unexpected("members"))?;
    let partitions = members.map(Partition::new).collect::<Result<Vec<_>>>()?;
    let next = partitions.last().filter(|_| partitions.len() == CHUNK).map(|last| format!("({}", last.as_str()));
    Ok(Listed { at, partitions, next })
}

/// Takes a partition off the list that had no documents at this time, sometime soon: unless it has some now, or a write
/// that put it in the list may still come.
pub(super) fn delist(store: &RedisStore, name: &CollectionName, partition: &Partition, empty_at: u64) {
    let [documents, ..] = keys::of_partition(&store.naming, name, partition);
    let mut exists = redis::cmd("EXISTS");
    exists.arg(documents);
    let mut call = DELIST.on(&keys::of_partitions(&store.naming, name, keys::part(partition)));
    call.arg(partition.as_str()).arg(empty_at.saturating_sub(LEFT_BEHIND));
    let connection = store.connection.clone();
    store.chores.begin(async move {
        // A partition whose documents have all expired still has them, and is not put in the list again by a write.
        if let Ok(Value::Int(0)) = connection.call(&exists).await {
            // What is left is looked at again by the next scan.
            let _left = connection.run(&DELIST, &call).await;
        }
    });
}
