//! The storefront as functions: each has one trigger, says by its parameters what it takes and what it may touch, and
//! does nothing but parse, call the domain, and answer.

pub mod functions;
pub mod payments;
pub mod schemas;
mod workload;

pub use workload::{Schedules, storefront};
