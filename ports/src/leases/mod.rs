//! Leases: one holder at a time for a name, with fencing tokens.
//!
//! A lease keeps others from beginning the same work; it cannot keep a holder from going on that was paused and does not
//! know that its time is over. What keeps such a holder from doing harm is the [`FencingToken`]: write it beside whatever
//! the work writes, and refuse a write whose token is less than the one that stands there.
//!
//! ```
//! # use anyport_ports::leases::{Held, LeaseName, LeaseTtl, Leases};
//! # use std::time::Duration;
//! # async fn report() -> anyport_ports::Result<()> { Ok(()) }
//! # async fn nightly(leases: &dyn Leases) -> anyport_ports::Result<()> {
//! let (name, ttl) = (LeaseName::new("nightly-report")?, LeaseTtl::new(Duration::from_secs(30))?);
//! if let Some(held) = leases.acquire(&name, ttl).await? {
//!     report().await?;
//!     leases.release(&held).await?;
//! }
//! # Ok(()) }
//! ```

mod acquire;
mod documents;
mod held;
mod record;

use async_trait::async_trait;

pub use documents::{COLLECTION, DocumentLeases};
pub use held::{FencingToken, Held, LEASE_TTL, LeaseName, LeaseTtl};

use crate::Result;

/// Leases by name.
///
/// # Behavior of every operation
///
/// - **LEA-NAME-1**: leases of different names have nothing to do with each other, whatever characters the names hold.
/// - **LEA-MODEL-1**: any sequence of operations of several holders has the results that the model has.
/// - **LEA-DOUBT-1**: an acquisition whose request or answer was lost is told from that of another: it is acquired once, by
///   whom it says.
/// - **LEA-DOUBT-2**: so are a renewal and a release.
///
/// # Time
///
/// The end of a lease is judged by the clock of whoever asks. Clocks are taken to differ by much less than the leases are
/// long; the more they do, the earlier or later a lease is taken for free.
///
/// - **LEA-SKEW-1**: whatever the clocks say, no token is given twice and none is less than an earlier one; who has been
///   succeeded is told so when it renews, and disturbs nobody.
///
/// # Errors of every operation
///
/// - **LEA-ERR-1**: a store that is not reached or asks to slow down is `Unavailable` or `Throttled`, never an answer.
/// - `Indeterminate`: the outcome stayed unknown. A lease acquired that way ends by itself when its time is over.
/// - `NotFound` if the collection was never provisioned; `PermissionDenied`, `Unauthenticated`, `Internal`.
#[async_trait]
pub trait Leases: Send + Sync + 'static {
    /// Takes the lease for this long, if nobody holds it.
    ///
    /// # Behavior
    ///
    /// - **LEA-ACQ-1**: of any number who acquire a free lease at once, one holds it, and the others are told `None`.
    /// - **LEA-ACQ-2**: while it is held it is `None` for everybody, its holder included.
    /// - **LEA-EXP-1**: it is held until its time is over, and from that instant on it is free.
    /// - **LEA-EXP-2**: of any number who acquire a lease at once whose time is over, one holds it.
    /// - **LEA-TOK-1**: each acquisition has a greater token than all before it under this name: after a release, after its
    ///   time was over, and after years without a holder.
    ///
    /// # Errors
    ///
    /// Those of every operation.
    async fn acquire(&self, name: &LeaseName, ttl: LeaseTtl) -> Result<Option<Held>>;

    /// Lets a lease run for this long from now; `None` if another has acquired it since, or if it was released.
    ///
    /// # Behavior
    ///
    /// - **LEA-REN-1**: it runs from now on for the time asked, and keeps its token.
    /// - **LEA-REN-2**: who was succeeded is told `None` for good, even when the successor is gone, and changes nothing.
    /// - **LEA-REN-3**: who comes late, but before anybody else, goes on with the same token.
    ///
    /// # Errors
    ///
    /// Those of every operation.
    async fn renew(&self, held: &Held, ttl: LeaseTtl) -> Result<Option<Held>>;

    /// Gives a lease back. Once it succeeds, the lease is not held under this token.
    ///
    /// # Behavior
    ///
    /// - **LEA-REL-1**: it is free at once.
    /// - **LEA-REL-2**: who was succeeded, and who releases twice, leaves the lease as it is; it is no error.
    ///
    /// # Errors
    ///
    /// Those of every operation.
    async fn release(&self, held: &Held) -> Result<()>;
}
