//! The change feed of a collection.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::page::{DEFAULT_PAGE, page_size};
use super::{Document, Key};
use crate::{CollectionName, Error, ErrorKind, Result};

/// For this long after it was made, a change can be read.
pub const FEED_RETENTION: Duration = Duration::from_hours(24);

/// Longest accepted position, in bytes of text: it names a place in each of a feed's shards, and is kept in a document by
/// whoever reads the feed.
const MAX_POSITION_BYTES: usize = 128 * 1024;

/// What became of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentChange {
    /// Its address.
    pub key: Key,
    /// How it stands after the change; `None` if it was deleted.
    pub document: Option<Document>,
}

/// A place in the feed of a collection, of all its shards together: opaque text, to be kept where the reader keeps its
/// state.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeedPosition(String);

#[derive(Serialize, Deserialize)]
struct Content<P> {
    /// The collection that it is a position of.
    c: CollectionName,
    /// The place.
    p: P,
}

impl FeedPosition {
    /// Takes a position back from where it was kept. Whether it is a real one shows when it is read from.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text to keep.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For adapters: this place in the feed of this collection.
    pub fn at<P: Serialize>(collection: &CollectionName, place: &P) -> Self {
        let content = Content { c: collection.clone(), p: place };
        Self(BASE64.encode(serde_json::to_vec(&content).unwrap_or_default()))
    }

    /// For adapters: the place that it was made of. [`InvalidInput`](ErrorKind::InvalidInput) if it is garbage or of the feed
    /// of another collection.
    pub fn place<P: DeserializeOwned>(&self, collection: &CollectionName) -> Result<P> {
        let garbage = || {
            Error::invalid("the position is not one that this feed gave: read from its oldest change, or from `latest`")
        };
        if self.0.len() > MAX_POSITION_BYTES {
            return Err(garbage());
        }
        let json = BASE64.decode(&self.0).map_err(|_| garbage())?;
        let content: Content<P> = serde_json::from_slice(&json).map_err(|_| garbage())?;
        if content.c == *collection {
            Ok(content.p)
        } else {
            let message = format!("the position belongs to the feed of {}: use it there", content.c);
            Err(Error::invalid(message))
        }
    }
}

impl fmt::Debug for FeedPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FeedPosition({} bytes)", self.0.len())
    }
}

/// Reads a page of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedQuery {
    from: Option<FeedPosition>,
    limit: NonZeroUsize,
}

impl FeedQuery {
    /// From the oldest change that is kept, 100 a page.
    pub fn oldest() -> Self {
        Self { from: None, limit: DEFAULT_PAGE }
    }

    /// From this position on, 100 a page.
    pub fn from(position: FeedPosition) -> Self {
        Self { from: Some(position), limit: DEFAULT_PAGE }
    }

    /// At most this many changes a page: 1 to 100, else [`InvalidInput`](ErrorKind::InvalidInput).
    pub fn limit(mut self, limit: usize) -> Result<Self> {
        self.limit = page_size(limit)?;
        Ok(self)
    }

    /// Where to begin; at the oldest change if nowhere.
    pub fn position(&self) -> Option<&FeedPosition> {
        self.from.as_ref()
    }

    /// The most changes in this page.
    pub fn page_limit(&self) -> usize {
        self.limit.get()
    }
}

/// A page of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPage {
    /// The changes, those of one document in the order in which they took effect.
    pub changes: Vec<DocumentChange>,
    /// Where the feed goes on. It moves on though there is no change: whoever keeps it reads on from the newest.
    pub next: FeedPosition,
}

impl FeedPage {
    /// For adapters: the one error for a position after which changes are no longer kept.
    pub fn no_longer_kept() -> Error {
        let message = "changes after this position are no longer kept: read the collection anew by a scan, and its feed from \
                       `latest` as it was before that scan, or from its oldest change if what is lost does not matter";
        Error::new(ErrorKind::PreconditionFailed, message)
    }

    /// For adapters: the one error for a collection that was provisioned without a feed.
    pub fn no_feed() -> Error {
        Error::new(ErrorKind::NotFound, "the collection has no change feed: provision it with one")
    }
}

/// The changes of a collection, as they happen: a trait of its own, which runtimes hold for functions that changes call, and
/// functions do not.
///
/// A feed tells what became of documents; it is no log of operations. A collection has one if it was provisioned with one
/// ([`CollectionSpec::feed`](crate::resources::CollectionSpec)), from then on: what was written before is not in it.
///
/// # Behavior
///
/// - **CHG-SEEN-1**: a written document is seen as `get` gives it: key, body, version and expiry.
/// - **CHG-SEEN-2**: a deletion is seen, as a change without a document.
/// - **CHG-SEEN-3**: once writes rest, the last change that is read of a document is how it stands. States in between may be
///   seen, each by itself, or not, as the store merges them.
/// - **CHG-SEEN-4**: of what a transaction wrote and deleted, each document is seen: not all at once, and not together.
/// - **CHG-NONE-1**: a write refused by its condition is not seen.
/// - **CHG-NONE-2**: nothing is seen of a transaction that was refused, and nothing of its checks.
/// - **CHG-NONE-3**: documents of other collections are not seen.
/// - **CHG-ORD-1**: the changes of one document are read in the order in which they took effect: from a position on, never
///   an older state after a newer one. Between documents there is no order.
/// - **CHG-ORD-2**: that holds for a document that several writers write at once, and that is deleted and created again.
/// - **CHG-POS-1**: pages of any size, each from where the one before ended, together miss nothing.
/// - **CHG-POS-2**: a position serves another handle, as after a restart, and serves again: what was read from there is
///   read once more, or a later state of the same document. That is how a reader that fails halfway loses nothing.
/// - **CHG-POS-3**: a position that is garbage or of the feed of another collection is `InvalidInput`.
/// - **CHG-PAGE-1**: a page holds no more than its limit. It may hold less, and be empty though more follows.
/// - **CHG-END-1**: once writes rest, and all is read, pages are empty: no change is told of for ever.
/// - **CHG-LATE-1**: what is written after `latest` was answered is read from there.
/// - **CHG-LATE-2**: what was written two seconds or more before `latest` was asked for is not.
/// - **CHG-CON-1**: who reads while others write misses none of their writes.
/// - **CHG-COL-1**: a collection that was never provisioned, or without a feed, is `NotFound`.
///
/// A change may be read more than once, as delivery at least once: handle it so that this does no harm, by its version.
///
/// *Time.* A change is kept for [24 hours](FEED_RETENTION) at least, and a position leads on for as long as the first change after it
/// is kept, and for 24 hours after it was given if there was none. To read from one that is older is `PreconditionFailed`
/// if changes after it are gone, never an answer that passes over them; an adapter that cannot tell refuses any such
/// position. A reader that reads all there is more often than that misses nothing.
///
/// *Expiry.* That a document expires is not a write. A store that removes it may tell of that as a deletion, at some time
/// after, or never tell; it never tells before. A change read late may hold a document that has expired by now: see
/// [`Document::is_live`].
///
/// # Errors
///
/// - **CHG-ERR-1**: a read that did not reach the store, or whose answer was lost or cut, is `Unavailable`, or `Throttled` if the
///   store asks to slow down, and never an empty page; read again from the same position, nothing is missed.
/// - **CHG-ERR-2**: of a write that was `Indeterminate`, the feed tells what `get` tells: it is seen if it took effect.
/// - `PermissionDenied`, `Unauthenticated` and `Internal` may come from any operation.
#[async_trait]
pub trait Changes: Send + Sync + 'static {
    /// Where the feed stands now: what is written later is read from here.
    ///
    /// # Errors
    ///
    /// `NotFound` for a collection that has no feed, and those of every operation.
    async fn latest(&self, collection: &CollectionName) -> Result<FeedPosition>;

    /// Reads a page of changes. It does not wait for any: if there is none, it answers with an empty page.
    ///
    /// # Errors
    ///
    /// `NotFound` for a collection that has no feed, `InvalidInput` for a position that is not one of it,
    /// `PreconditionFailed` for one after which changes are no longer kept, and those of every operation.
    async fn read(&self, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage>;
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: CollectionName = CollectionName::from_static("users");

    #[test]
    fn a_position_is_bound_to_its_collection() {
        let position = FeedPosition::at(&USERS, &[1, 2]);
        let kept = FeedPosition::from_text(position.as_str());
        assert_eq!(kept.place::<[u32; 2]>(&USERS).unwrap(), [1, 2]);
        let other = CollectionName::from_static("orders");
        assert_eq!(kept.place::<[u32; 2]>(&other).unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn garbage_is_not_a_position() {
        for garbage in ["", "0", "bm90IGpzb24", "💥", &"A".repeat(1_000_000)] {
            let error = FeedPosition::from_text(garbage).place::<u64>(&USERS).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{garbage:.20}");
        }
    }

    #[test]
    fn a_page_holds_1_to_100() {
        assert!(FeedQuery::oldest().limit(1).is_ok() && FeedQuery::oldest().limit(100).is_ok());
        assert!(FeedQuery::oldest().limit(0).is_err() && FeedQuery::oldest().limit(101).is_err());
    }
}
