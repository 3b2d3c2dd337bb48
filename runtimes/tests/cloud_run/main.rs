//! The host Cloud Run: requests and pushed events in, what the senders are told out; the process as the platform starts it;
//! and CloudEvents that others read and write.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod blobs;
mod changes;
mod equality;
#[path = "../hosts/mod.rs"]
mod hosts;
mod messages;
#[path = "../server/notes.rs"]
mod notes;
mod peers;
mod process;
mod schedules;
mod senders;
mod settings;
mod settlement;
mod site;
mod traces;
mod triggers;
#[path = "../aws_lambda/workload.rs"]
mod workload;
