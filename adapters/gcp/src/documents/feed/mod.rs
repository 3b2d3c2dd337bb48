//! The change feed: a log beside the documents.
//!
//! Firestore's own listener goes on from where it was for 30 minutes only, and no query is by the time of a commit. So a
//! collection with a feed has a log, of 16 shards by a hash of the partition. The commit that changes a document writes an
//! entry that names it as well, and counts on the shard's document, under the precondition that nobody else did meanwhile.
//! Hence an entry is there exactly if the change is, the numbers of a shard have no gaps, and no number shows before a
//! smaller one: a place is sixteen numbers, and nothing is passed over. A reader looks at the shards' documents, fetches
//! the entries by their names, and then the documents as they stand.
//!
//! *The price*: a write reads first, and is three writes; those in one shard follow one another, and one that meets
//! another is made again. Firestore bears about one write a second to one document for long, and more for a while, so a
//! partition that is written all the time, and sixteen of them that are, are better without a feed.
//!
//! Entries are kept for 26 hours, and then removed by the TTL policy on `expires_at` that [`indexes`](super::indexes()) lists. A gap in
//! the numbers is how a reader learns that it comes too late.

mod log;
mod place;

use anyport_ports::documents::{Changes, DocumentChange, FeedPage, FeedPosition, FeedQuery, Key};
use anyport_ports::{CollectionName, Error, Naming, Result};
use async_trait::async_trait;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::time::Duration;

pub(super) use self::log::Log;
use self::log::{SHARDS, Shard};
use self::place::Place;
use super::errors::{self, unexpected};
use super::query::Listing;
use super::{FirestoreDocuments, record, value};

/// An entry that is to be removed within this time is none to begin with: those after it may be removed before it.
const RAGGED: Duration = Duration::from_hours(1);

/// Shards looked at at the same time.
const WIDTH: usize = 8;

/// The id of the collections of Firestore that hold entries. No collection of the port has an underscore in its name.
pub(super) fn entries_id(naming: &Naming) -> String {
    naming.of("anyport_changes", super::MAX_ID_BYTES)
}

#[async_trait]
impl Changes for FirestoreDocuments {
    async fn latest(&self, collection: &CollectionName) -> Result<FeedPosition> {
        let latest = async {
            self.registry().find_feed(self.connection(), collection, errors::of_read).await?;
            let shards = self.last_entries(collection).await?;
            Ok(FeedPosition::at(collection, &Place { first: 0, shards }))
        };
        latest.await.map_err(|error: Error| error.during("documents.latest", collection))
    }

    async fn read(&self, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let read = async {
            let place = query.position().map(|position| Place::of(position, collection)).transpose()?;
            self.registry().find_feed(self.connection(), collection, errors::of_read).await?;
            self.page(collection, place, query.page_limit()).await
        };
        read.await.map_err(|error: Error| error.during("documents.changes", collection))
    }
}

impl FirestoreDocuments {
    /// By shard, the number of its last entry.
    async fn last_entries(&self, collection: &CollectionName) -> Result<Vec<u64>> {
        let names: Vec<String> = (0..SHARDS).map(|shard| log::shard_name(self, collection, shard)).collect();
        let found = self.connection().fetch(names.clone()).await.map_err(|status| errors::of_read(&status))?;
        names.iter().map(|name| Shard::read(found.get(name)).map(|shard| shard.last)).collect()
    }

    async fn page(&self, collection: &CollectionName, place: Option<Place>, limit: usize) -> Result<FeedPage> {
        let last = self.last_entries(collection).await?;
        let mut place = match place {
            Some(place) => place,
            None => self.oldest(collection, &last).await?,
        };
        let (mut names, mut left) = (Vec::new(), limit);
        for shard in place.news(&last)? {
            let (Some(before), Some(last)) = (place.shards.get_mut(shard), last.get(shard)) else { break };
            if left == 0 {
                break;
            }
            let entries = log::entry_names(self, &log::shard_name(self, collection, shard));
            let taken = usize::try_from(*last - *before).unwrap_or(usize::MAX).min(left);
            let until = *before + taken as u64;
            names.extend((*before + 1..=until).map(|number| entries.of(number)));
            *before = until;
            left -= taken;
            place.first = (shard + 1) % SHARDS;
        }
        let changes = self.told(collection, names).await?;
        Ok(FeedPage { changes, next: FeedPosition::at(collection, &place) })
    }

    /// What became of the documents that these entries tell of, each once. `PreconditionFailed` if an entry is gone.
    async fn told(&self, collection: &CollectionName, names: Vec<String>) -> Result<Vec<DocumentChange>> {
        let entries = self.connection().fetch(names.clone()).await.map_err(|status| errors::of_read(&status))?;
        let mut keys: Vec<Key> = Vec::new();
        for name in &names {
            let entry = entries.get(name).ok_or_else(FeedPage::no_longer_kept)?;
            let key = record::key(entry).ok_or_else(|| unexpected("a change that names no document"))?;
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let documents: Vec<String> = keys.iter().map(|key| self.document_name(collection, key)).collect();
        let found = self.connection().fetch(documents.clone()).await.map_err(|status| errors::of_read(&status))?;
        let change = |(key, name): (Key, &String)| {
            let standing = found.get(name).map(|stored| record::read(key.clone(), stored)).transpose()?;
            Ok(DocumentChange { key, document: standing.map(|standing| standing.document) })
        };
        keys.into_iter().zip(&documents).map(change).collect()
    }

    /// The place before the oldest entries that are surely there, and all after them.
    async fn oldest(&self, collection: &CollectionName, last: &[u64]) -> Result<Place> {
        let shards = last.iter().enumerate().map(|(shard, last)| self.before_oldest(collection, shard, *last));
        let shards = stream::iter(shards.collect::<Vec<_>>()).buffered(WIDTH).try_collect().await?;
        Ok(Place { first: 0, shards })
    }

    async fn before_oldest(&self, collection: &CollectionName, shard: usize, last: u64) -> Result<u64> {
        if last == 0 {
            return Ok(0);
        }
        let entries = Listing::of(entries_id(self.connection().naming())).first(1);
        let surely = self.clock().now().plus(RAGGED);
        let parent = log::shard_name(self, collection, shard);
        let first = async |query| {
            let found = self.connection().list(&parent, &query).await.map_err(|status| errors::of_read(&status))?;
            Ok::<_, Error>(found.into_iter().next())
        };
        let mut oldest = first(entries.clone().build()).await?;
        if oldest.as_ref().is_some_and(|entry| record::expires_at(entry).is_some_and(|at| at < surely)) {
            // By their times, which are those of several clocks: some about as old as this may be passed over.
            let surely = value::instant(surely).ok_or_else(|| unexpected("the time"))?;
            oldest = first(entries.at_least(record::EXPIRES_AT, surely).build()).await?;
        }
        let number = |name: &str| name.rsplit('/').next()?.parse::<u64>().ok()?.checked_sub(1);
        match oldest {
            None => Ok(last),
            Some(oldest) => number(&oldest.name).ok_or_else(|| unexpected("a change without a number")),
        }
    }
}
