//! One module for each command.

pub mod conformance;
pub mod dev;
pub mod emulators;
pub mod manifest;
pub mod mutants;
pub mod new;
pub mod review;
mod workload;
