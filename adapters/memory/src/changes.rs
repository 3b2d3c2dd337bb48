//! The change feed: a log of each collection.

use anyport_ports::documents::{Changes, FeedPage, FeedPosition};
use anyport_ports::{CollectionName, Error, Result};
use async_trait::async_trait;

use crate::store::Memory;

#[async_trait]
impl Changes for Memory {
    async fn latest(&self, collection: &CollectionName) -> Result<FeedPosition> {
        let at = |error: Error| error.during("documents.latest", collection);
        let mut state = self.shared.lock();
        Ok(position(state.collection(collection).map_err(at)?.feed.len()))
    }

    async fn read(&self, collection: &CollectionName, from: Option<&FeedPosition>, limit: usize) -> Result<FeedPage> {
        let at = |error: Error| error.during("documents.changes", collection);
        let mut state = self.shared.lock();
        let feed = &state.collection(collection).map_err(at)?.feed;
        let start = from.map_or(Ok(0), |from| from.as_str().parse::<usize>());
        let start = start.map_err(|_| at(Error::invalid("the position is none of this feed")))?.min(feed.len());
        let end = start.saturating_add(limit).min(feed.len());
        Ok(FeedPage { changes: feed[start..end].to_vec(), next: position(end) })
    }
}

fn position(index: usize) -> FeedPosition {
    FeedPosition::new(index.to_string())
}
