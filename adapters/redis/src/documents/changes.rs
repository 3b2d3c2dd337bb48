//! The change feed: of each shard of a collection, a stream that the script which writes documents appends to.

use anyport_ports::documents::{Changes, DocumentChange, FeedPage, FeedPosition, FeedQuery, Key};
use anyport_ports::{CollectionName, Error, Result};
use async_trait::async_trait;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};

use super::scripts::{CHANGES, LATEST};
use super::{collections, keys, record};
use crate::error::{Failure, unexpected};
use crate::store::RedisStore;

/// Shards looked at at the same time.
const WIDTH: usize = 16;

/// How long changes are kept, in milliseconds: an hour longer than is promised.
pub(super) const KEPT: u64 = 25 * 3_600_000;

/// A position after which changes may be older than this, in milliseconds, is refused: half an hour before they go, by
/// which the clock of a server may have been put back.
const READ_WITHIN: u64 = KEPT - 1_800_000;

/// A position in the feed of a collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// The shard to begin with, so that each has its turn.
    first: usize,
    /// By shard: the id of the last change before it, and the server's time before which there is no change after it.
    shards: Vec<(String, u64)>,
}

impl Place {
    /// Before everything that is kept.
    fn oldest() -> Self {
        Self { first: 0, shards: vec![("0-0".to_owned(), u64::MAX); keys::SHARDS] }
    }

    /// The place of a position, whose text somebody may have made up.
    fn of(position: &FeedPosition, name: &CollectionName) -> Result<Self> {
        let place: Self = position.place(name)?;
        let id = |id: &str| {
            let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u64>().is_ok();
            id.split_once('-').is_some_and(|(millis, count)| number(millis) && number(count))
        };
        if place.shards.len() == keys::SHARDS && place.shards.iter().all(|(last, _)| id(last)) {
            Ok(place)
        } else {
            Err(Error::invalid("the position is not one that this feed gave: read from its oldest change"))
        }
    }

    /// Sets a shard to what a look at it showed.
    fn advance(&mut self, shard: usize, looked: &Look) {
        if let Some((last, since)) = self.shards.get_mut(shard) {
            if let Some((id, _)) = looked.changes.last() {
                last.clone_from(id);
            }
            *since = looked.left.unwrap_or(looked.at);
        }
    }
}

/// What a look at a shard showed.
struct Look {
    /// The server's time.
    at: u64,
    /// The changes, each with its id.
    changes: Vec<(String, DocumentChange)>,
    /// When the first change was made that was left, if one was.
    left: Option<u64>,
}

#[async_trait]
impl Changes for RedisStore {
    async fn latest(&self, collection: &CollectionName) -> Result<FeedPosition> {
        let latest = async {
            collections::to_follow(self, collection).await?;
            let shards = (0..keys::SHARDS).map(|shard| last(self, collection, shard));
            let shards: Vec<_> = stream::iter(shards.collect::<Vec<_>>()).buffered(WIDTH).try_collect().await?;
            Ok(FeedPosition::at(collection, &Place { first: 0, shards }))
        };
        latest.await.map_err(|error: Error| error.during("documents.latest", collection))
    }

    async fn read(&self, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let read = async {
            collections::to_follow(self, collection).await?;
            page(self, collection, query).await
        };
        read.await.map_err(|error: Error| error.during("documents.changes", collection))
    }
}

async fn page(store: &RedisStore, name: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
    let mut place = query.position().map_or_else(|| Ok(Place::oldest()), |position| Place::of(position, name))?;
    // Where there is nothing new, as in most shards at most times, no document is fetched.
    let looks: Vec<_> =
        place.shards.iter().enumerate().map(|(shard, (last, _))| look(store, name, shard, last, 0)).collect();
    let looks: Vec<Look> = stream::iter(looks).buffered(WIDTH).try_collect().await?;
    let mut news = Vec::new();
    for (shard, looked) in looks.iter().enumerate() {
        if place.shards.get(shard).is_some_and(|(_, since)| looked.at > since.saturating_add(READ_WITHIN)) {
            return Err(FeedPage::no_longer_kept());
        }
        place.advance(shard, looked);
        if looked.left.is_some() {
            news.push(shard);
        }
    }
    let turn = news.partition_point(|shard| *shard < place.first);
    news.rotate_left(turn);
    let mut changes = Vec::new();
    for shard in news {
        let wanted = query.page_limit() - changes.len();
        let Some((last, _)) = place.shards.get(shard).filter(|_| wanted > 0) else { break };
        let looked = look(store, name, shard, last, wanted).await?;
        place.advance(shard, &looked);
        place.first = (shard + 1) % keys::SHARDS;
        changes.extend(looked.changes.into_iter().map(|(_, change)| change));
    }
    Ok(FeedPage { changes, next: FeedPosition::at(name, &place) })
}

/// Up to as many changes of a shard after one.
async fn look(store: &RedisStore, name: &CollectionName, shard: usize, last: &str, wanted: usize) -> Result<Look> {
    let mut call = CHANGES.on(&[keys::of_changes(&store.naming, name, shard)]);
    call.arg(last).arg(wanted);
    let answer = store.connection.run(&CHANGES, &call).await.map_err(Failure::of_read)?;
    let answer: Vec<Vec<u8>> = redis::from_redis_value(answer).map_err(|_| unexpected("changes"))?;
    let mut answer = answer.into_iter();
    let mut text = || answer.next().map(|text| String::from_utf8(text).map_err(|_| unexpected("changes"))).transpose();
    let (Some(at), Some(left)) = (text()?, text()?) else { return Err(unexpected("changes")) };
    let mut changes = Vec::new();
    while let (Some(id), Some(partition), Some(sort), Some(kept)) = (text()?, text()?, text()?, text()?) {
        let key = Key::new(partition, sort)?;
        let document = (!kept.is_empty()).then(|| record::read(key.clone(), kept.into_bytes())).transpose()?;
        changes.push((id, DocumentChange { key, document }));
    }
    let at = at.parse().map_err(|_| unexpected("changes"))?;
    let left = (!left.is_empty()).then(|| made_at(&left)).transpose()?;
    Ok(Look { at, changes, left })
}

/// When the change of this id was made.
fn made_at(id: &str) -> Result<u64> {
    let millis = id.split_once('-').and_then(|(millis, _)| millis.parse().ok());
    millis.ok_or_else(|| unexpected("the id of a change"))
}

/// The id of the last change of a shard, and the server's time.
async fn last(store: &RedisStore, name: &CollectionName, shard: usize) -> Result<(String, u64)> {
    let call = LATEST.on(&[keys::of_changes(&store.naming, name, shard)]);
    let answer = store.connection.run(&LATEST, &call).await.map_err(Failure::of_read)?;
    let [at, last]: [String; 2] = redis::from_redis_value(answer).map_err(|_| unexpected("latest"))?;
    Ok((last, at.parse().map_err(|_| unexpected("latest"))?))
}

#[cfg(test)]
mod tests {
    use anyport_ports::ErrorKind;

    use super::*;

    const ORDERS: CollectionName = CollectionName::from_static("orders");

    #[test]
    fn a_place_that_somebody_made_up_is_refused() {
        let position = |place: &Place| FeedPosition::at(&ORDERS, place);
        assert_eq!(Place::of(&position(&Place::oldest()), &ORDERS).unwrap(), Place::oldest());
        for id in ["", "1", "1-", "+1-0", "1-2-3", "1-99999999999999999999", "$"] {
            let mut place = Place::oldest();
            id.clone_into(&mut place.shards[7].0);
            assert_eq!(Place::of(&position(&place), &ORDERS).unwrap_err().kind(), ErrorKind::InvalidInput, "{id}");
        }
        let mut place = Place::oldest();
        place.shards.pop();
        assert_eq!(Place::of(&position(&place), &ORDERS).unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn a_shard_with_changes_left_is_as_old_as_the_first_of_them() {
        let mut place = Place::oldest();
        place.advance(3, &Look { at: 2_000, changes: Vec::new(), left: Some(1_000) });
        assert_eq!(place.shards[3], ("0-0".to_owned(), 1_000));
        let change = DocumentChange { key: Key::new("p", "s").unwrap(), document: None };
        place.advance(3, &Look { at: 3_000, changes: vec![("1000-5".to_owned(), change)], left: None });
        assert_eq!(place.shards[3], ("1000-5".to_owned(), 3_000));
    }
}
