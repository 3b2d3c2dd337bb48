//! The layers around every call: what the principles ask of them.

mod idempotency;
mod load;
mod order;
mod panics;
mod shop;
mod state;
mod timeouts;
