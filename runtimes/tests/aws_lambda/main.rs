//! The host AWS Lambda: events in, what the host is told out; and the process as the host starts it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod buckets;
#[cfg(feature = "server")]
mod equality;
mod fixtures;
mod gateways;
#[cfg(feature = "server")]
#[path = "../hosts/mod.rs"]
mod hosts;
#[cfg(feature = "server")]
mod idempotency;
#[path = "../server/notes.rs"]
mod notes;
mod process;
mod queues;
mod schedules;
mod site;
mod streams;
mod topics;
mod triggers;
mod workload;
