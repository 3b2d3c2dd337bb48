//! Decorators: what is wrapped around any adapter, made from ports alone. A decorated adapter is an adapter: it keeps the
//! port's contract, and passes its suite.
//!
//! A decorator is one method, [`Around::around`], which is called for every operation of every port; [`Around::over`] wraps
//! a port in it.
//!
//! | decorator | what it adds |
//! |---|---|
//! | [`Retrying`] | tries again what failed, where that is harmless |
//! | [`TimeLimited`] | gives up after a time |
//! | [`Traced`] | a span for each operation |
//!
//! One that stands outside another sees what that makes of things: `Retrying` over `TimeLimited` limits each attempt, and
//! another `TimeLimited` over both limits them together.
//!
//! ```
//! # use std::{sync::Arc, time::Duration};
//! # use anyport_ports::{Timer, documents::Documents};
//! use anyport_ports::decorators::{Around as _, Backoff, Retrying, TimeLimited, Traced};
//!
//! fn decorated(documents: Arc<dyn Documents>, timer: Arc<dyn Timer>, seed: u64) -> Arc<dyn Documents> {
//!     let limited = TimeLimited::new(Arc::clone(&timer), Duration::from_secs(2)).over(documents);
//!     let backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(1), seed);
//!     let retrying = Retrying::new(timer, backoff, 3).over(limited);
//!     Traced.over(retrying)
//! }
//! ```
//!
//! *Caches.* Secrets have one, [`CachedSecrets`](crate::secrets::CachedSecrets), since their contract lets a rotation show
//! late. Documents have none: a `get` sees every write acknowledged before it began, from any handle (DOC-GET-2), and a
//! cache in one process cannot know of writes in another. Who can do with less asks an index, or keeps what he read himself.
//! Blobs have none: `head` and `get` see a replacement at once (BLB-PUT-1), so that an entry would have to be looked up by
//! its etag each time, which saves the bytes and not the call.

mod around;
mod backoff;
mod batches;
mod blobs;
mod claim_check;
mod documents;
mod messages;
mod retrying;
mod secrets;
mod time_limited;
mod traced;

pub use around::{Around, Call, Decorated, Effect};
pub use backoff::Backoff;
pub use claim_check::{ClaimCheck, DATA_REFERENCE};
pub use retrying::Retrying;
pub use time_limited::TimeLimited;
pub use traced::Traced;
