//! Cloud Storage that refuses, is not there, or holds what others put into a bucket.

#![expect(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

mod failures;
mod foreign;
#[path = "../refused/mod.rs"]
mod refused;

use refused::{PHOTOS, name};
