//! Documents: JSON objects under a partition key and a sort key.
//!
//! Everything a caller hands over is checked when it is made ([`Key`], [`Body`], [`Query`], [`Transaction`] ...), once
//! for all adapters: no adapter meets a value outside the limits, and the error for one is the same everywhere.

mod body;
mod changes;
mod index;
mod key;
mod page;
mod query;
mod range;
mod scan;
mod write;

use async_trait::async_trait;

pub use body::{Body, MAX_BODY_BYTES, MAX_BODY_DEPTH};
pub use changes::{Changes, DocumentChange, FEED_RETENTION, FeedPage, FeedPosition, FeedQuery};
pub use index::{Index, IndexPosition, IndexQuery};
pub use key::{Key, MAX_KEY_BYTES, Partition};
pub use page::{Direction, MAX_PAGE, Page};
pub use query::Query;
pub use range::TextRange;
pub use scan::{ScanQuery, Segment};
pub use write::{Condition, MAX_TRANSACTION, MAX_TRANSACTION_BYTES, Operation, Put, Transaction, Version};

use crate::{CollectionName, Error, Result, Timestamp};

/// Most keys in one [`Documents::get_many`].
pub const MAX_KEYS: usize = 100;

/// A document as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its address.
    pub key: Key,
    /// Its content.
    pub body: Body,
    /// The version that its last write made.
    pub version: Version,
    /// From this instant on it is invisible.
    pub expires_at: Option<Timestamp>,
}

impl Document {
    /// Whether the document can still be seen at this instant.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

/// One to a hundred keys to read at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(Vec<Key>);

impl Keys {
    /// The keys, in the order of the answer; they may repeat. [`InvalidInput`](crate::ErrorKind::InvalidInput) for none
    /// or for more than 100.
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Result<Self> {
        let keys: Vec<Key> = keys.into_iter().collect();
        if keys.is_empty() || keys.len() > MAX_KEYS {
            return Err(Error::invalid(format!("{} keys: one read takes 1 to {MAX_KEYS}, split it", keys.len())));
        }
        Ok(Self(keys))
    }

    /// The keys in order.
    pub fn as_slice(&self) -> &[Key] {
        &self.0
    }
}

/// A store of documents.
///
/// # Behavior of every operation
///
/// - **DOC-KEY-1**: any two different keys address two different documents, whatever characters they hold, at any
///   length up to 256 bytes a part: case counts, nothing is normalised, split, joined or trimmed.
/// - **DOC-KEY-2**: collections do not share documents, and neither do partitions.
/// - **DOC-BODY-1**: numbers come back exactly: every `i64`, `u64` and finite `f64`; `1` stays `1` and `1.0` stays `1.0`.
/// - **DOC-BODY-2**: `null`, missing, empty text, empty array and empty object stay five different things.
/// - **DOC-BODY-3**: any text comes back exactly, as a value and as the name of a field, at every depth up to 16.
/// - **DOC-BODY-4**: a body of exactly 256 KiB of compact JSON comes back whole; a larger one cannot be made.
/// - **DOC-COL-1**: a collection that was never provisioned is `NotFound`, for reads as for writes.
/// - **DOC-EXP-1**: a document is seen until `expires_at` and from that instant on it is not, by `get` and `get_many`.
/// - **DOC-EXP-2**: an expired document is not listed: not by `query`, `query_index` or `scan`.
/// - **DOC-EXP-3**: to every condition, in `put`, `delete` and `transact`, an expired document is absent.
/// - **DOC-EXP-4**: a write replaces the expiry with the body: without one, the document stands until deleted.
/// - **DOC-EXP-5**: an overwritten document expires when its last write says so.
/// - **DOC-VER-1**: every write gives the document a version it did not have before.
/// - **DOC-VER-2**: a version is not reused for a key, not even after delete and recreate.
/// - **DOC-LIN-1**: the operations of concurrent callers on one key take effect one after another, each at some
///   instant between its call and its return (linearizability).
/// - **DOC-LIN-2**: that holds when calls are delayed, throttled, doubled, or lose their request or answer on the way;
///   an `Indeterminate` write took effect once at some instant after its call, or never does.
/// - **DOC-MODEL-1**: any sequence of operations has the results that the reference model has.
///
/// # Errors of every operation
///
/// - **DOC-ERR-1**: a store that asks to slow down is `Throttled`, one that is not reached is `Unavailable`: both tell
///   to retry, and nothing was written.
/// - **DOC-ERR-2**: a write that was lost on its way once it was sent, there or back, is `Indeterminate`, never another
///   kind: nobody can tell one from the other. The same write tried again under a condition is not applied twice.
/// - **DOC-ERR-3**: a read that did not reach the store, or whose answer was lost or cut, is an error, never an empty
///   answer.
/// - `PermissionDenied`, `Unauthenticated` and `Internal` may come from any operation.
#[async_trait]
pub trait Documents: Send + Sync + 'static {
    /// Reads one document.
    ///
    /// # Behavior
    ///
    /// - **DOC-GET-1**: a written document comes back with its key, body, version and expiry; an absent one as `None`.
    /// - **DOC-GET-2**: strongly consistent: it sees every write acknowledged before it began, from any handle.
    /// - **DOC-GET-3**: that holds as well for a document which the same handle has read before.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown collection, and those of every operation.
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>>;

    /// Reads up to 100 documents, of any partitions. Each is read as by `get`; together they are no snapshot.
    ///
    /// # Behavior
    ///
    /// - **DOC-MANY-1**: one answer for each key, in the order asked: `None` for an absent one, repeated for a repeated one.
    /// - **DOC-MANY-2**: a hundred keys are answered as completely as one.
    ///
    /// # Errors
    ///
    /// As `get`; one error for all of the keys.
    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>>;

    /// Writes one document under a condition, and returns its new version.
    ///
    /// # Behavior
    ///
    /// - **DOC-PUT-1**: without a condition it creates, or replaces the whole body: fields are not merged.
    /// - **DOC-PUT-2**: under `Absent` it creates; if there is a document, `Conflict`.
    /// - **DOC-PUT-3**: under `Present` it replaces; if there is no document, `NotFound`, and none is created.
    /// - **DOC-PUT-4**: a write that fails on its condition changes nothing: not body, not version, not expiry.
    /// - **DOC-CAS-1**: under `Version` it replaces the document of that version; if the version is stale, `PreconditionFailed`.
    /// - **DOC-CAS-2**: under `Version`, with no document there, `PreconditionFailed`, and none is created.
    /// - **DOC-CAS-3**: a version that no store gave, whatever its text, is stale like any other.
    /// - **DOC-CAS-4**: of concurrent writers that hold the same version exactly one succeeds: a counter loses nothing.
    /// - **DOC-CAS-5**: of concurrent creators of one key exactly one succeeds.
    ///
    /// # Errors
    ///
    /// `Conflict`, `NotFound`, `PreconditionFailed` by the condition, `Indeterminate`, and those of every operation.
    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version>;

    /// Deletes one document under a condition.
    ///
    /// # Behavior
    ///
    /// - **DOC-DEL-1**: without a condition it succeeds whether or not there is a document.
    /// - **DOC-DEL-2**: a deleted document is gone at once, from `get`, `get_many` and `query`.
    /// - **DOC-DEL-3**: under `Version` it deletes the document of that version; if the version is stale,
    ///   `PreconditionFailed`, and the document stays.
    /// - **DOC-DEL-4**: with no document there, `Present` is `NotFound` and `Version` is `PreconditionFailed`; `Absent`
    ///   succeeds, and is `Conflict` if there is a document.
    ///
    /// # Errors
    ///
    /// As `put`.
    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()>;

    /// Lists documents of one partition by sort key.
    ///
    /// # Behavior
    ///
    /// - **DOC-QRY-1**: a prefix lists exactly the documents whose sort key begins with it.
    /// - **DOC-QRY-2**: a range lists exactly what lies between its bounds, each of which is included, excluded or open;
    ///   crossed bounds list nothing.
    /// - **DOC-QRY-3**: the order is that of the sort keys' UTF-8 bytes, either way.
    /// - **DOC-QRY-4**: the limit counts documents that are listed: a page is full as long as more follow.
    /// - **DOC-QRY-5**: pages of any size, one after another, list every document once; the last has no cursor.
    /// - **DOC-QRY-6**: a listing goes on rightly when documents are inserted and deleted meanwhile, the one it stopped at
    ///   included: what stood throughout is listed once.
    /// - **DOC-QRY-7**: a cursor serves another handle, as after a restart.
    /// - **DOC-QRY-8**: a cursor that is garbage or of another query is `InvalidInput`.
    /// - **DOC-QRY-9**: strongly consistent, as `get` is.
    ///
    /// # Errors
    ///
    /// As `get`.
    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page>;

    /// Lists documents of a declared index. Eventually consistent: a write shows after a while; a document listed may be
    /// an earlier state of itself.
    ///
    /// # Behavior
    ///
    /// - **DOC-IDX-1**: once writes rest, it lists the documents whose partition field is the text asked for and whose sort
    ///   field is in the range, in the byte order of the sort field and then of the key, either way.
    /// - **DOC-IDX-2**: once writes rest, no document is listed that was deleted, or under a value that it no longer has.
    /// - **DOC-IDX-3**: documents that lack either field, or hold no text in it, are not listed, and are otherwise as any other.
    /// - **DOC-IDX-4**: pages of any size, one after another, list every document once, those of equal sort field included.
    /// - **DOC-IDX-5**: an index that was not declared is `NotFound`.
    ///
    /// # Errors
    ///
    /// As `get`.
    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page>;

    /// Performs up to 50 operations on documents of one partition; returns one version for each `Put`, in their order.
    ///
    /// # Behavior
    ///
    /// - **DOC-TXN-1**: if all conditions hold, all operations happen.
    /// - **DOC-TXN-2**: if one condition fails, nothing happens, and the error is the one its operation would have alone
    ///   (of several that fail, any).
    /// - **DOC-TXN-3**: fifty operations are done as one, and so are bodies of 1 MiB together; a fifty-first, more bytes, or a
    ///   key named twice, cannot be asked for.
    /// - **DOC-TXN-4**: a `Check` requires its condition and leaves its document as it is, version included.
    /// - **DOC-TXN-5**: concurrent transactions take effect one after another, and once a `get` has seen one write of a
    ///   transaction, every later `get` sees all of them. (A page of `query` may not: DynamoDB reads its items one by one.)
    ///
    /// # Errors
    ///
    /// As `put`.
    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>>;
}

/// Reading a whole collection: a trait of its own, which migration and back-office tools hold and functions do not.
#[async_trait]
pub trait Scan: Send + Sync + 'static {
    /// Lists the documents of a segment, in no particular order.
    ///
    /// # Behavior
    ///
    /// - **DOC-SCAN-1**: over all segments, every document is listed exactly once.
    /// - **DOC-SCAN-2**: under concurrent writes, every document that stands throughout is listed exactly once.
    ///
    /// # Errors
    ///
    /// As [`Documents::query`].
    async fn scan(&self, collection: &CollectionName, query: &ScanQuery) -> Result<Page>;
}
