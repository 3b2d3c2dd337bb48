//! Scanning a collection: partition after partition, as they are in the list of partitions.

use std::ops::Bound;

use anyport_ports::documents::{Direction, Document, Key, Partition, ScanQuery, TextRange};
use anyport_ports::{CollectionName, Result};
use futures_util::stream::{self, StreamExt as _};

use super::{keys, listing, partitions};
use crate::store::RedisStore;

/// Partitions that are listed at the same time.
const WIDTH: usize = 8;

/// The documents of a page of this scan, and one more if there is one.
pub(super) async fn documents(store: &RedisStore, name: &CollectionName, query: &ScanQuery) -> Result<Vec<Document>> {
    let wanted = query.page_limit() + 1;
    let mut found = Vec::new();
    let first = query.position().map_or(0, |last| keys::part(last.partition()));
    for part in first..keys::PARTS {
        let position = query.position().filter(|_| part == first);
        let mut lower = position.map_or_else(|| "-".to_owned(), |last| format!("[{}", last.partition().as_str()));
        loop {
            let listed = partitions::list(store, name, part, &lower).await?;
            of_partitions(store, name, query, &listed, wanted, &mut found).await?;
            if found.len() >= wanted {
                return Ok(found);
            }
            let Some(next) = listed.next else { break };
            lower = next;
        }
    }
    Ok(found)
}

async fn of_partitions(
    store: &RedisStore,
    name: &CollectionName,
    query: &ScanQuery,
    listed: &partitions::Listed,
    wanted: usize,
    found: &mut Vec<Document>,
) -> Result<()> {
    let in_segment: Vec<_> = listed
        .partitions
        .iter()
        .filter(|partition| query.scanned().holds(partition))
        .map(|partition| {
            let range = remaining(partition, query.position());
            async move {
                let whole = range.start() == Bound::Unbounded;
                let listing = listing::documents(store, name, partition, &range, Direction::Ascending, wanted);
                Ok::<_, anyport_ports::Error>((partition, whole, listing.await?))
            }
        })
        .collect();
    let mut listings = stream::iter(in_segment).buffered(WIDTH);
    while let Some(listing) = listings.next().await {
        let (partition, whole, documents) = listing?;
        if whole && documents.is_empty() {
            partitions::delist(store, name, partition, listed.at);
        }
        found.extend(documents);
        if found.len() >= wanted {
            break;
        }
    }
    Ok(())
}

/// What of this partition lies beyond the last document that was given.
fn remaining(partition: &Partition, last: Option<&Key>) -> TextRange {
    match last.filter(|last| last.partition() == partition) {
        Some(last) => TextRange::between(Bound::Excluded(last.sort()), Bound::<String>::Unbounded),
        None => TextRange::all(),
    }
}
