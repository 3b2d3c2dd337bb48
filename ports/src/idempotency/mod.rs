//! Idempotency: work that is asked for several times is done once, and its answer given again.
//!
//! Whoever asks claims the work under a key. The first is its *owner*; the record of the claim stands in a collection of
//! documents until its retention is over. Every later write of the record is fenced: it stands under the version that
//! the owner wrote last, so that an owner that was paused and overtaken can write nothing any more, whatever the clocks
//! show.
//!
//! Fencing protects the record and not the side effect: where an owner falls silent (its process died, the store was
//! away when it wanted to complete) the work is done again once its lease is over. It is done *at least* once, and
//! answered once. What must not be done twice writes its effect and its completion in one transaction
//! ([`Claim::beside`], [`Idempotency::completion`]), or gives its own key on to whom it calls.
//!
//! # The record
//!
//! A JSON document under the partition key `application#operation#tenant#hash of the key` and the sort key `record`, in
//! the collection [`COLLECTION`]:
//!
//! | field | |
//! |---|---|
//! | `v` | the form of the record: 1 |
//! | `id` | `application#operation#tenant#hash of the key`; a name that is long or not plain stands as `~` and its hash |
//! | `status` | `in_progress` or `completed` |
//! | `owner` | the owner's id |
//! | `attempt` | how many began: 1, and 1 more for each that took over |
//! | `fingerprint` | SHA-256 of what was asked for |
//! | `claimed_at_ms`, `lease_until_ms`, `expires_at_ms` | milliseconds since 1970 |
//! | `first_correlation_id` | the correlation that first asked, if it had one |
//! | `response` | of a completed one: `status`, `headers` (those kept) and `body`, which is `{"text"}`, `{"base64"}`, `{"blob"}` or `{"lost"}` |
//!
//! A record that is anything else is an error, for a person to look into, and is never taken for one that may be taken
//! over. The store is told to remove a record five minutes after `expires_at_ms`, by when it counts no longer.
//! Large bodies lie as blobs under `anyport-idempotency/` in the bucket given; a rule of the bucket removes them after the
//! retention.

mod cache;
mod claim;
mod digest;
mod documents;
mod fingerprint;
mod key;
mod outcome;
mod owner;
mod record;
mod response;
mod scope;
mod spill;

use async_trait::async_trait;

pub use cache::CachedIdempotency;
pub use claim::{Address, Claim, Lease, MAX_LEASE, MAX_RETENTION, Retention};
pub use documents::DocumentIdempotency;
pub use fingerprint::Fingerprint;
pub use key::{IdempotencyKey, MAX_KEY_CHARS};
pub use outcome::{Claimed, Completion, Release, Renewal, Replay};
pub use owner::Owner;
pub use response::{KeptHeaders, OnError, StoredBody, StoredResponse};
pub use scope::Scope;

use crate::documents::Operation;
use crate::{CollectionName, Result};

/// Where records are kept.
pub const COLLECTION: CollectionName = CollectionName::from_static("anyport-idempotency");

/// What the sort key of a record begins with that is kept beside its effect.
pub const SORT_PREFIX: &str = "anyport-idempotency#";

/// Who keeps track of work that is to be done once.
///
/// # Behavior of every operation
///
/// - **IDM-SCOPE-1**: a key belongs to its application, operation and tenant: in another of either, whatever characters
///   their names hold, it is another key.
/// - **IDM-RECORD-1**: a record that is not as written (a lease that is null, zero, negative, or counted in seconds; another
///   form) is `Internal` to every claim, and stays as it is: it is never taken for one that may be taken over.
/// - **IDM-SKEW-1**: owners whose clocks differ by 5 seconds either way never both complete: the one that was taken over is
///   fenced.
/// - **IDM-CRASH-1**: where a process ends between any two calls to the store, the work can be claimed again once the lease
///   is over, unless it was completed; an answer whose completion was acknowledged is the one that is replayed.
/// - **IDM-MODEL-1**: any sequence of operations has the results of the model: absent, in progress, completed.
///
/// # Errors of every operation
///
/// - **IDM-DOWN-1**: a store that is not reached or asks to slow down is `Unavailable` or `Throttled`, and nothing was
///   written: who is not told `Acquired` does not do the work, and who is told an error by `complete`, `release` or `renew`
///   may try again with the same owner.
/// - `Indeterminate` where a write is in doubt and the store does not tell what became of it, and what the store's own
///   errors are.
#[async_trait]
pub trait Idempotency: Send + Sync + 'static {
    /// Claims a piece of work.
    ///
    /// # Behavior
    ///
    /// - **IDM-CLAIM-1**: of concurrent claims of work that is not claimed exactly one is `Acquired`, as attempt 1; the others
    ///   are `InProgress`.
    /// - **IDM-CLAIM-2**: while the lease lasts it is `InProgress`, with the time that the lease has left; once it is over,
    ///   exactly one of concurrent claims is `Acquired`, as the next attempt.
    /// - **IDM-CLAIM-3**: completed work is `Replay`, with the answer, until the retention since its completion is over, and
    ///   also when its store still shows it later it is `Acquired` then, as attempt 1.
    /// - **IDM-CLAIM-4**: a claim that has read a record takes over only what it has read: one that was completed, renewed or
    ///   taken over by another meanwhile stays.
    /// - **IDM-CLAIM-5**: a claim that is not `Acquired` changes nothing of the record.
    /// - **IDM-PRINT-1**: with another fingerprint it is `Mismatch`, whether the work is in progress, past its lease, or
    ///   completed; the fingerprint is looked at before anything else.
    /// - **IDM-DOUBT-1**: a claim whose write was lost on its way, there or back, is not done twice, and does not stand in its
    ///   own way: it is `Acquired` if it can be told, and else at worst the lease of a record that nobody works on.
    async fn claim(&self, claim: &Claim) -> Result<Claimed>;

    /// Keeps the answer of work that was done. Doing it again, as after an error, is harmless.
    ///
    /// # Behavior
    ///
    /// - **IDM-DONE-1**: the answer comes back whole: its status, its headers in their order, and its body to the byte.
    /// - **IDM-DONE-2**: a body that a document does not hold lies in a blob. Where there is none to put it in, or it is gone,
    ///   the work counts as completed and its body as [`Lost`](StoredBody::Lost): it is not done again, and nobody is given
    ///   another answer than the one that was.
    /// - **IDM-DONE-3**: completed again, it is `Completed` and the first answer stays.
    /// - **IDM-DONE-4**: taken over, it is `Fenced`, with the answer of who took over if that one is completed; nothing is
    ///   written. An owner past its lease whom nobody took over completes.
    /// - **IDM-DOUBT-2**: a completion, release or renewal whose write was lost on its way, there or back, is not told to be
    ///   fenced by itself: it is done, if that can be told.
    ///
    /// # Errors
    ///
    /// `TooLarge` for more headers than a document holds.
    async fn complete(&self, owner: &Owner, response: &StoredResponse) -> Result<Completion>;

    /// Gives work up that was not done, so that whoever asks next does it.
    ///
    /// # Behavior
    ///
    /// - **IDM-FREE-1**: released, the next claim is `Acquired`, as attempt 1.
    /// - **IDM-FREE-2**: taken over or completed, it is `Fenced`, and the record stays.
    async fn release(&self, owner: &Owner) -> Result<Release>;

    /// Begins the lease anew: what an owner does from time to time that is not sure to end within it.
    ///
    /// # Behavior
    ///
    /// - **IDM-RENEW-1**: renewed, the work is in progress for another whole lease; the owner as it was before can still
    ///   complete it.
    /// - **IDM-RENEW-2**: taken over or completed, it is `Fenced`, and the record stays.
    async fn renew(&self, owner: &Owner) -> Result<Renewal>;

    /// The completion as a step of a transaction in the partition that the record was claimed beside: its sort key, and what
    /// to do there.
    ///
    /// # Behavior
    ///
    /// - **IDM-TXN-1**: an effect and its completion in one transaction happen both or not at all: taken over or renewed
    ///   since, the transaction is `PreconditionFailed`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for an owner whose claim was not [beside](Claim::beside) anything, and as `complete`.
    async fn completion(&self, owner: &Owner, response: &StoredResponse) -> Result<(String, Operation)>;
}

/// What follows from the operations of [`Idempotency`].
#[async_trait]
pub trait IdempotencyExt: Idempotency {
    /// What becomes of work that failed, with this answer: kept as the failure that it is, or released.
    ///
    /// # Behavior
    ///
    /// - **IDM-FAIL-1**: a failure that is kept is replayed with its own status; one that is not leaves the work to whoever asks
    ///   next.
    async fn fail(&self, owner: &Owner, failure: &StoredResponse, on_error: OnError) -> Result<Failed> {
        if on_error.keeps(failure.status) {
            return self.complete(owner, failure).await.map(Failed::Kept);
        }
        self.release(owner).await.map(Failed::Released)
    }
}

impl<T: Idempotency + ?Sized> IdempotencyExt for T {}

/// What became of work that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Failed {
    /// It was to be kept.
    Kept(Completion),
    /// It was to be released.
    Released(Release),
}
