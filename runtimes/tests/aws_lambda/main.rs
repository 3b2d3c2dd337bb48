//! The host AWS Lambda: events in, what the host is told out; and the process as the host starts it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod buckets;
#[cfg(feature = "server")]
mod equality;
mod fixtures;
mod gateways;
#[cfg(feature = "server")]
mod idempotency;
#[path = "../server/notes.rs"]
mod notes;
mod process;
mod queues;
mod schedules;
mod site;
mod streams;
#[cfg(feature = "server")]
#[path = "../tables/mod.rs"]
mod tables;
mod topics;
mod triggers;
mod workload;
