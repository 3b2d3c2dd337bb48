//! The change feed.

use anyport_ports::documents::{Changes, FeedPage, FeedPosition, FeedQuery};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;

use crate::feed;
use crate::store::SqliteStore;

/// A position: the mark of the feed, and the last change before it.
type Place = (i64, i64);

#[async_trait]
impl Changes for SqliteStore {
    async fn latest(&self, name: &CollectionName) -> Result<FeedPosition> {
        let owned = name.clone();
        self.read(move |connection, _| {
            let feed = feed::find(connection, &owned)?;
            Ok(FeedPosition::at::<Place>(&owned, &(feed.mark, feed.last(connection)?)))
        })
        .await
        .map_err(|error| error.during("documents.latest", name))
    }

    async fn read(&self, name: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let (owned, query) = (name.clone(), query.clone());
        SqliteStore::read(self, move |connection, _| {
            let feed = feed::find(connection, &owned)?;
            let after = match query.position() {
                None => feed.forgotten,
                Some(position) => {
                    let (mark, after) = position.place::<Place>(&owned)?;
                    // A file that was restored from a backup has not come as far as its readers have.
                    if mark != feed.mark || after < feed.forgotten || after > feed.last(connection)? {
                        return Err(FeedPage::no_longer_kept().into());
                    }
                    after
                }
            };
            let (changes, last) = feed.after(connection, after, query.page_limit())?;
            Ok(FeedPage { changes, next: FeedPosition::at::<Place>(&owned, &(feed.mark, last)) })
        })
        .await
        .map_err(|error| error.during("documents.changes", name))
    }
}
