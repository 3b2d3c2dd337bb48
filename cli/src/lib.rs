//! The door: what the `anyport` command does.

pub mod adapters;
pub mod commands;
mod markers;
pub mod paint;
mod progress;
mod workspace;
