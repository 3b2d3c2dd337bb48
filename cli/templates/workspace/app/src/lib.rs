//! The functions: each has one trigger, says by its parameters what it takes and what it may touch, and does nothing but
//! parse, call the domain, and answer.

pub mod functions;
mod workload;

pub use workload::workload;
