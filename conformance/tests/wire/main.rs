//! The proxies of faults on the wire: each fault does what it says, seen from both sides.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

mod address;
mod http;
mod resp;
