//! Listing documents of a partition.

use std::ops::Bound;

use anyport_ports::documents::{Direction, Document, Partition, TextRange};
use anyport_ports::{CollectionName, Result};

use super::scripts::LIST;
use super::{keys, record};
use crate::error::{Failure, unexpected};
use crate::store::RedisStore;

/// Up to `wanted` documents of this range of sort keys, in this direction. The server does a bounded piece of the work at
/// a time.
pub(super) async fn documents(
    store: &RedisStore,
    collection: &CollectionName,
    partition: &Partition,
    range: &TextRange,
    direction: Direction,
    wanted: usize,
) -> Result<Vec<Document>> {
    let [documents, order, _] = keys::of_partition(&store.naming, collection, partition);
    let (mut lower, mut upper) = (bound(range.start(), "-"), bound(range.end(), "+"));
    let mut found: Vec<Document> = Vec::new();
    loop {
        let mut call = LIST.on(&[&documents, &order]);
        call.arg(&lower).arg(&upper).arg(u8::from(direction == Direction::Descending)).arg(wanted - found.len());
        let answer = store.connection.run(&LIST, &call).await.map_err(Failure::of_read)?;
        let answer: Vec<Vec<u8>> = redis::from_redis_value(answer).map_err(|_| unexpected("list"))?;
        let mut answer = answer.into_iter();
        let text = |text: Vec<u8>| String::from_utf8(text).map_err(|_| unexpected("list"));
        let after = text(answer.next().ok_or_else(|| unexpected("list"))?)?;
        while let (Some(sort), Some(kept)) = (answer.next(), answer.next()) {
            found.push(record::read(partition.key(text(sort)?)?, kept)?);
        }
        if after.is_empty() || found.len() >= wanted {
            return Ok(found);
        }
        match direction {
            Direction::Ascending => lower = format!("({after}"),
            Direction::Descending => upper = format!("({after}"),
        }
    }
}

fn bound(bound: Bound<&str>, open: &str) -> String {
    match bound {
        Bound::Unbounded => open.to_owned(),
        Bound::Included(text) => format!("[{text}"),
        Bound::Excluded(text) => format!("({text}"),
    }
}
