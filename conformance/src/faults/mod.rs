//! Faults between an adapter and its store: lost requests, lost and cut answers, delays, doubled requests, throttling,
//! servers that fail, and stores that are not reached.
//!
//! A network adapter meets them on the wire, by [`crate::wire`]. One that has no wire, or whose wire cannot be stepped
//! into, meets them by a decorator around its handles, as here.

mod blobs;
mod documents;
mod gate;
mod messages;
mod plan;
mod secrets;
mod send;

pub(crate) use gate::Keeper;
pub use plan::{Fault, Faults};
pub(crate) use send::LOST_REQUEST;
use send::{Call, send};

/// A handle that faults can be put behind.
pub trait Faultable: Clone + Send + Sync + 'static {
    /// The same handle with these faults between it and its caller, as if they were between it and its store.
    #[must_use]
    fn through(self, faults: &Faults) -> Self;
}
