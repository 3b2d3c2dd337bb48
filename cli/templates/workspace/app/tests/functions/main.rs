//! Each function, through every layer, over the adapter in memory.

#![expect(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

mod notes;
mod site;
