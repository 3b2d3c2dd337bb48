//! The change feed: Cosmos DB's own, of latest versions, which goes range by range of the hashes of partition keys and is in
//! order within each, and so for each document.
//!
//! Its tokens name a place durably; a position holds one for each range. Deletions are told of by the marks that they leave.

mod place;

use anyport_ports::documents::{Changes, DocumentChange, FeedPage, FeedPosition, FeedQuery};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use async_trait::async_trait;
use azure_data_cosmos::FeedScope;
use azure_data_cosmos::feed::ContinuationToken;
use azure_data_cosmos::options::{ChangeFeedOptions, ChangeFeedStartFrom, MaxItemCountHint};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use std::num::NonZeroU32;
use std::sync::Arc;

use self::place::{Hashes, Place, Range};
use super::CosmosDocuments;
use super::call::Call;
use super::containers::Container;
use super::item::{self, Item};
use super::scan::feed_range;

/// Ranges asked at once.
const WIDTH: usize = 16;

#[async_trait]
impl Changes for CosmosDocuments {
    async fn latest(&self, collection: &CollectionName) -> Result<FeedPosition> {
        let call = self.call("documents.latest", collection);
        let container = self.followed(&call, collection).await?;
        let now = self.shared.clock.now();
        let place = Place::oldest(self.ranges(&call, collection, &container).await?, now);
        let pinned = place.ranges.iter().map(|range| async {
            let (_, token) = self.page(&call, collection, &container, range, Begin::Now, 1).await?;
            Ok::<_, Error>(Range::at(range.hashes.clone(), Some(token), now))
        });
        let ranges = stream::iter(pinned.collect::<Vec<_>>()).buffered(WIDTH).try_collect().await?;
        Ok(FeedPosition::at(collection, &Place { first: 0, ranges }))
    }

    async fn read(&self, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let call = self.call("documents.changes", collection);
        let container = self.followed(&call, collection).await?;
        let now = self.shared.clock.now();
        let place = query.position().map(|position| Place::of(position, collection)).transpose();
        let place = place.map_err(|error| call.named(error))?;
        let ranges = self.ranges(&call, collection, &container).await?;
        let mut place = match place {
            None => Place::oldest(ranges, now),
            Some(mut place) => {
                place.divide(&ranges);
                place
            }
        };
        if place.is_too_old(now) {
            return Err(call.named(FeedPage::no_longer_kept()));
        }
        let (count, mut changes) = (place.ranges.len(), Vec::new());
        for _ in 0..count {
            let wanted = query.page_limit() - changes.len();
            if wanted == 0 {
                break;
            }
            let at = place.first % count;
            let (page, token) =
                self.page(&call, collection, &container, &place.ranges[at], Begin::Oldest, wanted).await?;
            for item in place.ranges[at].take(page, token, wanted, now) {
                let change = change(&item).map_err(|error| call.named(error))?;
                changes.push(change);
            }
            place.first = (at + 1) % count;
        }
        Ok(FeedPage { changes, next: FeedPosition::at(collection, &place) })
    }
}

/// Where a range is read from that no token tells of.
#[derive(Clone, Copy)]
enum Begin {
    Oldest,
    Now,
}

impl CosmosDocuments {
    /// The container of a collection that has a feed. One that is not known to have one may have been given it since.
    async fn followed(&self, call: &Call, collection: &CollectionName) -> Result<Arc<Container>> {
        let mut container = self.container(call, collection).await?;
        if !container.feed {
            container = self.discover(call, collection).await?;
        }
        if container.feed { Ok(container) } else { Err(call.named(FeedPage::no_feed())) }
    }

    /// The ranges that the container has now.
    async fn ranges(&self, call: &Call, collection: &CollectionName, container: &Container) -> Result<Vec<Hashes>> {
        let answer = call.read(|| Box::pin(container.client.read_feed_ranges(None))).await;
        let ranges = answer.map_err(|failure| self.absent(call, collection, &failure))?;
        Ok(ranges.iter().map(|range| (range.min_inclusive().to_hex(), range.max_exclusive().to_hex())).collect())
    }

    /// A page of the changes in a range from a place on, and the token of where it ends.
    async fn page(
        &self,
        call: &Call,
        collection: &CollectionName,
        container: &Container,
        range: &Range,
        begin: Begin,
        wanted: usize,
    ) -> Result<(Vec<Item>, String)> {
        let scope = feed_range(&range.hashes.0, &range.hashes.1).map_err(|_| call.named(place::garbage()))?;
        let wanted = u32::try_from(wanted).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        let answer = call
            .read(|| {
                let mut options = ChangeFeedOptions::default().with_max_item_count(MaxItemCountHint::Limit(wanted));
                if let Some(token) = &range.token {
                    options = options.with_continuation_token(ContinuationToken::from_string(token.clone()));
                }
                let from = match begin {
                    Begin::Oldest => ChangeFeedStartFrom::Beginning,
                    Begin::Now => ChangeFeedStartFrom::Now,
                };
                let scope = FeedScope::range(scope.clone());
                Box::pin(async move {
                    let pages = container.client.query_change_feed::<Item>(scope, from, Some(options)).await?;
                    let mut pages = std::pin::pin!(pages);
                    let page = match pages.next().await {
                        Some(page) => page?.into_items(),
                        None => Vec::new(),
                    };
                    let items = page.iter().filter_map(|change| change.current().cloned()).collect();
                    Ok((items, pages.to_continuation_token()?.as_str().to_owned()))
                })
            })
            .await;
        answer.map_err(|failure| {
            // A token that the service does not take, or the client does not understand, is none that it gave.
            if range.token.is_some() && failure.meaning().kind == ErrorKind::Internal {
                return call.named(place::garbage().caused_by(failure.error()));
            }
            self.absent(call, collection, &failure)
        })
    }
}

/// The change that an item tells of, as the host of Azure Functions is given it in JSON. That it was deleted is told by the mark
/// that a deletion leaves.
pub(super) fn change_of(item: &str) -> Result<DocumentChange> {
    let item =
        serde_json::from_str(item).map_err(|error| Error::invalid("it is no item of Cosmos DB").caused_by(error))?;
    change(&item).map_err(|error| Error::invalid("it is no document of this adapter").caused_by(error))
}

/// The change that an item tells of.
fn change(item: &Item) -> Result<DocumentChange> {
    Ok(DocumentChange { key: item::key(item)?, document: item::document(item)? })
}
