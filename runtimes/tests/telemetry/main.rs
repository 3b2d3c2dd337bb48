//! What a process tells of its calls: its log, its traces, its metrics; by processes of their own, where the whole of
//! standard output matters.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod calls;
mod lines;
mod process;
mod shop;
mod spans;
