//! The host Azure Functions: each fact about it as this runtime meets it, through a double that is written from them; and the
//! process as the host starts it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod blobs;
mod documents;
#[cfg(feature = "server")]
mod equality;
mod facts;
mod garbage;
#[cfg(feature = "server")]
#[path = "../hosts/mod.rs"]
mod hosts;
#[cfg(feature = "server")]
mod idempotency;
#[path = "../server/notes.rs"]
mod notes;
mod process;
mod queues;
mod requests;
mod schedules;
mod site;
mod triggers;
#[path = "../aws_lambda/workload.rs"]
mod workload;
