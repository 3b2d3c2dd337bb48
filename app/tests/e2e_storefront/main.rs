//! The storefront from outside: the real binary, its log, and HTTP.

#![expect(clippy::expect_used, reason = "a test says by it what it takes for granted")]

mod start;
#[path = "../storefront_server/mod.rs"]
mod storefront_server;
mod walkthrough;
