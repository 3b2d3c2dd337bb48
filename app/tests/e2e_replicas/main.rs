//! Two servers on one database: what must happen once happens once, what may be shared is.

#![expect(clippy::expect_used, reason = "a test says by it what it takes for granted")]

mod consumers;
mod counters;
mod drain;
mod pair;
mod schedules;
#[path = "../storefront_server/mod.rs"]
mod storefront_server;
