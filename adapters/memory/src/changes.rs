//! The change feed: a log of each collection that was provisioned with one.

use std::collections::VecDeque;

use anyport_ports::documents::{Changes, DocumentChange, FEED_RETENTION, FeedPage, FeedPosition, FeedQuery};
use anyport_ports::{CollectionName, Error, Result, Timestamp};
use async_trait::async_trait;

use crate::store::{Memory, State};

/// The changes of a collection that are kept, numbered in their order.
#[derive(Default)]
pub(crate) struct Feed {
    /// How many are no longer kept: the number of the first that is.
    forgotten: u64,
    kept: VecDeque<(Timestamp, DocumentChange)>,
}

impl Feed {
    /// Adds a change, and forgets those that are too old.
    pub(crate) fn add(&mut self, change: DocumentChange, now: Timestamp) {
        while self.kept.pop_front_if(|(made_at, _)| *made_at < now.minus(FEED_RETENTION)).is_some() {
            self.forgotten += 1;
        }
        self.kept.push_back((now, change));
    }

    /// The number that the next change will have.
    fn end(&self) -> u64 {
        self.forgotten + self.kept.len() as u64
    }

    /// The changes from this number on; `None` if some are forgotten, or there are not as many.
    fn from(&self, number: u64, limit: usize) -> Option<Vec<DocumentChange>> {
        let start = number.checked_sub(self.forgotten).and_then(|start| usize::try_from(start).ok());
        let start = start.filter(|start| *start <= self.kept.len())?;
        Some(self.kept.range(start..).take(limit).map(|(_, change)| change.clone()).collect())
    }
}

/// A position: the store that gave it, which ends with its process, and the number of the next change.
type Place = (i64, u64);

impl State {
    fn feed(&mut self, name: &CollectionName) -> Result<&Feed> {
        self.collection(name)?.feed.as_ref().ok_or_else(FeedPage::no_feed)
    }
}

impl Memory {
    fn position(&self, collection: &CollectionName, number: u64) -> FeedPosition {
        FeedPosition::at(collection, &(self.shared.born().as_millis(), number))
    }
}

#[async_trait]
impl Changes for Memory {
    async fn latest(&self, collection: &CollectionName) -> Result<FeedPosition> {
        let at = |error: Error| error.during("documents.latest", collection);
        let mut state = self.shared.lock();
        Ok(self.position(collection, state.feed(collection).map_err(at)?.end()))
    }

    async fn read(&self, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let at = |error: Error| error.during("documents.changes", collection);
        let mut state = self.shared.lock();
        let feed = state.feed(collection).map_err(at)?;
        let number = match query.position().map(|position| position.place::<Place>(collection)) {
            None => feed.forgotten,
            Some(Ok((store, number))) if store == self.shared.born().as_millis() => number,
            Some(Ok(_)) => return Err(at(FeedPage::no_longer_kept())),
            Some(Err(error)) => return Err(at(error)),
        };
        let changes = feed.from(number, query.page_limit()).ok_or_else(|| at(FeedPage::no_longer_kept()))?;
        let next = self.position(collection, number + changes.len() as u64);
        Ok(FeedPage { changes, next })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use anyport_ports::ErrorKind;
    use anyport_ports::documents::{Body, Documents as _, Key, Put};
    use anyport_ports::resources::{CollectionSpec, Provision as _, Resources};

    use super::*;
    use crate::{ManualClock, MemoryStore};

    const ORDERS: CollectionName = CollectionName::from_static("orders");

    async fn provision(memory: &Memory, feed: bool) {
        let collections = vec![CollectionSpec { feed, ..CollectionSpec::new(ORDERS, Vec::new()) }];
        memory.provision(&Resources { collections, ..Resources::default() }).await.unwrap();
    }

    async fn write(memory: &Memory, sort: &str) {
        let put = Put::new(Body::of(&serde_json::json!({})).unwrap());
        memory.put(&ORDERS, &Key::new("p", sort).unwrap(), &put).await.unwrap();
    }

    #[tokio::test]
    async fn a_change_is_kept_for_a_day_and_its_loss_is_told() {
        let clock = Arc::new(ManualClock::new());
        let memory = MemoryStore::new(clock.clone()).handle();
        provision(&memory, true).await;
        let beginning = FeedQuery::from(memory.latest(&ORDERS).await.unwrap());
        write(&memory, "a").await;
        let idle = FeedQuery::from(memory.latest(&ORDERS).await.unwrap());
        clock.advance(FEED_RETENTION);
        write(&memory, "b").await;
        assert_eq!(memory.read(&ORDERS, &beginning).await.unwrap().changes.len(), 2);

        clock.advance(Duration::from_millis(1));
        write(&memory, "c").await;
        let lost = memory.read(&ORDERS, &beginning).await.unwrap_err();
        assert_eq!(lost.kind(), ErrorKind::PreconditionFailed);
        assert_eq!(memory.read(&ORDERS, &FeedQuery::oldest()).await.unwrap().changes.len(), 2);
        assert_eq!(memory.read(&ORDERS, &idle).await.unwrap().changes.len(), 2, "nothing after it is lost");
    }

    #[tokio::test]
    async fn a_feed_that_is_asked_for_later_begins_then_and_stays() {
        let memory = MemoryStore::new(Arc::new(ManualClock::new())).handle();
        provision(&memory, false).await;
        write(&memory, "a").await;
        assert_eq!(memory.latest(&ORDERS).await.unwrap_err().kind(), ErrorKind::NotFound);
        for feed in [true, false] {
            provision(&memory, feed).await;
            write(&memory, "b").await;
        }
        assert_eq!(memory.read(&ORDERS, &FeedQuery::oldest()).await.unwrap().changes.len(), 2);
    }

    #[tokio::test]
    async fn a_position_of_a_store_that_is_gone_is_told() {
        let clock = Arc::new(ManualClock::new());
        let gone = MemoryStore::new(clock.clone()).handle();
        provision(&gone, true).await;
        let position = gone.latest(&ORDERS).await.unwrap();
        clock.advance(Duration::from_secs(1));
        let memory = MemoryStore::new(clock).handle();
        provision(&memory, true).await;
        let lost = memory.read(&ORDERS, &FeedQuery::from(position)).await.unwrap_err();
        assert_eq!(lost.kind(), ErrorKind::PreconditionFailed);
    }
}
