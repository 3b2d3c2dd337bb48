//! The storefront's use cases on the reference model, in virtual time, every interleaving on one thread.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what surrounds the tests may fail them too")]

mod emails;
mod gateway;
mod imports;
mod orders;
mod receipts;
mod steps;
mod users;
mod world;
