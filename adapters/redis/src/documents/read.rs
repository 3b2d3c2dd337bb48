//! Reading documents by key.

use std::collections::BTreeMap;

use anyport_ports::documents::{Document, Key, Partition};
use anyport_ports::{CollectionName, Result};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::scripts::READ;
use super::{keys, record};
use crate::error::{Failure, unexpected};
use crate::store::RedisStore;

/// Partitions that are read at the same time.
const WIDTH: usize = 32;

/// The documents at these keys, in their order. Those of one partition are read in one step; partitions side by side.
pub(super) async fn documents(
    store: &RedisStore,
    collection: &CollectionName,
    wanted: &[Key],
) -> Result<Vec<Option<Document>>> {
    let mut by_partition: BTreeMap<&Partition, Vec<usize>> = BTreeMap::new();
    for (place, key) in wanted.iter().enumerate() {
        by_partition.entry(key.partition()).or_default().push(place);
    }
    let reads = by_partition.into_iter().map(|(partition, places)| async move {
        let found = of_partition(store, collection, partition, places.iter().map(|place| &wanted[*place])).await?;
        Ok::<_, anyport_ports::Error>(places.into_iter().zip(found).collect::<Vec<_>>())
    });
    let reads: Vec<_> = reads.collect();
    let mut answers = vec![None; wanted.len()];
    let read: Vec<_> = stream::iter(reads).buffer_unordered(WIDTH).try_collect().await?;
    for (place, document) in read.into_iter().flatten() {
        answers[place] = document;
    }
    Ok(answers)
}

async fn of_partition<'a>(
    store: &RedisStore,
    collection: &CollectionName,
    partition: &Partition,
    wanted: impl Iterator<Item = &'a Key> + Clone,
) -> Result<Vec<Option<Document>>> {
    let [documents, ..] = keys::of_partition(&store.naming, collection, partition);
    let mut call = READ.on(&[documents]);
    for key in wanted.clone() {
        call.arg(key.sort());
    }
    let answer = store.connection.run(&READ, &call).await.map_err(Failure::of_read)?;
    let records: Vec<Option<Vec<u8>>> = redis::from_redis_value(answer).map_err(|_| unexpected("read"))?;
    let found = wanted.zip(records);
    found.map(|(key, found)| found.map(|found| record::read(key.clone(), found)).transpose()).collect()
}
