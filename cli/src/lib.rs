//! The door: what the `anyport` command does.

pub mod adapters;
pub mod commands;
pub mod paint;
mod progress;
