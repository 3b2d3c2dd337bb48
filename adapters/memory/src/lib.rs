//! The reference model of every port, in memory.
//!
//! It is written to be read as the specification: plain maps under one lock that is held for one whole operation, which
//! makes every operation atomic and every history linearizable. Time comes from an injected
//! [`Clock`](anyport_ports::Clock), so with a [`ManualClock`] expiry, leases, delays and signed URLs run in virtual
//! time. Nothing outlives the process.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use anyport_memory::{ManualClock, MemoryStore};
//!
//! let clock = Arc::new(ManualClock::new());
//! let store = MemoryStore::new(clock.clone());
//! let (one, another) = (store.handle(), store.handle()); // They share everything.
//! clock.advance(Duration::from_mins(1));
//! # drop((one, another));
//! ```

mod blobs;
mod changes;
mod clock;
mod documents;
mod ids;
mod messages;
mod provision;
mod queue;
mod secrets;
mod signed;
mod store;
mod uploads;

pub use clock::ManualClock;
pub use ids::SequentialIds;
pub use store::{Memory, MemoryStore};
