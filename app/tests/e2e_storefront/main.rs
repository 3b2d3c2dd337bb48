//! The storefront from outside: the real binary, its log, and HTTP.

#![expect(clippy::expect_used, reason = "a test says by it what it takes for granted")]

mod server;
mod start;
mod walkthrough;
